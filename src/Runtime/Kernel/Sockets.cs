using System.Runtime.InteropServices;
using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>socketpair(2), sendmsg(2) and recvmsg(2) with descriptors (SCM_RIGHTS, unix(7)), and netdevice(7) ioctls.</summary>
internal static unsafe class Sockets
{
    public const int AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_CLOEXEC = 0x80000;

    /// <summary>The kernel's limit on descriptors in one message (SCM_MAX_FD).</summary>
    public const int MaxDescriptors = 253;

    private const int SOL_SOCKET = 1, SCM_RIGHTS = 1, MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x40000000;

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
        public uint msg_namelen;
        public iovec* msg_iov;
        public nint msg_iovlen;
        public byte* msg_control;
        public nint msg_controllen;
        public int msg_flags;
    }

    public static int socketpair(int* pair) => (int)Syscall.Invoke(SyscallNumber.socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, (nint)pair);

    public static int socket(int family, int type) => (int)Syscall.Invoke(SyscallNumber.socket, family, type | SOCK_CLOEXEC);

    public static int ioctl(int fd, uint request, void* argument) => (int)Syscall.Invoke(SyscallNumber.ioctl, fd, (nint)request, (nint)argument);

    /// <summary>Sends bytes and descriptors (at most <see cref="MaxDescriptors"/>) in one message; how many bytes went, or -errno.</summary>
    public static nint Send(int socket, void* data, nint length, int* descriptors, int count)
    {
        byte* control = stackalloc byte[16 + MaxDescriptors * 4 + 4];
        iovec iov = new() { iov_base = data, iov_len = length };
        msghdr message = new() { msg_iov = &iov, msg_iovlen = 1 };
        if (count > 0)
        {
            *(nint*)control = 16 + count * 4; // struct cmsghdr: length, level, type, then the descriptors
            ((int*)control)[2] = SOL_SOCKET;
            ((int*)control)[3] = SCM_RIGHTS;
            for (int i = 0; i < count; i++) ((int*)control)[4 + i] = descriptors[i];
            message.msg_control = control;
            message.msg_controllen = (16 + count * 4 + 7) & ~7;
        }

        return Syscall.InvokeBlocking(sendmsg, socket, (nint)(&message), MSG_NOSIGNAL);
    }

    /// <summary>Receives bytes and close-on-exec descriptors; 0 at the end of the stream, -errno on failure.</summary>
    public static nint Receive(int socket, void* data, nint length, int* descriptors, out int count)
    {
        byte* control = stackalloc byte[16 + MaxDescriptors * 4 + 4];
        iovec iov = new() { iov_base = data, iov_len = length };
        msghdr message = new() { msg_iov = &iov, msg_iovlen = 1, msg_control = control, msg_controllen = 16 + MaxDescriptors * 4 + 4 };
        nint received = Syscall.InvokeBlocking(recvmsg, socket, (nint)(&message), MSG_CMSG_CLOEXEC);
        count = 0;
        if (received >= 0 && message.msg_controllen >= 16 && ((int*)control)[2] == SOL_SOCKET && ((int*)control)[3] == SCM_RIGHTS)
        {
            count = (int)((*(nint*)control - 16) / 4);
            for (int i = 0; i < count; i++) descriptors[i] = ((int*)control)[4 + i];
        }

        return received;
    }
}
