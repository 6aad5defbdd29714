using System.Runtime.InteropServices;

namespace Rt.Kernel;

/// <summary>
/// The one door to the kernel. Every call goes through syscall(2), never through a libc wrapper: glibc's wrappers for
/// credentials signal "all threads" of a process, which hangs in a child made by clone3(2), where those threads are gone.
/// </summary>
/// <remarks>
/// Results follow the kernel's own convention: 0 or a positive value on success, <c>-errno</c> on failure. Nothing here
/// allocates, throws or takes a lock, so all of it may run between fork and execve.
/// </remarks>
internal static unsafe class Syscall
{
    [DllImport("libc", EntryPoint = "syscall")]
    [SuppressGCTransition]
    private static extern nint Raw(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [DllImport("libc", EntryPoint = "syscall")]
    private static extern nint RawBlocking(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [DllImport("libc", EntryPoint = "__errno_location")]
    [SuppressGCTransition]
    private static extern int* ErrnoLocation();

    public static nint Invoke(int number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        nint result = Raw(number, a, b, c, d, e, f);
        return result == -1 ? -*ErrnoLocation() : result;
    }

    /// <summary>
    /// For calls of the managed side that may block for long: lets the garbage collector go on meanwhile. Not for the
    /// forked child, whose collector is gone. Interrupted calls are begun again.
    /// </summary>
    public static nint InvokeBlocking(int number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        while (true)
        {
            nint result = RawBlocking(number, a, b, c, d, e, f);
            if (result != -1) return result;
            int errno = *ErrnoLocation();
            if (errno != Errno.EINTR) return -errno;
        }
    }
}
