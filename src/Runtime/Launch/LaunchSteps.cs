using Rt.Kernel;
using Rt.Plan;

namespace Rt.Launch;

/// <summary>
/// Tells the parent that all is prepared, and goes on only with its go-ahead, which is usually there already: a parent that
/// died before the init was on record takes it along.
/// </summary>
internal struct Ready : IStep
{
    public static StepKind Kind => StepKind.Ready;

    public readonly int Run(ref Execution run)
    {
        int result = Report.Stop(ref run, ReportKind.Ready, Interpreter.AllocatedBytes());
        return result < 0 ? result : Credentials.prctl(Credentials.PR_SET_DUMPABLE, 0);
    }

    public readonly StepDescription Describe(PlanReader plan) => new("ready", "");
}

/// <summary>
/// Waits to be put into the container's cgroup: systemd makes a scope only for processes that are there already. Whatever comes
/// after is charged to the container.
/// </summary>
internal struct AwaitCgroup : IStep
{
    public static StepKind Kind => StepKind.AwaitCgroup;

    public readonly int Run(ref Execution run) => Report.AwaitAnswer(ref run);

    public readonly StepDescription Describe(PlanReader plan) => new("await-cgroup", "");
}

/// <summary>
/// Stops for what only rt, outside, can do to the finished environment: moving network devices into it, and the hooks that run
/// in the runtime's namespaces.
/// </summary>
internal struct AwaitEnvironment : IStep
{
    public static StepKind Kind => StepKind.AwaitEnvironment;

    public readonly int Run(ref Execution run) => Report.Stop(ref run, ReportKind.Environment);

    public readonly StepDescription Describe(PlanReader plan) => new("await-parent", "");
}

/// <summary>
/// Waits until <c>rt start</c> writes a byte into the FIFO. It is open here for reading and writing, so that it neither ends
/// nor breaks while nobody else has it open.
/// </summary>
internal unsafe struct StartGate : IStep
{
    public static StepKind Kind => StepKind.StartGate;

    public readonly int Run(ref Execution run)
    {
        byte go;
        nint read;
        do read = Files.read(run[Slot.Gate], &go, 1);
        while (read == -Errno.EINTR);
        if (read < 0) return (int)read;
        // From here on, rt start is who has to be told, though rt create may still be on its way out.
        Files.close(run[Slot.Report]);
        run[Slot.Report] = -1;
        return 0;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("start-gate", "");
}

/// <summary>Tells whoever waits for the program that it comes next: an execve and a death look alike from outside.</summary>
internal struct Executing : IStep
{
    public static StepKind Kind => StepKind.Executing;

    public readonly int Run(ref Execution run) => Report.Send(ref run, ReportKind.Executing, 0, 0);

    public readonly StepDescription Describe(PlanReader plan) => new("executing", "");
}

/// <summary>
/// Closes every descriptor but stdio, what the caller passes on to the container, and the two that lead back to rt. From here
/// on the process holds nothing of the host's, also while it waits at the gate.
/// </summary>
internal struct CloseDescriptors : IStep
{
    public static StepKind Kind => StepKind.CloseDescriptors;

    /// <summary>Those below are the container's.</summary>
    public int First;

    public readonly int Run(ref Execution run) => Close(ref run, First, Slot.Gate);

    /// <summary>Closes all from <paramref name="first"/> on that are in none of the slots up to <paramref name="lastKept"/>.</summary>
    public static unsafe int Close(ref Execution run, int first, Slot lastKept)
    {
        fixed (int* slots = &run[0]) return Files.CloseAllBut(first, slots, (int)lastKept + 1);
    }

    public readonly StepDescription Describe(PlanReader plan) => new("close", $"descriptors from {First}");
}
