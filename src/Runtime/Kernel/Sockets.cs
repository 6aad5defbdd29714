using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>socketpair(2), socket(2), sendto(2), ioctl(2).</summary>
internal static unsafe class Sockets
{
    public const int AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_CLOEXEC = 0x80000;

    public static int socketpair(int* pair) =>
        (int)Syscall.Invoke(SyscallNumber.socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, (nint)pair);

    public static int socket(int family, int type) => (int)Syscall.Invoke(SyscallNumber.socket, family, type | SOCK_CLOEXEC);

    public static int ioctl(int fd, uint request, void* argument) =>
        (int)Syscall.Invoke(SyscallNumber.ioctl, fd, (nint)request, (nint)argument);

    /// <summary>Sends to the other end of a pair. One that is closed gives EPIPE, not the signal.</summary>
    public static nint Send(int socket, void* data, nint length)
    {
        const int MSG_NOSIGNAL = 0x4000;
        return Syscall.Invoke(sendto, socket, (nint)data, length, MSG_NOSIGNAL);
    }
}
