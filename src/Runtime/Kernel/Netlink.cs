using System.Runtime.InteropServices;

namespace Rt.Kernel;

/// <summary>What the kernel answered to a request.</summary>
/// <param name="Errno">0: it was done.</param>
/// <param name="Detail">The kernel's own words for a failure; often empty.</param>
/// <param name="Replies">The messages that were asked for, each without its struct nlmsghdr.</param>
internal readonly record struct NetlinkAnswer(int Errno, string Detail, List<byte[]> Replies)
{
    /// <summary>"invalid argument (the kernel's words)"</summary>
    public string Cause => Detail.Length > 0 ? $"{Kernel.Errno.Describe(Errno)} ({Detail})" : Kernel.Errno.Describe(Errno);
}

/// <summary>
/// A socket of rtnetlink(7). It belongs to the network namespace in which it was opened, wherever its user goes afterwards.
/// </summary>
internal sealed unsafe class Netlink
{
    private const int AF_NETLINK = 16, SOCK_RAW = 3;

    /// <summary>The kernel makes a dump's messages no longer than this (net/netlink/af_netlink.c).</summary>
    private const int ReceiveSize = 32 << 10;

    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(ReceiveSize);
    private readonly int socket;
    private uint sequence;

    private Netlink(int socket) => this.socket = socket;

    /// <exception cref="KernelException">There is no such socket to be had.</exception>
    public static Netlink Open()
    {
        int socket = (int)KernelException.Check(Sockets.socket(AF_NETLINK, SOCK_RAW), "open netlink socket");
        try
        {
            // Connected to port 0, the kernel, the socket takes messages from nobody else: not from the privileged of a namespace
            // that is joined. The rest has been there since Linux 4.20.
            byte* address = stackalloc byte[12]; // struct sockaddr_nl: family, pad, port, groups
            new Span<byte>(address, 12).Clear();
            *(ushort*)address = AF_NETLINK;
            KernelException.Check(Syscall.Invoke(SyscallNumber.connect, socket, (nint)address, 12), "connect netlink socket");
            const int NETLINK_CAP_ACK = 10, NETLINK_EXT_ACK = 11, NETLINK_GET_STRICT_CHK = 12;
            Set(socket, NETLINK_CAP_ACK);
            Set(socket, NETLINK_EXT_ACK);
            Set(socket, NETLINK_GET_STRICT_CHK);
            return new Netlink(socket);
        }
        catch
        {
            Files.close(socket);
            throw;
        }
    }

    public void Close() => Files.close(socket);

    /// <summary>Sends a request and takes the whole answer.</summary>
    /// <exception cref="KernelException">The socket failed, which says nothing of the request.</exception>
    public NetlinkAnswer Ask(NetlinkMessage request)
    {
        while (true)
        {
            byte[] message = request.Finish(++sequence);
            fixed (byte* bytes = message)
                KernelException.Check(Sockets.Send(socket, bytes, message.Length), "send netlink message");
            // A dump during which something changed may lack entries: it is asked for anew.
            if (Receive() is { Errno: not Errno.EINTR } answer) return answer;
        }
    }

    private NetlinkAnswer Receive()
    {
        List<byte[]> replies = [];
        bool interrupted = false;
        while (true)
            if (Take(ReceiveSome(), sequence, replies, ref interrupted) is { } answer)
                return answer;
    }

    /// <summary>Takes what came in one piece: replies, and at last how the request ended; null: there is more to come.</summary>
    internal static NetlinkAnswer? Take(ReadOnlySpan<byte> received, uint sequence, List<byte[]> replies, ref bool interrupted)
    {
        const int ErrorSize = 20;
        const ushort NLMSG_ERROR = 2, NLMSG_DONE = 3, NLM_F_DUMP_INTR = 0x10, NLM_F_ACK_TLVS = 0x200;
        while (NetlinkMessage.Next(ref received, out var header, out var body))
        {
            if (header.Sequence != sequence) continue;
            interrupted |= (header.Flags & NLM_F_DUMP_INTR) != 0;
            if (header.Type is not (NLMSG_ERROR or NLMSG_DONE))
            {
                replies.Add(body.ToArray());
                continue;
            }

            // Both begin with 0 or -errno. struct nlmsgerr then has the header of the request, and attributes.
            int result = body.Length >= sizeof(int) ? MemoryMarshal.Read<int>(body) : -Errno.EBADMSG;
            bool explained = header.Type == NLMSG_ERROR && (header.Flags & NLM_F_ACK_TLVS) != 0 && body.Length > ErrorSize;
            string detail = explained ? DetailOf(body[ErrorSize..]) : "";
            return new NetlinkAnswer(interrupted ? Errno.EINTR : -result, detail, replies);
        }

        return null;
    }

    private ReadOnlySpan<byte> ReceiveSome()
    {
        const int MSG_TRUNC = 0x20; // the length is the message's, also where that is more than fits
        fixed (byte* room = buffer)
        {
            nint length = Syscall.InvokeBlocking(SyscallNumber.recvfrom, socket, (nint)room, ReceiveSize, MSG_TRUNC);
            KernelException.Check(length <= ReceiveSize ? length : -Errno.EMSGSIZE, "receive netlink message");
            return buffer.AsSpan(0, (int)length);
        }
    }

    private static string DetailOf(ReadOnlySpan<byte> attributes)
    {
        const ushort NLMSGERR_ATTR_MSG = 1;
        while (NetlinkMessage.NextAttribute(ref attributes, out ushort attribute, out var value))
            if (attribute == NLMSGERR_ATTR_MSG)
                return NetlinkMessage.Text(value);
        return "";
    }

    private static void Set(int socket, int option)
    {
        const int SOL_NETLINK = 270;
        int on = 1;
        KernelException.Check(
            Syscall.Invoke(SyscallNumber.setsockopt, socket, SOL_NETLINK, option, (nint)(&on), sizeof(int)), "set up netlink socket");
    }
}
