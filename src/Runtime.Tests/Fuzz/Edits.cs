using FsCheck;
using FsCheck.Fluent;

namespace Rt.Tests.Fuzz;

/// <summary>Changes to valid inputs: to the structure of JSON documents, and to bytes.</summary>
internal static class Edits
{
    private static Gen<int> Any { get; } = Gen.Choose(0, int.MaxValue);

    /// <summary>Documents that begin as one of these and then have values dropped, repeated, exchanged, renamed, replaced.</summary>
    public static Gen<byte[]> Of(Gen<Json> documents) =>
        from document in documents
        from changed in Several(document, JsonEdit, 0, 0, 1, 1, 2, 3, 8)
        let bytes = Strange.Utf8(changed.ToString())
        from all in Several(bytes, ByteEdit, 0, 0, 0, 0, 1, 2, 4)
        select all;

    /// <summary>Bytes that begin as one of these.</summary>
    public static Gen<byte[]> Of(Gen<byte[]> inputs) =>
        from input in inputs
        from changed in Several(input, ByteEdit, 0, 1, 1, 2, 4, 12)
        select changed;

    public static Gen<byte[]> Of(params string[] texts) => Of(Gen.Elements(Array.ConvertAll(texts, Strange.Utf8)));

    private static Gen<T> Several<T>(T start, Gen<Func<T, T>> edit, params int[] counts) =>
        from count in Gen.Elements(counts)
        from edits in edit.ListOf(count)
        select edits.Aggregate(start, (value, one) => one(value));

    private static Gen<Func<Json, Json>> JsonEdit { get; } = Gen.Frequency(
        (3, from at in Any select Change(at, (_, _) => [])),
        (2, from at in Any
            from times in Gen.Elements(2, 2, 2, 3, 50)
            select Change(at, (name, value) => Enumerable.Repeat((name, value), value.Count > 20 ? 2 : times))),
        (8, from at in Any from text in Strange.Value select Change(at, (name, _) => [(name, Json.Scalar(text))])),
        (3, from at in Any from other in Any select (Func<Json, Json>)(document => Exchange(document, at, other))),
        (1, from at in Any from name in Strange.Quoted select Change(at, (_, value) => [(name, value)])),
        (1, from at in Any
            from depth in Gen.Elements(1, 2, 61, 64, 300)
            select Change(at, (name, value) => [(name, Json.Scalar(new string('[', depth) + value + new string(']', depth)))])));

    private static Func<Json, Json> Change(int at, Func<string, Json, IEnumerable<(string, Json)>> replace) =>
        document => document.With(at % document.Count, replace);

    /// <summary>Puts one value of the document into the place of another.</summary>
    private static Json Exchange(Json document, int at, int other)
    {
        Json value = document.At(other % document.Count);
        return value.Count > document.Count / 2 ? document : document.With(at % document.Count, (name, _) => [(name, value)]);
    }

    private static Gen<Func<byte[], byte[]>> ByteEdit { get; } = Gen.Frequency(
        (4, from at in Any from bit in Gen.Choose(0, 7) select Splice(at, 1, old => [(byte)(old[0] ^ 1 << bit)])),
        (4, from at in Any from value in Gen.Choose(0, 255) select Splice(at, 1, _ => [(byte)value])),
        (2, from at in Any from length in Gen.Elements(1, 1, 2, 4, 8, 40) select Splice(at, length, _ => [])),
        (2, from at in Any from length in Gen.Choose(1, 40) from times in Gen.Elements(2, 2, 3, 100)
            select Splice(at, length, old => [.. Enumerable.Repeat(old, times).SelectMany(bytes => bytes)])),
        (3, from at in Any from strange in Gen.Elements(Strange.Bytes) select Splice(at, 0, _ => strange)),
        (3, from at in Any from strange in Gen.Elements(Strange.Bytes) select Splice(at, strange.Length, _ => strange)),
        (2, from at in Any from text in Gen.OneOf(Strange.Text, Strange.Number) select Splice(at, 0, _ => Strange.Utf8(text))),
        (2, from at in Any from text in Strange.Number select (Func<byte[], byte[]>)(bytes => ReplaceNumber(bytes, at, text))),
        (1, from at in Any select Splice(at, int.MaxValue, _ => [])),
        (2, from at in Any from length in Gen.Choose(1, 200) from to in Any
            select (Func<byte[], byte[]>)(bytes => Move(bytes, at, length, to))));

    /// <summary>Replaces some bytes, which may be fewer at the end.</summary>
    private static Func<byte[], byte[]> Splice(int at, int length, Func<byte[], byte[]> replace) => bytes =>
    {
        int start = at % (bytes.Length + 1), end = (int)Math.Min(bytes.Length, (long)start + length);
        if (start == end && length > 0) return bytes;
        return [.. bytes[..start], .. replace(bytes[start..end]), .. bytes[end..]];
    };

    /// <summary>Copies some bytes to another place.</summary>
    private static byte[] Move(byte[] bytes, int at, int length, int to)
    {
        if (bytes.Length == 0) return bytes;
        int start = at % bytes.Length, end = Math.Min(bytes.Length, start + length);
        return Splice(to, 0, _ => bytes[start..end])(bytes);
    }

    /// <summary>Puts a number into the place of the first one behind a place.</summary>
    private static byte[] ReplaceNumber(byte[] bytes, int at, string number)
    {
        if (bytes.Length == 0) return bytes;
        int start = at % bytes.Length;
        while (start < bytes.Length && !char.IsAsciiDigit((char)bytes[start])) start++;
        int end = start;
        while (end < bytes.Length && char.IsAsciiDigit((char)bytes[end])) end++;
        return [.. bytes[..start], .. Strange.Utf8(number), .. bytes[end..]];
    }
}
