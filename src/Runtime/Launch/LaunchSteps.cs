using Rt.Kernel;
using Rt.Plan;

namespace Rt.Launch;

/// <summary>Tells the parent that all is prepared, and goes on only when it has answered: a parent that died takes its init along.</summary>
internal unsafe struct Ready : IStep
{
    public static StepKind Kind => StepKind.Ready;

    public readonly int Run(ref Execution run)
    {
        int result = Report.Send(ref run, ReportKind.Ready, Interpreter.AllocatedBytes(), 0);
        if (result < 0) return result;
        byte answer;
        nint read = Files.read(run[Slot.Report], &answer, 1);
        return read == 1 ? 0 : -Errno.EPIPE;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("ready", "");
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
        return read < 0 ? (int)read : 0;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("start-gate", "");
}

/// <summary>Marks every descriptor from <see cref="First"/> on to be closed at execve, whoever opened it.</summary>
internal struct CloseDescriptors : IStep
{
    public static StepKind Kind => StepKind.CloseDescriptors;

    public int First;

    public readonly int Run(ref Execution run)
    {
        int result = Files.close_range_cloexec((uint)First);
        // CLOSE_RANGE_CLOEXEC came with Linux 5.11. On 5.10 the caller's descriptors are closed at once instead; rt's own are
        // close-on-exec from birth, and those still needed stay.
        return result == -Errno.EINVAL ? CloseOneByOne(ref run) : result;
    }

    private readonly int CloseOneByOne(ref Execution run)
    {
        const int MaxDescriptor = 1024;
        for (int fd = First; fd < MaxDescriptor; fd++) Files.fcntl(fd, Files.F_SETFD, Files.FD_CLOEXEC);
        return 0;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("close-on-exec", $"descriptors from {First}");
}
