namespace Rt.Kernel;

/// <summary>clock_gettime(2), clock_nanosleep(2).</summary>
internal static unsafe class Clock
{
    public static long MonotonicNanoseconds()
    {
        const int CLOCK_MONOTONIC = 1;
        long* timespec = stackalloc long[2];
        Syscall.Invoke(SyscallNumber.clock_gettime, CLOCK_MONOTONIC, (nint)timespec);
        return timespec[0] * 1_000_000_000 + timespec[1];
    }

    /// <summary>For a process that has nothing else to do.</summary>
    public static void Sleep(int seconds)
    {
        const int CLOCK_MONOTONIC = 1;
        long* timespec = stackalloc long[2] { seconds, 0 };
        Syscall.Invoke(SyscallNumber.clock_nanosleep, CLOCK_MONOTONIC, 0, (nint)timespec);
    }
}
