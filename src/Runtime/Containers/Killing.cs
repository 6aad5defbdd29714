using Rt.Cgroups;
using Rt.Kernel;

namespace Rt.Containers;

/// <summary>
/// Sends signals to containers. It waits for no lock, so that a container whose start hangs in a hook can be killed.
/// </summary>
internal static class Killing
{
    /// <summary>How long processes have to stop before they are sent a signal while they run.</summary>
    private const long FreezeMilliseconds = 2_000;

    /// <summary>Sends a signal to the init or, with <paramref name="all"/>, to every process of the container.</summary>
    public static void Kill(ContainerStore store, string id, int signal, bool all)
    {
        ContainerDirectory directory = store.Open(id);
        ContainerState state = directory.Read();
        InitProcess init = new(state.Pid, state.StartTime);
        ContainerCgroup? cgroup = state.Cgroup.IfStillThere;
        if (state.Pid == 0) throw new RtException($"container not running: {id}");

        // SIGKILL is meant for the container; without a pid namespace of its own the init's death leaves the others.
        bool toAll = all || (signal == Signals.SIGKILL && !state.OwnPidNamespace);
        if (!init.IsAlive)
        {
            bool hasOthers = toAll && !state.OwnPidNamespace && cgroup?.Processes().Count > 0;
            if (hasOthers) KillAll(directory, cgroup!, signal);
            else if (!all) throw new RtException($"container not running: {id}"); // of none, all is no error, as under runc
            return;
        }

        if (toAll && cgroup != null)
        {
            KillAll(directory, cgroup, signal);
            return;
        }

        int result = init.Signal(signal);
        if (result == -Errno.ESRCH) throw new RtException($"container not running: {id}");
        KernelException.Check(result, $"kill container {id}");
        // A frozen process takes SIGKILL only when it thaws: cgroup.kill does both (cgroups(7)).
        if (signal == Signals.SIGKILL && cgroup?.IsFrozen == true) cgroup.Kill();
    }

    /// <summary>
    /// A frozen cgroup gets no new processes, and none of them ends by itself and leaves its pid to another. But that is for
    /// others to see, and another command at work on the container may have its own reasons to freeze or thaw it: then the
    /// processes are sent the signal as they run. A container that is paused stays so, and handles the signal when it goes on.
    /// </summary>
    private static void KillAll(ContainerDirectory directory, ContainerCgroup cgroup, int signal)
    {
        if (signal == Signals.SIGKILL && cgroup.Kill()) return;
        bool froze = false;
        try
        {
            froze = signal != 0 && directory.TryLockAtOnce() && !cgroup.IsFreezing && cgroup.TryFreeze(FreezeMilliseconds);
            int result = cgroup.Signal(signal);
            if (result == -Errno.EAGAIN) throw new RtException($"kill --all {directory.Id}: it has new processes each time");
            KernelException.Check(result, $"kill --all {directory.Id}");
        }
        finally
        {
            if (froze) cgroup.TryThaw(FreezeMilliseconds);
            directory.Close();
        }
    }
}
