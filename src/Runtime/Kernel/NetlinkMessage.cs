using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Rt.Kernel;

/// <summary>
/// A netlink(7) message to the kernel: struct nlmsghdr, the family's own header, attributes. All numbers are in the machine's
/// byte order; messages and attributes begin at multiples of 4 bytes.
/// </summary>
internal sealed class NetlinkMessage
{
    /// <summary>Flags of struct nlmsghdr (linux/netlink.h).</summary>
    public const ushort NLM_F_REQUEST = 1, NLM_F_ACK = 4, NLM_F_EXCL = 0x200, NLM_F_CREATE = 0x400, NLM_F_DUMP = 0x300;

    private const int HeaderSize = 16, AttributeHeaderSize = 4;
    private const int FlagsOffset = 6, SequenceOffset = 8;

    private readonly List<byte> bytes = [];

    /// <param name="type">RTM_NEWLINK and its like.</param>
    /// <param name="flags">Beside NLM_F_REQUEST. All but dumps ask for an acknowledgement, which ends the answer.</param>
    /// <param name="header">What the type wants before the attributes, as struct ifinfomsg.</param>
    public NetlinkMessage(ushort type, int flags, ReadOnlySpan<byte> header)
    {
        flags |= (flags & NLM_F_DUMP) == NLM_F_DUMP ? NLM_F_REQUEST : NLM_F_REQUEST | NLM_F_ACK;
        Append<uint>(0); // nlmsg_len
        Append(type);
        Append((ushort)flags);
        Append<uint>(0); // nlmsg_seq
        Append<uint>(0); // nlmsg_pid: the kernel fills it in
        bytes.AddRange(header);
    }

    public NetlinkMessage Add(ushort attribute, ReadOnlySpan<byte> value)
    {
        Append((ushort)(AttributeHeaderSize + value.Length));
        Append(attribute);
        bytes.AddRange(value);
        while (bytes.Count % 4 != 0) bytes.Add(0);
        return this;
    }

    public NetlinkMessage Add(ushort attribute, uint value) => Add(attribute, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    /// <summary>A text, terminated by NUL.</summary>
    public NetlinkMessage Add(ushort attribute, string value) => Add(attribute, FileContent.Terminated(value));

    /// <summary>The message as it goes over the socket.</summary>
    public byte[] Finish(uint sequence)
    {
        byte[] message = [.. bytes];
        MemoryMarshal.Write(message, (uint)message.Length);
        MemoryMarshal.Write(message.AsSpan(SequenceOffset), sequence);
        return message;
    }

    /// <summary>Takes the first message off what the kernel sent; false: there is none, or not all of it.</summary>
    public static bool Next(ref ReadOnlySpan<byte> rest, out Header header, out ReadOnlySpan<byte> body)
    {
        header = default;
        body = default;
        if (rest.Length < HeaderSize) return false;
        uint length = MemoryMarshal.Read<uint>(rest);
        if (length < HeaderSize || length > rest.Length) return false;
        header = new Header(MemoryMarshal.Read<ushort>(rest[4..]), MemoryMarshal.Read<ushort>(rest[FlagsOffset..]),
            MemoryMarshal.Read<uint>(rest[SequenceOffset..]));
        body = rest[HeaderSize..(int)length];
        rest = rest[Math.Min(rest.Length, Aligned((int)length))..];
        return true;
    }

    /// <summary>Takes the first attribute off a message's rest; false: there is none, or not all of it.</summary>
    public static bool NextAttribute(ref ReadOnlySpan<byte> rest, out ushort attribute, out ReadOnlySpan<byte> value)
    {
        const ushort NLA_TYPE_MASK = 0x3fff;
        attribute = 0;
        value = default;
        if (rest.Length < AttributeHeaderSize) return false;
        int length = MemoryMarshal.Read<ushort>(rest);
        if (length < AttributeHeaderSize || length > rest.Length) return false;
        attribute = (ushort)(MemoryMarshal.Read<ushort>(rest[2..]) & NLA_TYPE_MASK);
        value = rest[AttributeHeaderSize..length];
        rest = rest[Math.Min(rest.Length, Aligned(length))..];
        return true;
    }

    /// <summary>Takes the struct off a message that it begins with.</summary>
    /// <exception cref="KernelException">The message is shorter than that.</exception>
    public static T Take<T>(ref ReadOnlySpan<byte> message)
        where T : unmanaged
    {
        if (!MemoryMarshal.TryRead(message, out T header)) throw new KernelException("read netlink message", Errno.EBADMSG);
        message = message[Unsafe.SizeOf<T>()..];
        return header;
    }

    /// <summary>The text of an attribute, without its NUL.</summary>
    public static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.TrimEnd((byte)0));

    private static int Aligned(int length) => (length + 3) & ~3;

    private void Append<T>(T value)
        where T : unmanaged => bytes.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Of struct nlmsghdr, what a reader needs.</summary>
    internal readonly record struct Header(ushort Type, ushort Flags, uint Sequence);
}
