using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Rt.Systemd;

/// <summary>What came over the bus is no D-Bus message.</summary>
internal sealed class BusFormatException(string problem) : Exception(problem);

/// <summary>
/// Takes values off received bytes, one after the other, and believes none of them (D-Bus specification, "Marshaling").
/// Little-endian only: the sender is on the same machine.
/// </summary>
/// <exception cref="BusFormatException">From every method: the bytes are not what they should be.</exception>
internal ref struct BusReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Of arrays, structs and variants in one another ("Message Protocol": 64 in all).</summary>
    private const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> bytes = bytes;

    public int Position { get; private set; }

    public void Align(int multiple)
    {
        if (Take((multiple - (Position % multiple)) % multiple).ContainsAnyExcept((byte)0))
            throw new BusFormatException("padding that is not zero");
    }

    public byte Byte() => Take(1)[0];

    public uint UInt32()
    {
        Align(4);
        return BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
    }

    public string String()
    {
        uint length = UInt32();
        ReadOnlySpan<byte> text = Take(length);
        if (!Utf8.IsValid(text) || text.Contains((byte)0)) throw new BusFormatException("a text that is no UTF-8");
        Terminator();
        return Encoding.UTF8.GetString(text);
    }

    public string ObjectPath()
    {
        string path = String();
        return IsObjectPath(path) ? path : throw new BusFormatException("a path that names no object");
    }

    public ReadOnlySpan<byte> Signature()
    {
        ReadOnlySpan<byte> signature = Take(Byte());
        Terminator();
        return BusSignature.IsValid(signature) ? signature : throw new BusFormatException("a signature with no such type");
    }

    /// <summary>Begins a variant whose value is to be of one type; the value comes next.</summary>
    public void Variant(ReadOnlySpan<byte> type)
    {
        if (!Signature().SequenceEqual(type)) throw new BusFormatException($"a variant that is no \"{Encoding.ASCII.GetString(type)}\"");
    }

    /// <summary>Begins an array; returns where it ends.</summary>
    public int Array(byte elementType)
    {
        uint length = UInt32();
        Align(BusSignature.Alignment(elementType));
        return length <= bytes.Length - Position ? Position + (int)length : throw CutOff();
    }

    /// <summary>Passes over the values of a valid signature, which are looked at all the same.</summary>
    public void Skip(ReadOnlySpan<byte> signature) => Skip(signature, 0);

    /// <summary>"/", or elements of letters, digits and "_", each behind a "/".</summary>
    public static bool IsObjectPath(string path) => path == "/" || (path.StartsWith('/')
        && path[1..].Split('/').All(element => element.Length > 0 && element.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')));

    private void Skip(ReadOnlySpan<byte> signature, int depth)
    {
        for (int at = 0; at < signature.Length;)
        {
            int end = BusSignature.End(signature, at);
            SkipOne(signature[at..end], depth);
            at = end;
        }
    }

    private void SkipOne(ReadOnlySpan<byte> type, int depth)
    {
        if (depth > MaxDepth) throw new BusFormatException("values too deep in one another");
        switch (type[0])
        {
            case (byte)'a':
                SkipArray(type[1..], depth + 1);
                break;
            case (byte)'(':
                Align(8);
                Skip(type[1..^1], depth + 1);
                break;
            case (byte)'v':
                ReadOnlySpan<byte> inner = Signature();
                if (BusSignature.End(inner, 0) != inner.Length) throw new BusFormatException("a variant of not one value");
                SkipOne(inner, depth + 1);
                break;
            case (byte)'s':
                String();
                break;
            case (byte)'o':
                ObjectPath();
                break;
            case (byte)'g':
                Signature();
                break;
            case (byte)'b':
                if (UInt32() > 1) throw new BusFormatException("a boolean that is neither 0 nor 1");
                break;
            default:
                int size = BusSignature.Alignment(type[0]);
                Align(size);
                Take(size);
                break;
        }
    }

    private void SkipArray(ReadOnlySpan<byte> element, int depth)
    {
        int end = Array(element[0]);
        while (Position < end)
        {
            if (element[0] == '{')
            {
                Align(8);
                Skip(element[1..^1], depth + 1);
            }
            else
            {
                SkipOne(element, depth);
            }
        }

        if (Position != end) throw new BusFormatException("an array that ends within an element");
    }

    private void Terminator()
    {
        if (Byte() != 0) throw new BusFormatException("a text without its end");
    }

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > bytes.Length - Position) throw CutOff();
        Position += (int)count;
        return bytes.Slice(Position - (int)count, (int)count);
    }

    private static BusFormatException CutOff() => new("a value that is cut off");
}
