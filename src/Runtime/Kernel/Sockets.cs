using System.Runtime.InteropServices;
using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>
/// socketpair(2), socket(2), bind(2), listen(2), accept(2), connect(2), sendto(2), recvfrom(2), sendmsg(2), recvmsg(2), unix(7),
/// ioctl(2).
/// </summary>
internal static unsafe class Sockets
{
    public const int AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_SEQPACKET = 5,
        SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;

    private const int MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x40000000;
    private const int SOL_SOCKET = 1, SCM_RIGHTS = 1;

    public static int socketpair(int* pair, int type = SOCK_STREAM) =>
        (int)Syscall.Invoke(SyscallNumber.socketpair, AF_UNIX, type | SOCK_CLOEXEC, 0, (nint)pair);

    public static int socket(int family, int type) => (int)Syscall.Invoke(SyscallNumber.socket, family, type | SOCK_CLOEXEC);

    public static int ioctl(int fd, uint request, void* argument) =>
        (int)Syscall.Invoke(SyscallNumber.ioctl, fd, (nint)request, (nint)argument);

    /// <summary>Sends to the other end of a pair. One that is closed gives EPIPE, not the signal.</summary>
    public static nint Send(int socket, void* data, nint length) => Syscall.Invoke(sendto, socket, (nint)data, length, MSG_NOSIGNAL);

    /// <summary>Sends without waiting for room; -EAGAIN if there is none.</summary>
    public static nint TrySend(int socket, void* data, nint length) =>
        Syscall.Invoke(sendto, socket, (nint)data, length, MSG_NOSIGNAL | MSG_DONTWAIT);

    /// <summary>Receives what is there; -EAGAIN if nothing is, 0 at the end.</summary>
    public static nint TryReceive(int socket, void* data, nint length) =>
        Syscall.Invoke(recvfrom, socket, (nint)data, length, MSG_DONTWAIT);

    /// <summary>
    /// A socket that takes connections at a path, which must not be there yet, or -errno. Only the caller's own processes may connect.
    /// </summary>
    public static int Listen(byte* path, int type, int backlog)
    {
        int socket = Bind(path, type, 0x180); // 0600
        if (socket < 0) return socket;
        int result = (int)Syscall.Invoke(listen, socket, backlog);
        if (result >= 0) return socket;
        Files.close(socket);
        return result;
    }

    /// <summary>A socket at a path, which must not be there yet, or -errno.</summary>
    /// <param name="mode">Who may write to it, and so connect.</param>
    public static int Bind(byte* path, int type, uint mode)
    {
        sockaddr_un address;
        int result = Fill(&address, path);
        if (result < 0) return result;
        int socket = Sockets.socket(AF_UNIX, type | SOCK_NONBLOCK);
        if (socket < 0) return socket;
        uint umask = Files.umask(~mode & 0x1ff);
        result = (int)Syscall.Invoke(bind, socket, (nint)(&address), sizeof(sockaddr_un));
        Files.umask(umask);
        if (result >= 0) return socket;
        Files.close(socket);
        return result;
    }

    /// <summary>A connection that waits, or -errno (-EAGAIN: none does).</summary>
    public static int Accept(int listener) => (int)Syscall.Invoke(accept4, listener, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);

    /// <summary>
    /// A stream socket connected to the one that listens at a path (unix(7)), or -errno. ENAMETOOLONG: the path has more than 107
    /// bytes. ECONNREFUSED: nobody listens there, or it is no socket. EPROTOTYPE: it is one of datagrams. EAGAIN: too many connections
    /// wait to be accepted there; this one does not join them, since that wait has no end and heeds no signal.
    /// </summary>
    public static int Connect(byte* path, int type = SOCK_STREAM)
    {
        sockaddr_un address;
        int result = Fill(&address, path);
        return result < 0 ? result : Connect(&address, sizeof(sockaddr_un), type);
    }

    private static int Fill(sockaddr_un* address, byte* path)
    {
        int length = Text.Length(path);
        if (length >= sockaddr_un.PathSize) return -Errno.ENAMETOOLONG;
        *address = new sockaddr_un { sun_family = AF_UNIX };
        Text.Copy(address->sun_path, path, length);
        return 0;
    }

    /// <summary>As <see cref="Connect(byte*, int)"/>, to a name in the abstract namespace: it has no file, and a NUL before it.</summary>
    public static int ConnectAbstract(byte* name, int type = SOCK_STREAM)
    {
        int length = Text.Length(name);
        if (length >= sockaddr_un.PathSize) return -Errno.ENAMETOOLONG;
        sockaddr_un address = new() { sun_family = AF_UNIX };
        Text.Copy(address.sun_path + 1, name, length);
        return Connect(&address, sizeof(ushort) + 1 + length, type);
    }

    private static int Connect(sockaddr_un* address, int size, int type)
    {
        int socket = Sockets.socket(AF_UNIX, type | SOCK_NONBLOCK);
        if (socket < 0) return socket;
        int result = (int)Syscall.Invoke(connect, socket, (nint)address, size);
        if (result >= 0) return socket;
        Files.close(socket);
        return result;
    }

    /// <summary>
    /// Sends a descriptor along with some bytes, of which there must be at least one (SCM_RIGHTS). EPIPE or ECONNRESET: the other end
    /// is closed.
    /// </summary>
    public static nint SendDescriptor(int socket, int descriptor, byte* data, nint length)
    {
        Rights rights = new()
            { cmsg_len = Rights.Length, cmsg_level = SOL_SOCKET, cmsg_type = SCM_RIGHTS, descriptor = descriptor };
        iovec part = new() { iov_base = data, iov_len = length };
        msghdr message = new() { msg_iov = &part, msg_iovlen = 1, msg_control = &rights, msg_controllen = sizeof(Rights) };
        return Syscall.Invoke(sendmsg, socket, (nint)(&message), MSG_NOSIGNAL);
    }

    /// <summary>A descriptor that somebody has sent, close-on-exec; -EAGAIN: none has come yet; -ENODATA: none comes any more.</summary>
    public static int TryReceiveDescriptor(int socket)
    {
        byte* data = stackalloc byte[16];
        Rights rights = default;
        iovec part = new() { iov_base = data, iov_len = 16 };
        msghdr message = new() { msg_iov = &part, msg_iovlen = 1, msg_control = &rights, msg_controllen = sizeof(Rights) };
        nint received = Syscall.Invoke(recvmsg, socket, (nint)(&message), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (received < 0) return (int)received;
        bool came = message.msg_controllen >= Rights.Length && rights is { cmsg_level: SOL_SOCKET, cmsg_type: SCM_RIGHTS };
        return came ? rights.descriptor : -Errno.ENODATA;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct sockaddr_un
    {
        public const int PathSize = 108;

        public ushort sun_family;
        public fixed byte sun_path[PathSize];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct iovec
    {
        public void* iov_base;
        public nint iov_len;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct msghdr
    {
        public void* msg_name;
        public int msg_namelen;
        public iovec* msg_iov;
        public nint msg_iovlen;
        public void* msg_control;
        public nint msg_controllen;
        public int msg_flags;
    }

    /// <summary>struct cmsghdr and one descriptor, padded as CMSG_SPACE pads it (cmsg(3)).</summary>
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    private struct Rights
    {
        public const int Length = 20;

        public nint cmsg_len;
        public int cmsg_level, cmsg_type, descriptor;
    }
}
