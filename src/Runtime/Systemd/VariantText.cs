using System.Buffers;
using System.Globalization;
using System.Text;

namespace Rt.Systemd;

/// <summary>
/// Reads GVariant's text format (glib's documentation, "GVariant Text Format") as far as units' properties need it: booleans,
/// numbers, texts and arrays of them, with types in words (<c>uint64 5</c>) or letters (<c>@t 5</c>). A number without a type is an
/// int32, or a double if it has a point.
/// </summary>
internal sealed class VariantText
{
    /// <summary>Of arrays in one another, and of types before one value.</summary>
    private const int MaxDepth = 16;

    private static readonly Dictionary<string, string> Words = new()
    {
        ["boolean"] = "b", ["byte"] = "y", ["int16"] = "n", ["uint16"] = "q", ["int32"] = "i", ["uint32"] = "u", ["int64"] = "x",
        ["uint64"] = "t", ["double"] = "d", ["string"] = "s", ["objectpath"] = "o", ["signature"] = "g",
    };

    private static readonly SearchValues<char> WordEnds = SearchValues.Create(" \t\n,[]'\"");

    private readonly string text;
    private int at;

    private VariantText(string text) => this.text = text;

    /// <exception cref="FormatException">The text is no value.</exception>
    public static BusValue Parse(string text)
    {
        VariantText parser = new(text);
        BusValue value = parser.Value(null, 0);
        parser.SkipSpace();
        return parser.at == text.Length ? value : throw parser.Unexpected();
    }

    /// <param name="type">The type that it must have; null: any.</param>
    private BusValue Value(string? type, int depth)
    {
        if (depth > MaxDepth) throw new FormatException($"\"{text}\" has more than {MaxDepth} brackets in one another");
        SkipSpace();
        if (at == text.Length) throw Unexpected();
        switch (text[at])
        {
            case '@':
                return Typed(Word(1), type, depth);
            case '\'' or '"':
                return Text(type ?? "s");
            case '[':
                return Array(type, depth);
        }

        string word = Word(0);
        if (Words.TryGetValue(word, out string? named)) return Typed(named, type, depth);
        if (word is "true" or "false" && type is null or "b") return BusValue.Of(word == "true");
        return Number(word, type ?? (word.Contains('.') ? "d" : "i"));
    }

    private BusValue Typed(string given, string? type, int depth)
    {
        if (!BusSignature.IsSingle(given)) throw new FormatException($"\"{given}\" is no D-Bus type");
        return type == null || type == given ? Value(given, depth + 1) : throw Mixed(type, $"\"{given}\"");
    }

    private BusText Text(string type)
    {
        char quote = text[at];
        StringBuilder value = new();
        for (at++; at < text.Length && text[at] != quote; at++)
        {
            if (text[at] != '\\') value.Append(text[at]);
            else if (++at < text.Length) value.Append(Escape(text[at]));
        }

        if (at >= text.Length) throw new FormatException($"\"{text}\" has a quote that does not end");
        at++;
        string content = value.ToString();
        bool fits = type switch
        {
            "s" => !content.Contains('\0'),
            "o" => BusReader.IsObjectPath(content),
            "g" => content.All(char.IsAscii) && BusSignature.IsValid(Encoding.ASCII.GetBytes(content)),
            _ => throw Mixed(type, "a text"),
        };
        return fits ? new BusText(type[0], content) : throw new FormatException($"\"{content}\" is no D-Bus value of type \"{type}\"");
    }

    private char Escape(char c) => c switch
    {
        '\\' or '\'' or '"' => c,
        'n' => '\n',
        't' => '\t',
        _ => throw new FormatException($"\"{text}\" has an escape \\{c} that is not known"),
    };

    /// <summary>All elements have the type of the first, whether they say so or not.</summary>
    private BusArray Array(string? type, int depth)
    {
        if (type != null && type[0] != 'a') throw Mixed(type, "an array");
        string? element = type?[1..];
        List<BusValue> values = [];
        at++;
        while (!Ends(afterElement: values.Count > 0))
        {
            values.Add(Value(element, depth + 1));
            element ??= values[0].Signature;
        }

        return element != null
            ? new BusArray(element, values)
            : throw new FormatException($"\"{text}\" has an empty array without a type, as in \"@as []\"");
    }

    /// <summary>Passes over the bracket that ends an array, or what is between two elements.</summary>
    private bool Ends(bool afterElement)
    {
        SkipSpace();
        if (at == text.Length) throw Unexpected();
        bool ends = text[at] == ']';
        if (!ends && !afterElement) return false;
        if (!ends && text[at] != ',') throw Unexpected();
        at++;
        return ends;
    }

    private static BusNumber Number(string word, string type)
    {
        if (type.Length != 1 || BusSignature.NumberSize((byte)type[0]) == 0 || type == "b") throw Mixed(type, $"\"{word}\"");
        if (type == "d")
        {
            return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real)
                ? new BusNumber('d', BitConverter.DoubleToUInt64Bits(real))
                : throw Bad(word, type);
        }

        int bits = 8 * BusSignature.NumberSize((byte)type[0]);
        bool signed = type is "n" or "i" or "x";
        Int128 most = (Int128.One << (signed ? bits - 1 : bits)) - 1;
        Int128 least = signed ? -most - 1 : 0;
        return Integer(word) is { } number && number >= least && number <= most
            ? new BusNumber(type[0], (ulong)(number & ulong.MaxValue))
            : throw Bad(word, type);
    }

    private static Int128? Integer(string word)
    {
        bool negative = word.StartsWith('-');
        string digits = negative || word.StartsWith('+') ? word[1..] : word;
        bool hex = digits.StartsWith("0x", StringComparison.Ordinal);
        return ulong.TryParse(hex ? digits[2..] : digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture, out ulong number)
            ? negative ? -(Int128)number : number
            : null;
    }

    /// <summary>What comes up to a space, a quote, a comma or a bracket.</summary>
    private string Word(int skip)
    {
        int start = at + skip;
        int length = text.AsSpan(start).IndexOfAny(WordEnds);
        at = length < 0 ? text.Length : start + length;
        return at > start ? text[start..at] : throw Unexpected();
    }

    private void SkipSpace()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
    }

    private FormatException Unexpected() => new($"\"{text}\" is no value of systemd's: "
        + (at < text.Length ? $"'{text[at]}' is not expected there" : "it ends too early"));

    private static FormatException Bad(string word, string type) => new(type == "i"
        ? $"\"{word}\" is no value of systemd's: a text has quotes, and a number beyond 32 bits a type (\"uint64 5\")"
        : $"\"{word}\" is no D-Bus value of type \"{type}\"");

    private static FormatException Mixed(string expected, string found) => new($"a value of type \"{expected}\" is expected, not {found}");
}
