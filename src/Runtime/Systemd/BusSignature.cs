using System.Text;

namespace Rt.Systemd;

/// <summary>Types, each written as one letter or more (D-Bus specification, "Type System").</summary>
internal static class BusSignature
{
    public const int MaxLength = 255;

    /// <summary>Of arrays in arrays, and as well of structs in structs.</summary>
    private const int MaxDepth = 32;

    /// <summary>The multiple of bytes at which a value of a type begins.</summary>
    public static int Alignment(byte type) => type switch
    {
        (byte)'y' or (byte)'g' or (byte)'v' => 1,
        (byte)'n' or (byte)'q' => 2,
        (byte)'x' or (byte)'t' or (byte)'d' or (byte)'(' or (byte)'{' => 8,
        _ => 4,
    };

    /// <summary>Bytes of a number, which are its alignment as well; 0: the type is no number.</summary>
    public static int NumberSize(byte type) => "ynqbiuxtd"u8.Contains(type) ? Alignment(type) : 0;

    /// <summary>Whether it is a sequence of whole types, as a message's body has.</summary>
    public static bool IsValid(ReadOnlySpan<byte> signature)
    {
        if (signature.Length > MaxLength) return false;
        for (int at = 0; at >= 0; at = End(signature, at))
            if (at == signature.Length)
                return true;
        return false;
    }

    /// <summary>Whether it is one whole type.</summary>
    public static bool IsSingle(string signature) =>
        signature.Length is > 0 and <= MaxLength && End(Encoding.ASCII.GetBytes(signature), 0) == signature.Length;

    /// <summary>Where the one type that begins at <paramref name="at"/> ends; -1: there is none.</summary>
    public static int End(ReadOnlySpan<byte> signature, int at) => End(signature, at, 0, 0);

    private static int End(ReadOnlySpan<byte> signature, int at, int arrays, int structs)
    {
        if (at >= signature.Length || arrays > MaxDepth || structs > MaxDepth) return -1;
        byte type = signature[at++];
        if (type == 'a')
        {
            return at < signature.Length && signature[at] == '{'
                ? EndOfEntry(signature, at + 1, arrays + 1, structs)
                : End(signature, at, arrays + 1, structs);
        }

        if (type == '(') return EndOfStruct(signature, at, arrays, structs + 1);
        return IsBasic(type) || type == 'v' ? at : -1;
    }

    /// <summary>The members of a struct, of which there must be one, and its bracket.</summary>
    private static int EndOfStruct(ReadOnlySpan<byte> signature, int at, int arrays, int structs)
    {
        int first = at;
        while (at >= 0 && at < signature.Length)
        {
            if (signature[at] == ')') return at > first ? at + 1 : -1;
            at = End(signature, at, arrays, structs);
        }

        return -1;
    }

    /// <summary>A dictionary's key, which is no container, its value and the brace.</summary>
    private static int EndOfEntry(ReadOnlySpan<byte> signature, int at, int arrays, int structs)
    {
        if (at >= signature.Length || !IsBasic(signature[at])) return -1;
        int end = End(signature, at + 1, arrays, structs + 1);
        return end >= 0 && end < signature.Length && signature[end] == '}' ? end + 1 : -1;
    }

    private static bool IsBasic(byte type) => "ynqbiuxtdsogh"u8.Contains(type);
}
