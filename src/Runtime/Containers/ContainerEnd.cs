using Rt.Kernel;
using Rt.Shim;

namespace Rt.Containers;

/// <summary>
/// The end of a container, which can be waited for. It has all that tells of it open, so that the container may be deleted meanwhile.
/// </summary>
internal sealed unsafe class ContainerEnd : IDisposable
{
    /// <summary>How long the parent of a dead init has to reap it.</summary>
    private const long ReapMilliseconds = 10_000;

    private readonly string id;

    /// <summary>The shim's record; -1: there is no shim.</summary>
    private readonly int record;

    private ContainerEnd(string id, int pidfd, int record)
    {
        this.id = id;
        this.record = record;
        Descriptor = pidfd;
    }

    /// <summary>Readable when the init has ended; -1: it had ended before.</summary>
    public int Descriptor { get; }

    public bool HasEnded => Descriptor < 0 || Poll(Processes.POLLIN, 0);

    /// <summary>Waits for a creation that is under way.</summary>
    public static ContainerEnd Open(ContainerDirectory directory)
    {
        ContainerState state = directory.ReadWhenCreated();
        int record = directory.OpenExitRecord();
        int pidfd = new InitProcess(state.Pid, state.StartTime).Open();
        if (pidfd >= 0 || pidfd == -Errno.ESRCH) return new ContainerEnd(state.Id, Math.Max(pidfd, -1), record);
        if (record >= 0) Files.close(record);
        throw new KernelException($"open process {state.Pid} of container {state.Id}", -pidfd);
    }

    /// <summary>Waits for the end and returns the exit code, or 128 plus the signal that killed the init.</summary>
    public int Await()
    {
        ExitStatus? status = AwaitRecord();
        int code = status?.Code ?? AwaitReaped();
        if (code >= 0) return code;
        throw new RtException($"container {id} has ended, and how is not known: "
            + (record >= 0 ? "its shim was killed" : "it has no shim to record it"));
    }

    /// <summary>Waits until the init has ended and a shim, if there is one, has recorded it. Then the log has all of its output.</summary>
    public ExitStatus? AwaitRecord()
    {
        if (Descriptor >= 0) Poll(Processes.POLLIN, -1);
        return record >= 0 ? ExitRecord.Await(record) : null;
    }

    /// <summary>What the kernel itself tells of a process that somebody else has reaped; -errno if it does not.</summary>
    private int AwaitReaped()
    {
        if (Descriptor < 0) return -Errno.ESRCH;
        int code = Processes.ExitCodeOf(Descriptor);
        if (code != -Errno.EAGAIN) return code;
        Poll(events: 0, ReapMilliseconds); // that it is reaped, is told as POLLHUP
        return Processes.ExitCodeOf(Descriptor);
    }

    private bool Poll(short events, long milliseconds)
    {
        Processes.pollfd poll = new() { fd = Descriptor, events = events };
        return Processes.poll(&poll, 1, milliseconds) == 1;
    }

    public void Dispose()
    {
        if (Descriptor >= 0) Files.close(Descriptor);
        if (record >= 0) Files.close(record);
    }
}
