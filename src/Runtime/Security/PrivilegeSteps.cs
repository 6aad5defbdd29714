using Rt.Kernel;
using Rt.Plan;

namespace Rt.Security;

/// <summary>A session keyring of the container's own: the caller's keys stay out of reach (keyrings(7)).</summary>
internal unsafe struct SessionKeyring : IStep
{
    public static StepKind Kind => StepKind.SessionKeyring;

    public PlanText Name;

    public readonly int Run(ref Execution run)
    {
        int result = Credentials.JoinSessionKeyring(run.At(Name));
        // A kernel without keyrings has none to leak.
        return result == -Errno.ENOSYS ? 0 : result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("session-keyring", plan.Text(Name));

    public readonly string Word(PlanReader plan, int errno, string detail) =>
        $"join session keyring {plan.Text(Name)}: {Errno.Describe(errno)}"
        + (errno == Errno.EDQUOT ? " (see /proc/sys/kernel/keys/maxkeys, or use --no-new-keyring)" : "");
}

/// <summary>execve grants nothing from here on: no set-user-ID, no file capabilities (PR_SET_NO_NEW_PRIVS(2const)).</summary>
internal struct NoNewPrivileges : IStep
{
    public static StepKind Kind => StepKind.NoNewPrivileges;

    public readonly int Run(ref Execution run) => Credentials.prctl(Credentials.PR_SET_NO_NEW_PRIVS, 1);

    public readonly StepDescription Describe(PlanReader plan) => new("no_new_privs", "");
}

/// <summary>Installs a compiled system call filter (seccomp(2)).</summary>
internal unsafe struct LoadSeccomp : IStep
{
    public static StepKind Kind => StepKind.Seccomp;

    /// <summary>struct sock_filter, 8 bytes each.</summary>
    public PlanText Program;
    public int Instructions;

    /// <summary>SECCOMP_FILTER_FLAG_ bits.</summary>
    public uint Flags;

    /// <summary>SECCOMP_FILTER_FLAG_NEW_LISTENER: the call returns a descriptor by which another process judges calls.</summary>
    public const uint NewListener = 8;

    public readonly int Run(ref Execution run)
    {
        const int SECCOMP_SET_MODE_FILTER = 1;
        nint* sockFprog = stackalloc nint[2] { Instructions, (nint)run.At(Program) }; // unsigned short len, padding, pointer
        int result = (int)Syscall.Invoke(SyscallNumber.seccomp, SECCOMP_SET_MODE_FILTER, (nint)Flags, (nint)sockFprog);
        return result < 0 || (Flags & NewListener) == 0 ? result : HandOver(ref run, result);
    }

    /// <summary>
    /// Has rt take the listener to the agent. By write(2), the one call that no filter with a listener may leave to the agent: it
    /// would wait for an agent who has nothing to answer with.
    /// </summary>
    private static int HandOver(ref Execution run, int listener)
    {
        Report report = new() { Kind = ReportKind.SeccompListener, Value = listener };
        nint written = Files.write(run[Slot.Report], &report, Report.Size);
        int result = written < 0 ? (int)written : Report.AwaitAnswer(ref run);
        Files.close(listener);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new("seccomp", "", ("instructions", Instructions.ToString()), ("flags", Flags == 0 ? "" : Flags.ToString()));
}
