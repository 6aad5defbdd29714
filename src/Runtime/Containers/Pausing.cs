namespace Rt.Containers;

/// <summary>
/// Pause and resume. Both hold the container's lock, so that neither comes between the parts of a start, a delete or an update;
/// kill, which needs no lock, reaches a paused container all the same. There is nothing on record: a container is paused when
/// its cgroup is frozen.
/// </summary>
internal static class Pausing
{
    /// <summary>How long processes that are at work in the kernel have to come to a stop, as under runc.</summary>
    private const long Milliseconds = 10_000;

    /// <summary>Stops all processes of a container that runs, or waits to be started.</summary>
    public static void Pause(ContainerStore store, string id) => store.Locked(id, (directory, state) =>
    {
        ContainerStatus status = directory.StatusOf(state);
        if (status is not (ContainerStatus.Running or ContainerStatus.Created))
            throw new RtException($"container not running: {id} is {status.Word()}");
        if (!state.Cgroup.CanFreeze) throw new RtException($"pause container {id}: it has no cgroup, by which it could be stopped");
        if (!state.Cgroup.TryFreeze(Milliseconds))
            throw new RtException($"pause container {id}: its processes did not all stop within {Milliseconds / 1000} s, and go on");
        if (new InitProcess(state.Pid, state.StartTime).IsAlive) return;
        state.Cgroup.TryThaw(Milliseconds); // those that may have outlived it
        throw new RtException($"container not running: {id} ended before it could be paused");
    });

    /// <summary>Lets a paused container go on; also one that was not paused to the end, because the command was killed.</summary>
    public static void Resume(ContainerStore store, string id) => store.Locked(id, (directory, state) =>
    {
        ContainerStatus status = directory.StatusOf(state);
        bool paused = status == ContainerStatus.Paused
            || (status is ContainerStatus.Running or ContainerStatus.Created && state.Cgroup.IsFreezing);
        if (!paused) throw new RtException($"container not paused: {id} is {status.Word()}");
        if (!state.Cgroup.IsFreezing) throw new RtException($"resume container {id}: it is a cgroup above its own that is frozen");
        if (!state.Cgroup.TryThaw(Milliseconds))
        {
            throw new RtException(
                $"resume container {id}: it is still frozen after {Milliseconds / 1000} s, as a cgroup above its own may be");
        }
    });
}
