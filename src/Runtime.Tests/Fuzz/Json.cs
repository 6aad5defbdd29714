using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Rt.Tests.Fuzz;

/// <summary>
/// A JSON document as a tree that need not be right: names may be there twice, and a scalar is whatever text stands in its place.
/// </summary>
internal sealed class Json
{
    private enum Kind
    {
        Scalar,
        Object,
        Array,
    }

    private readonly Kind kind;
    private readonly string scalar;

    private Json(Kind kind, string scalar, (string Name, Json Value)[] items)
    {
        this.kind = kind;
        this.scalar = scalar;
        Items = items;
        Count = 1 + items.Sum(item => item.Value.Count);
    }

    /// <summary>What is in an object or array; names have their quotes, and are empty in an array.</summary>
    public (string Name, Json Value)[] Items { get; }

    /// <summary>Values in it, itself among them.</summary>
    public int Count { get; }

    public static Json Scalar(string text) => new(Kind.Scalar, text, []);

    public static Json Object(IEnumerable<(string Name, Json Value)> members) => new(Kind.Object, "", [.. members]);

    public static Json Array(IEnumerable<Json> elements) => new(Kind.Array, "", [.. elements.Select(element => ("", element))]);

    public static Json Parse(byte[] document)
    {
        using JsonDocument json = JsonDocument.Parse(document);
        return Of(json.RootElement);
    }

    public static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>With a value replaced by none, one or several, by its place in the order of the text (0 is the whole).</summary>
    public Json With(int index, Func<string, Json, IEnumerable<(string Name, Json Value)>> replace)
    {
        if (index == 0) return replace("", this).Select(item => item.Value).FirstOrDefault(Scalar(""));
        List<(string, Json)> items = new(Items.Length);
        int at = index - 1;
        foreach ((string name, Json value) in Items)
        {
            if (at == 0) items.AddRange(replace(name, value));
            else items.Add((name, at > 0 && at < value.Count ? value.With(at, replace) : value));
            at -= value.Count;
        }

        return new Json(kind, scalar, [.. items]);
    }

    public Json At(int index)
    {
        if (index == 0) return this;
        int at = index - 1;
        foreach ((_, Json value) in Items)
        {
            if (at < value.Count) return value.At(at);
            at -= value.Count;
        }

        throw new ArgumentOutOfRangeException(nameof(index));
    }

    public override string ToString()
    {
        StringBuilder text = new();
        Write(text);
        return text.ToString();
    }

    private void Write(StringBuilder text)
    {
        if (kind == Kind.Scalar)
        {
            text.Append(scalar);
            return;
        }

        text.Append(kind == Kind.Object ? '{' : '[');
        for (int i = 0; i < Items.Length; i++)
        {
            if (i > 0) text.Append(',');
            if (kind == Kind.Object) text.Append(Items[i].Name).Append(':');
            Items[i].Value.Write(text);
        }

        text.Append(kind == Kind.Object ? '}' : ']');
    }

    private static Json Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => Object(element.EnumerateObject().Select(member => (Quote(member.Name), Of(member.Value)))),
        JsonValueKind.Array => Array(element.EnumerateArray().Select(Of)),
        _ => Scalar(element.GetRawText()),
    };
}
