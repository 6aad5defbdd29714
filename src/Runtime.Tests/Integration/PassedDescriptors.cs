using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace Rt.Tests.Integration;

/// <summary>recvmsg(2) of bytes and the descriptors beside them (unix(7), SCM_RIGHTS).</summary>
internal static class PassedDescriptors
{
    private const int HeaderSize = 16;

    /// <summary>What one call takes: no bytes at the end of the stream.</summary>
    public static (byte[] Bytes, int[] Descriptors) Receive(int socket, int room = 4096)
    {
        nint buffer = Marshal.AllocHGlobal(room);
        try
        {
            byte[] control = new byte[256];
            Msghdr message = new()
            {
                msg_iov = [new Iovec { iov_base = buffer, iov_len = (ulong)room }],
                msg_iovlen = 1,
                msg_control = control,
                msg_controllen = control.Length,
            };
            int length = (int)Syscall.recvmsg(socket, message, MessageFlags.MSG_CMSG_CLOEXEC);
            length.Should().BeGreaterThanOrEqualTo(0, "receiving must not fail");
            byte[] bytes = new byte[length];
            Marshal.Copy(buffer, bytes, 0, length);
            return (bytes, message.msg_controllen > 0 ? Descriptors(control) : []);
        }
        finally
        {
            Marshal.FreeHGlobal(buffer);
        }
    }

    /// <summary>struct cmsghdr: length with the header (8 bytes), level, type; then the descriptors.</summary>
    private static int[] Descriptors(byte[] control)
    {
        int count = ((int)BitConverter.ToInt64(control) - HeaderSize) / sizeof(int);
        return [.. Enumerable.Range(0, count).Select(i => BitConverter.ToInt32(control, HeaderSize + (i * sizeof(int))))];
    }
}
