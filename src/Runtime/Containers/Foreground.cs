using Rt.Kernel;
using Rt.Terminal;

namespace Rt.Containers;

/// <summary>
/// <c>rt run</c> and <c>rt exec</c> in the foreground: rt stays as the process's parent, passes signals on, and ends with its exit code.
/// </summary>
internal static class Foreground
{
    /// <summary>Exit code of the container's init; 128 plus the number of the signal that killed it.</summary>
    public static int Run(ContainerStore store, CreateRequest request, bool keep, bool subreaper)
    {
        // Orphans of a container without a pid namespace of its own come to this process, which reaps them.
        if (subreaper) Credentials.prctl(Credentials.PR_SET_CHILD_SUBREAPER, 1);
        Created created = Creation.Create(store, request);
        created.Directory.Unlock();
        int init = created.State.Pid;
        Thread? notifying = StartNotifying(created.Notify, init);
        int code;
        using (created.Terminal) code = Wait(init, request.Inbox, created.Terminal);
        notifying?.Join();
        Timeline.Mark("ended");
        if (!keep) Delete(created.Directory);
        return code;
    }

    /// <summary>Signals are the main thread's to hear.</summary>
    private static Thread? StartNotifying(NotifySocket? notify, int init)
    {
        if (notify == null) return null;
        int pidfd = Processes.pidfd_open(init);
        Thread thread = new(() => notify.RelayUntilEnd(pidfd, Processes.getpid(), inbox: -1)) { IsBackground = true };
        thread.Start();
        return thread;
    }

    /// <summary>
    /// Passes signals on to a child, and serves its terminal if it has one, until it has ended: its exit code, or 128 plus the number
    /// of the signal that killed it.
    /// </summary>
    public static int Wait(int pid, int inbox, ForegroundTerminal? terminal)
    {
        while (true)
        {
            // Before the first wait as well: its SIGCHLD may have come while the container was being set up.
            while (Processes.Reap(0, block: false) is { Pid: > 0 } exit)
            {
                if (exit.Pid != pid) continue;
                terminal?.Finish(inbox);
                return exit.Code;
            }

            terminal?.ServeUntilSignal(inbox);
            int signal = SignalInbox.Take(inbox);
            if (signal == Signals.SIGCONT) terminal?.Continue();
            if (signal == Signals.SIGWINCH && terminal != null) terminal.Resize();
            else if (signal is not (0 or Signals.SIGCHLD or Signals.SIGURG or Signals.SIGTTIN or Signals.SIGTTOU)) Processes.kill(pid, signal);
        }
    }

    /// <summary>
    /// What can't be cleaned up does not change how the program ended. If somebody else was quicker, another container may have the id.
    /// </summary>
    private static void Delete(ContainerDirectory directory)
    {
        try
        {
            if (directory.TryLock()) Lifecycle.Delete(directory, force: true);
        }
        catch (Exception e) when (e is RtException or KernelException)
        {
            Log.Error($"delete container {directory.Id}: {e.Message}");
        }
    }
}
