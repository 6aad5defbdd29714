using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>
/// Takes this process's signals one by one from a descriptor (signalfd(2)), instead of being struck by them in the middle of
/// something.
/// </summary>
/// <remarks>
/// For that, every thread must block them, and .NET's finalizer thread, which exists before Main, does not. Nobody else can set
/// its mask but a signal handler that it runs: the mask to return to is on its stack. So it is sent one signal, while it waits in
/// the kernel and before anything is allocated that finalizers or a garbage collection might come of: the handler is managed
/// code, and a thread that is in managed code already may not enter it. Nothing has a handler afterwards.
/// </remarks>
internal static unsafe class SignalInbox
{
    private const int SIGURG = Signals.SIGURG;

    /// <summary>What the other threads are to block, and how many of them do.</summary>
    private static ulong blocked;
    private static int blocking;

    /// <summary>Opens the inbox for all signals that can be caught, but those of faults and of the runtime itself.</summary>
    public static int Open()
    {
        // 32 and 33 are glibc's own, 34 is the .NET runtime's.
        const int SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8;
        ulong mask = ~0UL;
        ReadOnlySpan<byte> excepted =
            [SIGILL, SIGTRAP, SIGBUS, SIGFPE, Signals.SIGSEGV, Signals.SIGKILL, Signals.SIGSTOP, Signals.SIGPIPE, 32, 33, 34];
        foreach (int signal in excepted) mask &= ~(1UL << (signal - 1));
        Signals.SetMask(mask);
        blocked = mask;
        BlockInOtherThreads();
        return OpenFor(mask);
    }

    /// <summary>Has each run the handler as soon as it waits in the kernel, where it is struck before it runs anything else.</summary>
    private static void BlockInOtherThreads()
    {
        const int Size = 1024;
        int mainThread = (int)Syscall.Invoke(gettid);
        int directory = FileContent.TryOpen("/proc/self/task", Files.O_RDONLY | Files.O_DIRECTORY);
        if (directory < 0) return; // no procfs: they are struck by whatever comes
        byte* entries = stackalloc byte[Size];
        nint length;
        while ((length = Files.getdents64(directory, entries, Size)) > 0)
        {
            // struct linux_dirent64: inode and offset (8 bytes each), length (2), type (1), name
            for (nint at = 0; at < length; at += *(ushort*)(entries + at + 16))
                if (Number(entries + at + 19) is var thread && thread != 0 && thread != mainThread)
                    BlockIn(thread);
        }

        Files.close(directory);
    }

    private static void BlockIn(int thread)
    {
        const int MaxWaits = 1_000_000;
        const long LookNanoseconds = 10_000_000_000;
        (bool Waits, ulong Blocked) state = StateOf(thread);
        // On a busy host it may not have begun yet, and still have all of them blocked as the C library starts threads.
        for (long until = Clock.MonotonicNanoseconds() + LookNanoseconds; !state.Waits && Clock.MonotonicNanoseconds() < until;)
        {
            Syscall.Invoke(sched_yield);
            state = StateOf(thread);
        }

        // A caller who had blocked some has the thread do so as well. One that it has not will reach it.
        const ulong Standard = 0x7fffffff;
        ulong open = blocked & Standard & ~state.Blocked;
        if (open == 0) return;
        int signal = (open >> (SIGURG - 1) & 1) != 0 ? SIGURG : BitOperations.TrailingZeroCount(open) + 1;
        int before = blocking;
        SetHandler(signal, &Block);
        // It must be through before this thread goes on to what the handler could disturb.
        if (Syscall.Invoke(tgkill, Processes.getpid(), thread, signal) >= 0)
            for (int look = 0; look < MaxWaits && Volatile.Read(ref blocking) == before; look++)
                Syscall.Invoke(sched_yield);
        SetHandler(signal, null);
    }

    private static void SetHandler(int signal, delegate* unmanaged[Cdecl]<int, byte*, byte*, void> handler)
    {
        const int SA_RESTART = 0x10000000, SA_SIGINFO = 4;
        byte* action = stackalloc byte[152]; // glibc's struct sigaction: handler, 128 bytes of mask, flags, restorer
        new Span<byte>(action, 152).Clear();
        *(delegate* unmanaged[Cdecl]<int, byte*, byte*, void>*)action = handler;
        new Span<byte>(action + 8, 128).Fill(0xff);
        *(int*)(action + 136) = SA_RESTART | SA_SIGINFO;
        _ = sigaction(signal, action, null);
    }

    /// <summary>
    /// Whether a thread sleeps in the kernel, and which of the signals up to 31 it blocks (proc_pid_stat(5), fields 3 and 32). Allocates
    /// nothing: see above.
    /// </summary>
    private static (bool Waits, ulong Blocked) StateOf(int thread)
    {
        ReadOnlySpan<byte> start = "/proc/self/task/"u8, end = "/stat\0"u8;
        byte* path = stackalloc byte[start.Length + 10 + end.Length];
        start.CopyTo(new Span<byte>(path, start.Length));
        int digits = Text.FormatDecimal(path + start.Length, (uint)thread);
        end.CopyTo(new Span<byte>(path + start.Length + digits, end.Length));
        return ProcStat.TryRead(path, out ProcStat stat) ? (stat.State == (byte)'S', stat[32]) : (false, ulong.MaxValue);
    }

    /// <summary>0 for "." and "..".</summary>
    private static int Number(byte* name)
    {
        int number = 0;
        for (; *name is >= (byte)'0' and <= (byte)'9'; name++) number = (number * 10) + (*name - '0');
        return number;
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

    private static int OpenFor(ulong mask) => (int)KernelException.Check(Signals.OpenDescriptor(mask), "signalfd");

    /// <summary>The next signal; waits for it.</summary>
    public static int Take(int inbox)
    {
        byte* info = stackalloc byte[128]; // struct signalfd_siginfo, ssi_signo first
        return Files.readBlocking(inbox, info, 128) == 128 ? *(int*)info : 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Block(int signal, byte* info, byte* context)
    {
        // ucontext_t: flags and link (8 bytes each), the stack (24), and on x86-64 the registers (256) before the mask.
        *(ulong*)(context + (SyscallNumber.X64 ? 296 : 40)) |= blocked;
        Volatile.Write(ref blocking, blocking + 1);
    }

    [DllImport("libc")]
    private static extern int sigaction(int signal, byte* action, byte* old);
}
