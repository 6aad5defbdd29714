using Rt.Cgroups;
using Rt.Hooks;
using Rt.Kernel;
using Rt.Mounts;
using Rt.Plan;
using Rt.Resctrl;

namespace Rt.Containers;

/// <summary>What can be done to a container that is there: start and delete.</summary>
internal static unsafe class Lifecycle
{
    private const long DeathMilliseconds = 10_000;

    /// <summary>Opens the gate, and returns when the program runs. What keeps it from running is an error here.</summary>
    public static void Start(ContainerStore store, string id)
    {
        ContainerDirectory directory = store.Open(id);
        NotifySocket? notify = NotifySocket.OfCreated(directory.NotifyDirectory);
        directory.Lock();
        int pid;
        try
        {
            ContainerState state = directory.Read();
            switch (directory.StatusOf(state))
            {
                case ContainerStatus.Created:
                    break;
                case ContainerStatus.Stopped:
                    throw new RtException($"cannot start a container that has stopped: {id}");
                case ContainerStatus.Paused:
                    throw new RtException($"cannot start a container in the paused state: {id}");
                default:
                    throw new RtException($"cannot start an already running container: {id}");
            }

            pid = state.Pid;
            notify?.Open();
            int gate = directory.OpenGate();
            KernelException.Check(gate, $"open start gate of {id}");
            byte go = 1;
            KernelException.Check(Files.write(gate, &go, 1), $"open start gate of {id}");

            // The init holds the other end until execve, which closes it, or until it dies.
            Processes.pollfd poll = new() { fd = gate };
            Processes.poll(&poll, 1);
            Report? last = ReadLast(directory);
            Files.close(gate);
            directory.RemoveGate();
            RequireExecuted(directory, state, last);
            directory.Unlock(); // whoever deletes it need not wait for the hooks
            RunPoststartHooks(directory, state);
        }
        finally
        {
            directory.Close();
        }

        notify?.Relay(pid, pid, inbox: -1);
    }

    /// <param name="last">What the init has said last, behind the gate; null: nothing.</param>
    private static void RequireExecuted(ContainerDirectory directory, ContainerState state, Report? last)
    {
        if (last is not { } report)
        {
            new InitProcess(state.Pid, state.StartTime).WaitForDeath(DeathMilliseconds); // it has let go of the gate and is on its way
            throw new RtException($"start container {state.Id}: its process died before its program was executed");
        }

        if (report.Kind == ReportKind.Executing) return;
        if (report.Step != StepKind.RunHook)
            throw new RtException($"start container {state.Id}: {StepThatFailed(report)}: {Errno.Describe(report.Errno)}");
        HookFailure hook = HookFailure.Parse(report.DetailText, report.Errno);
        throw Destroyed(directory, state, new RtException($"hooks.startContainer[{hook.Index}]: {hook.Describe(hook.Path)}"));
    }

    private static void RunPoststartHooks(ContainerDirectory directory, ContainerState state)
    {
        try
        {
            ContainerHooks.Poststart(state, interruptible: false);
        }
        catch (RtException e)
        {
            if (!directory.TryLock()) throw;
            throw Destroyed(directory, state, e);
        }
    }

    /// <summary>A hook that fails takes the container with it (runtime.md, "Lifecycle", steps 7 and 9).</summary>
    private static RtException Destroyed(ContainerDirectory directory, ContainerState state, RtException cause)
    {
        Destroy(directory, state);
        Attempt.To("remove its state", directory.Remove);
        directory.Close();
        ContainerHooks.Poststop(state);
        return cause;
    }

    /// <summary>
    /// Removes as much of a container as can be removed. While poststart hooks ran, others may have done with it what they liked: what
    /// is on record by now counts.
    /// </summary>
    /// <param name="state">What was on record before.</param>
    public static void Destroy(ContainerDirectory directory, ContainerState state)
    {
        Attempt.To("read its state", () => state = directory.TryRead() ?? state);
        Attempt.To("remove the container", () => RemoveContent(state));
        Attempt.To("remove the root", () => HostRoot.Remove(state.Rootfs, state.RootMount, state.RootUnder));
    }

    /// <summary>
    /// Removes a container and all that it left. One that has not been started is killed first, one that runs only with
    /// <paramref name="force"/>, which also makes a missing one no error.
    /// </summary>
    public static void Delete(ContainerStore store, string id, bool force)
    {
        ContainerDirectory? directory = store.TryOpen(id);
        if (directory == null || !directory.TryLock())
        {
            if (force) return;
            throw new RtException($"container does not exist: {id}");
        }

        Delete(directory, force);
    }

    /// <summary>Deletes a container whose directory is locked, and lets go of that.</summary>
    public static void Delete(ContainerDirectory directory, bool force)
    {
        try
        {
            ContainerState? state = force ? ReadIfWhole(directory) : directory.TryRead();
            if (state != null)
            {
                ContainerStatus status = directory.StatusOf(state);
                if (!force && status is not (ContainerStatus.Stopped or ContainerStatus.Created))
                    throw new RtException($"cannot delete container {directory.Id} that is not stopped: {status.Word()}");
                RemoveContent(state);
            }

            directory.Remove();
            directory.Close(); // whoever waits for it need not wait for the hooks
            if (state != null) ContainerHooks.Poststop(state);
        }
        finally
        {
            directory.Close();
        }
    }

    /// <summary>A damaged state must not make a container that can never be removed.</summary>
    private static ContainerState? ReadIfWhole(ContainerDirectory directory)
    {
        try
        {
            return directory.TryRead();
        }
        catch (RtException e)
        {
            Log.Warn($"{e.Message}: only the state is removed");
            return null;
        }
    }

    /// <summary>Ends what still lives of a container and removes its cgroup.</summary>
    public static void RemoveContent(ContainerState state)
    {
        if (state.Pid == 0)
        {
            // Its creation was cut off. Its init, if there was one, dies by itself; whoever else is in the cgroup is not its.
            if (state.Cgroup.Exists) state.Cgroup.RemoveIfEmpty();
            HostRoot.Remove(state.Rootfs, state.RootMount, state.RootUnder);
            return;
        }

        ContainerCgroup? cgroup = state.Cgroup.IfStillThere;
        cgroup?.Kill();
        InitProcess init = new(state.Pid, state.StartTime);
        init.Signal(Signals.SIGKILL); // it may have left that cgroup
        if (!init.WaitForDeath(DeathMilliseconds)) throw new RtException($"container init still running: {state.Id} (pid {state.Pid})");
        cgroup?.Remove(DeathMilliseconds);
        state.Cgroup.RemoveUnit(isStillThere: cgroup != null);
        if (state.Resctrl.Length > 0) ResctrlGroup.Remove(state.Resctrl);
        HostRoot.Remove(state.Rootfs, state.RootMount, state.RootUnder);
    }

    /// <summary>After the gate come only hooks, the filter and the program.</summary>
    private static string StepThatFailed(Report report) =>
        report.Step == StepKind.Execute ? $"exec {report.DetailText}" : "load seccomp filter";

    private static Report? ReadLast(ContainerDirectory directory)
    {
        int gate = directory.OpenGateForReading();
        try
        {
            Report? last = null;
            while (Report.Receive(gate) is { } report) last = report;
            return last;
        }
        finally
        {
            Files.close(gate);
        }
    }
}
