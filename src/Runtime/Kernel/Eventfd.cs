namespace Rt.Kernel;

/// <summary>eventfd(2): a counter that the kernel adds to, and that a read takes and sets back to 0.</summary>
internal static unsafe class Eventfd
{
    /// <summary>A counter at 0, close-on-exec, whose reads do not wait; or -errno.</summary>
    public static int Open() => (int)Syscall.Invoke(SyscallNumber.eventfd2, 0, Files.O_CLOEXEC | Files.O_NONBLOCK);

    /// <summary>What has come since the last time; 0: nothing.</summary>
    public static ulong Take(int eventfd)
    {
        ulong count = 0;
        nint read = Files.read(eventfd, &count, sizeof(ulong));
        if (read != -Errno.EAGAIN) KernelException.Check(read, "read eventfd");
        return count;
    }
}
