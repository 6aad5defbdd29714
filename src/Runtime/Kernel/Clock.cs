namespace Rt.Kernel;

/// <summary>clock_gettime(2), clock_nanosleep(2).</summary>
internal static unsafe class Clock
{
    private const int CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1;

    public static long MonotonicNanoseconds() => Nanoseconds(CLOCK_MONOTONIC);

    /// <summary>Since 1970, in UTC.</summary>
    public static long RealtimeNanoseconds() => Nanoseconds(CLOCK_REALTIME);

    private static long Nanoseconds(int clock)
    {
        long* timespec = stackalloc long[2];
        Syscall.Invoke(SyscallNumber.clock_gettime, clock, (nint)timespec);
        return timespec[0] * 1_000_000_000 + timespec[1];
    }

    /// <summary>For a process that has nothing else to do.</summary>
    public static void Sleep(int seconds)
    {
        long* timespec = stackalloc long[2] { seconds, 0 };
        Syscall.Invoke(SyscallNumber.clock_nanosleep, CLOCK_MONOTONIC, 0, (nint)timespec);
    }
}
