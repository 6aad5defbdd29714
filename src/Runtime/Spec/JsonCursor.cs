using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Rt.Spec;

/// <summary>
/// Walks a JSON document in the shape that the caller expects. A value of another type throws a <see cref="SpecException"/>
/// that names its JSON path and line; null counts as absent, as it does for the Go runtimes.
/// </summary>
/// <remarks>
/// Why not System.Text.Json's generated deserializer: building its type information costs 1.2 ms at every start, 20 times
/// what reading a configuration this way takes, and its errors don't say what was expected.
/// </remarks>
internal ref struct JsonCursor
{
    /// <summary>
    /// Brackets, names and values of a document, without those that are passed over. Real ones have some thousand; what this many come
    /// to in memory still fits into rt's heap.
    /// </summary>
    public const int MaxTokens = 200_000;

    private readonly ReadOnlyMemory<byte> document;
    private readonly string section;
    private readonly int linesBefore;
    private Utf8JsonReader reader;
    private int tokens;

    /// <param name="document">The document, or a section of one.</param>
    /// <param name="section">The section's JSON path.</param>
    /// <param name="linesBefore">How many lines of the document come before the section.</param>
    public JsonCursor(ReadOnlyMemory<byte> document, string section = "", int linesBefore = 0)
    {
        this.document = document;
        this.section = section;
        this.linesBefore = linesBefore;
        reader = new Utf8JsonReader(document.Span, new JsonReaderOptions { MaxDepth = 64 });
        Read();
    }

    /// <summary>Enters an object; false if it is null.</summary>
    public bool Object() => Enter(JsonTokenType.StartObject, "an object");

    /// <summary>Enters an array; false if it is null.</summary>
    public bool Array() => Enter(JsonTokenType.StartArray, "an array");

    /// <summary>Goes to the next property of the object and stands on its value; false at the object's end.</summary>
    public bool Property(out PropertyName name)
    {
        Read();
        name = default;
        if (reader.TokenType == JsonTokenType.EndObject) return false;
        name = new PropertyName(reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(Text()) : reader.ValueSpan);
        Read();
        return true;
    }

    /// <summary>Goes to the next element of the array; false at its end.</summary>
    public bool Element()
    {
        Read();
        return reader.TokenType != JsonTokenType.EndArray;
    }

    public string String()
    {
        if (reader.TokenType == JsonTokenType.Null) return "";
        if (reader.TokenType != JsonTokenType.String) throw Expected("a string");
        string text = Text();
        // The kernel's strings end at NUL: "/allowed\0/other" would be checked as one path and used as another.
        return text.Contains('\0') ? throw Wrong("holds a NUL character") : text;
    }

    public bool Bool() => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw Expected("true or false"),
    };

    public int Int32() => Int64OrNull(int.MinValue, int.MaxValue) is { } value ? (int)value : 0;

    public int? Int32OrNull() => (int?)Int64OrNull(int.MinValue, int.MaxValue);

    public long Int64() => Int64OrNull() ?? 0;

    public uint UInt32() => UInt32OrNull() ?? 0;

    public uint? UInt32OrNull() => (uint?)Int64OrNull(0, uint.MaxValue);

    public long? Int64OrNull(long least = long.MinValue, long most = long.MaxValue)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value) && value >= least && value <= most) return value;
        throw Expected(string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));
    }

    public ulong UInt64() => UInt64OrNull() ?? 0;

    public ulong? UInt64OrNull()
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong value)) return value;
        throw Expected($"a whole number from 0 to {ulong.MaxValue}");
    }

    /// <summary>Reads the value that the cursor stands on.</summary>
    public delegate T Reader<T>(ref JsonCursor json);

    public List<T> List<T>(Reader<T> read)
    {
        List<T> items = [];
        if (!Array()) return items;
        while (Element()) items.Add(read(ref this));
        return items;
    }

    public List<string> Strings()
    {
        List<string> strings = [];
        if (!Array()) return strings;
        while (Element()) strings.Add(String());
        return strings;
    }

    public List<uint> UInt32s()
    {
        List<uint> numbers = [];
        if (!Array()) return numbers;
        while (Element()) numbers.Add(UInt32());
        return numbers;
    }

    public SortedDictionary<string, string> Map() => Map(static (ref JsonCursor json) => json.String());

    public SortedDictionary<string, T> Map<T>(Reader<T> read)
    {
        SortedDictionary<string, T> map = new(StringComparer.Ordinal);
        if (!Object()) return map;
        while (Property(out PropertyName name))
        {
            string key = name.ToString();
            map[key.Contains('\0') ? throw Wrong("holds a NUL character") : key] = read(ref this);
        }

        return map;
    }

    /// <summary>The bytes of the value, not looked into beyond its syntax; null if it is null.</summary>
    public (ReadOnlyMemory<byte> Bytes, int Start)? Raw()
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        int start = (int)reader.TokenStartIndex;
        Skip();
        return (document[start..(int)reader.BytesConsumed], start);
    }

    /// <summary>Passes over a value that the spec does not know: config.md, "Extensibility", has it ignored.</summary>
    public void Skip()
    {
        try
        {
            reader.Skip();
        }
        catch (JsonException e)
        {
            throw BadSyntax(e);
        }
    }

    /// <summary>Makes sure that nothing follows the document.</summary>
    public void End()
    {
        bool more;
        try
        {
            more = reader.Read();
        }
        catch (JsonException e)
        {
            throw BadSyntax(e);
        }

        if (more) throw Wrong("more JSON follows the end of the configuration");
    }

    /// <summary>An error about the value that the cursor stands on.</summary>
    public readonly SpecException Wrong(string problem) => Wrong(problem, reader.TokenStartIndex);

    private readonly SpecException Wrong(string problem, long offset)
    {
        JsonPosition at = JsonPosition.Find(document.Span, offset);
        string path = section.Length == 0 || at.Path.Length == 0 ? section + at.Path : $"{section}.{at.Path}";
        return new SpecException(path, $"{problem} (line {at.Line + linesBefore})");
    }

    private readonly string Text()
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("is not valid UTF-8");
        }
    }

    private readonly SpecException Expected(string what) => Wrong($"expected {what}, found {Found()}");

    private bool Enter(JsonTokenType start, string what)
    {
        if (reader.TokenType == JsonTokenType.Null) return false;
        return reader.TokenType == start ? true : throw Expected(what);
    }

    private void Read()
    {
        try
        {
            if (!reader.Read()) throw new SpecException("", "invalid JSON: it ends too early");
            if (++tokens > MaxTokens) throw Wrong($"the document has more than {MaxTokens} names and values up to here");
        }
        catch (JsonException e)
        {
            throw BadSyntax(e);
        }
    }

    private static SpecException BadSyntax(JsonException e) =>
        new("", $"invalid JSON at line {(e.LineNumber ?? 0) + 1}, column {(e.BytePositionInLine ?? 0) + 1}");

    private readonly string Found() => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "something else",
    };

    /// <summary>A property's name, compared without making a string of it.</summary>
    public readonly ref struct PropertyName(ReadOnlySpan<byte> name)
    {
        private readonly ReadOnlySpan<byte> name = name;

        public bool Is(ReadOnlySpan<byte> other) => name.SequenceEqual(other);

        public override string ToString() => Encoding.UTF8.GetString(name);
    }
}
