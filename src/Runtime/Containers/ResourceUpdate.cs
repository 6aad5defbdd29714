using System.Globalization;
using Rt.Cgroups;
using Rt.Resctrl;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>
/// Changes the limits of a container that is there. Under its lock: of two updates at once, each finds the limits as the other
/// has left them. Nothing is kept in the container's state but a resctrl group that was made.
/// </summary>
internal static class ResourceUpdate
{
    /// <summary>All is changed or, if something fails, nothing.</summary>
    public static void Update(ContainerStore store, string id, UpdateRequest request)
    {
        try
        {
            Check(request);
            store.Locked(id, (directory, state) => Update(directory, state, request));
        }
        catch (SpecException e)
        {
            string name = request.NameOf(e.Path);
            throw new RtException(name.Length == 0 ? e.Problem : $"{name}: {e.Problem}");
        }
    }

    /// <summary>All that can be said without looking at the container.</summary>
    private static void Check(UpdateRequest request)
    {
        ResourcesValidation.Check(request.Resources);
        LinuxValidation.IntelRdt(request.IntelRdt);
        // 0 is a limit for a new container, but here as for all other numbers it stands for what is not given, as under runc and crun.
        if (request.Resources.PidsLimit == 0) request.Resources.PidsLimit = null;
        if (request.Resources.Devices.Count > 0 && CgroupPrivilege.IsLimited(rootless: null))
        {
            Log.Debug("linux.resources.devices: passed over, since the kernel takes device filters from the host's root alone");
            request.Resources.Devices = [];
        }
    }

    private static void Update(ContainerDirectory directory, ContainerState state, UpdateRequest request)
    {
        ContainerStatus status = directory.StatusOf(state);
        if (status is not (ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused))
            throw new RtException($"container not running: {state.Id} is {status.Word()}");
        if (!state.Cgroup.Exists) throw new RtException($"update container {state.Id}: it has no cgroup, by which it could be limited");

        Action undo = state.Cgroup.Update(request.Resources);
        try
        {
            if (request.HasSchemata) UpdateSchemata(directory, state, request.IntelRdt);
        }
        catch
        {
            undo();
            throw;
        }
    }

    private static void UpdateSchemata(ContainerDirectory directory, ContainerState state, IntelRdt rdt)
    {
        ResctrlUpdate update = ResctrlUpdate.Apply(rdt, state.Id, state.Pid, () => state.Cgroup.Processes().SelectMany(Threads));
        if (update.Made is not { } group) return;
        try
        {
            directory.Write(state with { Resctrl = group });
        }
        catch
        {
            update.Undo();
            throw;
        }

        // What there was to remove before is a monitoring group that nobody is in any more.
        if (state.Resctrl.Length > 0) Attempt.To("remove what it leaves", () => ResctrlGroup.Remove(state.Resctrl));
    }

    private static IEnumerable<int> Threads(int pid)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{pid}/task")
                .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));
        }
        catch (DirectoryNotFoundException)
        {
            return []; // it has ended
        }
    }
}
