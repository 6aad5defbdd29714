using Rt.Kernel;

namespace Rt.Containers;

/// <summary><c>rt run</c> in the foreground: stays as the container's parent, passes signals on, and ends with its exit code.</summary>
internal static class Foreground
{
    /// <summary>Signals that are not the container's business: its own end, and what the kernel would not deliver anyway.</summary>
    private static readonly int[] Kept = [Signals.SIGCHLD, Signals.SIGKILL, Signals.SIGSTOP, Signals.SIGPIPE, Signals.SIGSEGV, Signals.SIGURG, Signals.SIGTTIN, Signals.SIGTTOU];

    /// <summary>Exit code of the container's init; 128 plus the number of the signal that killed it.</summary>
    public static int Run(ContainerStore store, CreateRequest request, bool keep)
    {
        // Orphans of a container without a pid namespace of its own come to this process, which reaps them.
        Credentials.prctl(Credentials.PR_SET_CHILD_SUBREAPER, 1);
        ulong signals = 0;
        (ContainerDirectory directory, ContainerState state) = Creation.Create(store, request, () => signals = SignalThreads.BlockAll());
        directory.Close();
        int code = Wait(new InitProcess(state.Pid, state.StartTime), signals);
        Timeline.Mark("ended");
        if (!keep) Lifecycle.Delete(store, request.Id, force: true);
        return code;
    }

    private static int Wait(InitProcess init, ulong signals)
    {
        while (true)
        {
            int signal = Signals.Wait(signals);
            if (signal == Signals.SIGCHLD)
            {
                while (Processes.Reap(0, block: false) is { Pid: > 0 } exit)
                    if (exit.Pid == init.Pid)
                        return exit.Code;
            }
            else if (signal > 0 && !Kept.Contains(signal)) init.Signal(signal);
        }
    }
}
