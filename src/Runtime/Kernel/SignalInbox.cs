using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>
/// Takes this process's signals one by one from a descriptor (signalfd(2)), instead of being struck by them in the middle of
/// something.
/// </summary>
/// <remarks>
/// For that, every thread must block them, and .NET's finalizer thread, which exists before Main, does not. So a handler sends
/// on to the main thread what is delivered there. It is managed code in a signal handler, which is sound because that thread
/// is always in a native wait: there is never a finalizer to run.
/// </remarks>
internal static unsafe class SignalInbox
{
    private static int process, mainThread;

    /// <summary>Opens the inbox for all signals that can be caught, but those of faults and of the runtime itself.</summary>
    public static int Open()
    {
        const int SA_RESTART = 0x10000000;
        // 32 and 33 are glibc's own, 34 is the .NET runtime's.
        const int SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8;
        process = Processes.getpid();
        mainThread = (int)Syscall.Invoke(gettid);

        ulong mask = ~0UL;
        ReadOnlySpan<byte> excepted =
            [SIGILL, SIGTRAP, SIGBUS, SIGFPE, Signals.SIGSEGV, Signals.SIGKILL, Signals.SIGSTOP, Signals.SIGPIPE, 32, 33, 34];
        foreach (int signal in excepted) mask &= ~(1UL << (signal - 1));
        Signals.SetMask(mask);

        byte* action = stackalloc byte[152]; // glibc's struct sigaction: handler, 128 bytes of mask, flags, restorer
        new Span<byte>(action, 152).Clear();
        *(delegate* unmanaged[Cdecl]<int, void>*)action = &SendOn;
        *(int*)(action + 136) = SA_RESTART;
        for (int signal = 1; signal <= Signals.SIGRTMAX; signal++)
            if ((mask >> (signal - 1) & 1) != 0)
                _ = sigaction(signal, action, null);
        return OpenFor(mask);
    }

    /// <summary>
    /// A descriptor for SIGINT, SIGQUIT, SIGTERM and SIGHUP alone, by which a user or a supervisor gives up: others stay in the
    /// inbox, which must be open.
    /// </summary>
    public static int OpenInterruptions()
    {
        ulong mask = 0;
        foreach (int signal in (ReadOnlySpan<int>)[Signals.SIGINT, Signals.SIGQUIT, Signals.SIGTERM, Signals.SIGHUP])
            mask |= 1UL << (signal - 1);
        return OpenFor(mask);
    }

    private static int OpenFor(ulong mask)
    {
        const int SFD_CLOEXEC = 0x80000;
        return (int)KernelException.Check(Syscall.Invoke(signalfd4, -1, (nint)(&mask), 8, SFD_CLOEXEC), "signalfd");
    }

    /// <summary>The next signal; waits for it.</summary>
    public static int Take(int inbox)
    {
        byte* info = stackalloc byte[128]; // struct signalfd_siginfo, ssi_signo first
        return Files.readBlocking(inbox, info, 128) == 128 ? *(int*)info : 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void SendOn(int signal) => Syscall.Invoke(tgkill, process, mainThread, signal);

    [DllImport("libc")]
    private static extern int sigaction(int signal, byte* action, byte* old);
}
