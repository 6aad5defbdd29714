using System.Buffers.Binary;
using System.Text;

namespace Rt.Systemd;

/// <summary>The kinds of messages (D-Bus specification, "Message Format").</summary>
internal enum BusMessageType : byte
{
    MethodCall = 1,
    MethodReturn = 2,
    Error = 3,
    Signal = 4,
}

/// <summary>A message that came in. Texts that its header does not have are empty, a number is 0.</summary>
internal sealed record BusMessage
{
    /// <summary>Bytes. The specification allows 128 MiB; no message that rt asks for has a hundredth of this.</summary>
    public const int MaxSize = 1 << 20;

    /// <summary>What every message begins with, up to the first header field.</summary>
    public const int FixedSize = 16;

    public BusMessageType Type { get; private init; }
    public uint ReplySerial { get; private set; }
    public string Path { get; private set; } = "";
    public string Interface { get; private set; } = "";
    public string Member { get; private set; } = "";
    public string ErrorName { get; private set; } = "";

    /// <summary>Who sent it, which the bus vouches for; empty without a bus.</summary>
    public string Sender { get; private set; } = "";
    public string Signature { get; private set; } = "";
    public byte[] Body { get; private init; } = [];

    /// <summary>Bytes of the whole message that begins so, with at least <see cref="FixedSize"/> of them.</summary>
    /// <exception cref="BusFormatException">It is no message, or larger than <see cref="MaxSize"/>.</exception>
    public static int SizeOf(ReadOnlySpan<byte> start)
    {
        if (start[0] != 'l') throw new BusFormatException("a message that is not little-endian");
        if (start[3] != 1) throw new BusFormatException($"a message of protocol version {start[3]}");
        ulong body = BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
        ulong fields = BinaryPrimitives.ReadUInt32LittleEndian(start[12..]);
        ulong size = FixedSize + ((fields + 7) & ~7UL) + body;
        return size <= MaxSize ? (int)size : throw new BusFormatException($"a message of {size} bytes");
    }

    /// <param name="whole">As many bytes as <see cref="SizeOf"/> says.</param>
    /// <exception cref="BusFormatException">It is malformed.</exception>
    public static BusMessage Parse(ReadOnlySpan<byte> whole)
    {
        int bodyLength = BinaryPrimitives.ReadInt32LittleEndian(whole[4..]);
        BusMessage message = new() { Type = (BusMessageType)whole[1], Body = whole[^bodyLength..].ToArray() };
        if (BinaryPrimitives.ReadUInt32LittleEndian(whole[8..]) == 0) throw new BusFormatException("a message with serial number 0");
        BusReader reader = new(whole[..^bodyLength]);
        reader.Skip("yyyyuu"u8);
        int end = reader.Array((byte)'(');
        while (reader.Position < end)
        {
            reader.Align(8);
            message.TakeField(ref reader);
        }

        if (reader.Position != end) throw new BusFormatException("a header that ends within a field");
        reader.Align(8);
        bool complete = message.Type switch
        {
            BusMessageType.MethodReturn => message.ReplySerial != 0,
            BusMessageType.Error => message.ReplySerial != 0 && message.ErrorName.Length > 0,
            BusMessageType.Signal or BusMessageType.MethodCall => message.Path.Length > 0 && message.Member.Length > 0,
            _ => (byte)message.Type != 0, // those to come are to be passed over
        };
        return complete ? message : throw new BusFormatException("a message without a header field that its type must have");
    }

    /// <summary>A reader of the body, which has just these types.</summary>
    /// <exception cref="BusFormatException">It has others.</exception>
    public BusReader Read(string signature) => Signature == signature
        ? new BusReader(Body)
        : throw new BusFormatException($"values of type \"{Signature}\" instead of \"{signature}\"");

    /// <summary>What an error's sender has to say about it, which is its first argument by custom.</summary>
    public string ErrorText() => Signature.StartsWith('s') ? new BusReader(Body).String() : "";

    private void TakeField(ref BusReader reader)
    {
        const byte PathField = 1, InterfaceField = 2, MemberField = 3, ErrorNameField = 4, ReplySerialField = 5,
            SenderField = 7, SignatureField = 8;
        switch (reader.Byte())
        {
            case PathField:
                reader.Variant("o"u8);
                Path = reader.ObjectPath();
                break;
            case InterfaceField:
                Interface = Name(ref reader);
                break;
            case MemberField:
                Member = Name(ref reader);
                break;
            case ErrorNameField:
                ErrorName = Name(ref reader);
                break;
            case ReplySerialField:
                reader.Variant("u"u8);
                ReplySerial = reader.UInt32();
                break;
            case SenderField:
                Sender = Name(ref reader);
                break;
            case SignatureField:
                reader.Variant("g"u8);
                Signature = Encoding.ASCII.GetString(reader.Signature());
                break;
            default:
                reader.Skip("v"u8);
                break;
        }
    }

    private static string Name(ref BusReader reader)
    {
        reader.Variant("s"u8);
        return reader.String();
    }
}
