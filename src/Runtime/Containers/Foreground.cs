using Rt.Kernel;

namespace Rt.Containers;

/// <summary><c>rt run</c> in the foreground: stays as the container's parent, passes signals on, and ends with its exit code.</summary>
internal static class Foreground
{
    /// <summary>Exit code of the container's init; 128 plus the number of the signal that killed it.</summary>
    public static int Run(ContainerStore store, CreateRequest request, bool keep)
    {
        // Orphans of a container without a pid namespace of its own come to this process, which reaps them.
        Credentials.prctl(Credentials.PR_SET_CHILD_SUBREAPER, 1);
        (ContainerDirectory directory, ContainerState state) = Creation.Create(store, request);
        directory.Close();
        int code = Wait(new InitProcess(state.Pid, state.StartTime), request.Inbox);
        Timeline.Mark("ended");
        if (!keep) Lifecycle.Delete(store, request.Id, force: true);
        return code;
    }

    private static int Wait(InitProcess init, int inbox)
    {
        while (true)
        {
            int signal = SignalInbox.Take(inbox);
            if (signal == Signals.SIGCHLD)
            {
                while (Processes.Reap(0, block: false) is { Pid: > 0 } exit)
                    if (exit.Pid == init.Pid)
                        return exit.Code;
            }
            else if (signal is not (0 or Signals.SIGURG or Signals.SIGTTIN or Signals.SIGTTOU)) init.Signal(signal);
        }
    }
}
