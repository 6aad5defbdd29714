using System.Runtime.CompilerServices;

namespace Rt.Kernel;

/// <summary>
/// Blocks signals in every thread, so that rt_sigtimedwait can take them. A .NET process has two threads of managed code: this
/// one and the finalizer's, which exists before Main and would be handed what this one blocks. It is reached the one way
/// there is: by a finalizer.
/// </summary>
internal static class SignalThreads
{
    /// <summary>The realtime signal by which .NET interrupts threads (SIGRTMIN in PAL terms) and glibc's own two stay unblocked.</summary>
    private const ulong Internal = 7UL << 31;

    /// <summary>Returns the set that is blocked now: bit n-1 for signal n.</summary>
    public static ulong BlockAll()
    {
        // Faults are delivered to the thread that caused them; blocked, they would kill the process without a word.
        const int SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8;
        ulong mask = ~Internal;
        foreach (int fault in (ReadOnlySpan<int>)[SIGILL, SIGTRAP, SIGBUS, SIGFPE, Signals.SIGSEGV]) mask &= ~(1UL << (fault - 1));

        MakeGarbage(mask);
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        GC.WaitForPendingFinalizers();
        Signals.SetMask(mask);
        return mask;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeGarbage(ulong mask) => _ = new Blocker(mask);

    private sealed class Blocker(ulong mask)
    {
        ~Blocker() => Signals.SetMask(mask);
    }
}
