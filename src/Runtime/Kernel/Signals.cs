using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>rt_sigaction(2), rt_sigprocmask(2), signalfd(2), and signals' names.</summary>
internal static unsafe class Signals
{
    public const int SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGSEGV = 11, SIGPIPE = 13, SIGTERM = 15, SIGCHLD = 17,
        SIGCONT = 18, SIGSTOP = 19, SIGTTIN = 21, SIGTTOU = 22, SIGURG = 23, SIGWINCH = 28, SIGRTMIN = 34, SIGRTMAX = 64;

    /// <summary>Every signal to its default action and none blocked: what a new program may expect (signal(7)).</summary>
    public static void ResetAll()
    {
        for (int signal = 1; signal <= SIGRTMAX; signal++)
            if (signal is not (SIGKILL or SIGSTOP))
                Reset(signal);
        SetMask(0);
    }

    /// <summary>One signal to its default action.</summary>
    public static void Reset(int signal)
    {
        long* action = stackalloc long[4] { 0, 0, 0, 0 }; // struct kernel_sigaction: SIG_DFL, no flags, empty mask
        Syscall.Invoke(rt_sigaction, signal, (nint)action, 0, 8);
    }

    /// <summary>Sets the calling thread's mask: bit n-1 blocks signal n. Returns the one before.</summary>
    public static ulong SetMask(ulong mask)
    {
        const int SIG_SETMASK = 2;
        ulong old = 0;
        Syscall.Invoke(rt_sigprocmask, SIG_SETMASK, (nint)(&mask), (nint)(&old), 8);
        return old;
    }

    /// <summary>A descriptor, close-on-exec, that is readable when one of the signals, which must be blocked, is pending.</summary>
    /// <param name="mask">Bit n-1 stands for signal n.</param>
    public static int OpenDescriptor(ulong mask)
    {
        const int SFD_CLOEXEC = 0x80000;
        return (int)Syscall.Invoke(signalfd4, -1, (nint)(&mask), 8, SFD_CLOEXEC);
    }

    /// <summary>The next signal from such a descriptor, or -errno; waits for it.</summary>
    public static int Take(int descriptor)
    {
        byte* info = stackalloc byte[128]; // struct signalfd_siginfo, ssi_signo first
        nint read = Files.read(descriptor, info, 128);
        return read < 0 ? (int)read : *(int*)info;
    }

    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>
    /// Reads "9", "KILL", "sigkill", "RTMIN+3". Null if it is none. Numbers run from 0 (which only asks whether the process is
    /// there) to 64.
    /// </summary>
    public static int? Parse(string text)
    {
        if (Number(text, out int number)) return number <= SIGRTMAX ? number : null;

        string name = text.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal)) name = name[3..];
        if (name.Length == 0) return null;
        int index = Array.IndexOf(Names, name);
        if (index > 0) return index;
        return name switch
        {
            "IOT" => 6,
            "CLD" => SIGCHLD,
            "POLL" => 29,
            "RTMIN" => SIGRTMIN,
            "RTMAX" => SIGRTMAX,
            _ when name.StartsWith("RTMIN+", StringComparison.Ordinal) && Number(name[6..], out int up) && up <= 30 => SIGRTMIN + up,
            _ when name.StartsWith("RTMAX-", StringComparison.Ordinal) && Number(name[6..], out int down) && down <= 30 => SIGRTMAX - down,
            _ => null,
        };
    }

    private static bool Number(string text, out int number) => int.TryParse(text, System.Globalization.NumberStyles.None, null, out number);

    /// <summary>"SIGTERM" for 15, "SIGRTMIN+2" for 36.</summary>
    public static string Name(int signal) =>
        signal > 0 && signal < Names.Length ? "SIG" + Names[signal]
        : signal >= SIGRTMIN ? $"SIGRTMIN+{signal - SIGRTMIN}" : $"signal {signal}";
}
