using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>A container's cgroups on their way: made, put in force beside the init, and removed if the creation fails.</summary>
/// <param name="limited">rt may be refused to make some (<see cref="CgroupPrivilege.IsLimited"/>).</param>
internal sealed class CgroupCreation(CgroupPlan? plan, bool limited) : IDisposable
{
    private int descriptor = -1;
    private ScopeCreation? scope;

    /// <summary>Of what there is, what was not there before.</summary>
    private ContainerCgroup made = new();

    /// <summary>What there is by now.</summary>
    public ContainerCgroup Cgroup { get; private set; } = new();

    /// <summary>For CLONE_INTO_CGROUP; -1: none.</summary>
    public int Descriptor => descriptor;

    /// <summary>
    /// Makes them with their limits. Who has been given no cgroup to make others in does without, unless limits are asked for.
    /// </summary>
    public void Make()
    {
        if (plan == null) Log.Debug("the container has no cgroup of its own");
        if (plan is { Unified: null, Legacy.Devices.Count: 0 })
            Log.Warn("linux.resources.devices: not applied, this host has neither the devices controller of cgroup v1 nor cgroup v2");
        if (plan?.Scope != null) scope = new ScopeCreation(plan.Scope);
        else if (plan?.Unified is { } unified) Make(unified);
        if (plan?.Legacy is { } legacy) Make(legacy);
    }

    private void Make(UnifiedPlan unified)
    {
        try
        {
            if (limited) CgroupPrivilege.RequireReach(unified);
            descriptor = UnifiedCgroup.Create(unified, out bool isNew);
            Cgroup = Cgroup with { Unified = unified.Directory };
            if (isNew) made = made with { Unified = unified.Directory };
        }
        catch (KernelException e) when (IsRefusal(e))
        {
            DoWithout(e, unified.Writes.Count > 0 ? unified.Writes[0] : null);
        }
    }

    private void Make(LegacyPlan legacy)
    {
        foreach (LegacyDirectory directory in legacy.Directories)
        {
            try
            {
                bool isNew = LegacyCgroup.Make(directory);
                Cgroup = Cgroup with { Legacy = [.. Cgroup.Legacy, directory] };
                if (isNew) made = made with { Legacy = [.. made.Legacy, directory] };
            }
            catch (KernelException e) when (IsRefusal(e))
            {
                DoWithout(e, legacy.Limits.FirstOrDefault(limit => directory.Has(limit.Controller)));
            }
        }

        LegacyCgroup.Apply(Cgroup.Legacy, legacy.Limits);
        LegacyCgroup.Apply(Cgroup.Legacy, legacy.Devices);
    }

    private bool IsRefusal(KernelException e) => limited && e.Errno is Errno.EACCES or Errno.EPERM or Errno.EROFS;

    /// <param name="limit">What the container asks for from the cgroup that can't be made; null: nothing.</param>
    private static void DoWithout(KernelException e, CgroupWrite? limit)
    {
        if (limit != null)
            throw new SpecException(limit.Origin, $"can't be set: {e.Message} (it takes a cgroup that was delegated to the caller)");
        Log.Debug($"{e.Message}: the container runs without a cgroup there");
    }

    /// <summary>Puts a process that waits for it into the container's scope. True if there is to be one.</summary>
    public bool Enter(int pid)
    {
        if (scope == null) return false;
        (Cgroup, descriptor) = scope.Enter(plan!.Unified!, pid);
        return true;
    }

    /// <summary>What can be done while the init is at work: the kernel takes 0.3 ms to verify and compile a device filter.</summary>
    public void AfterFork()
    {
        if (descriptor >= 0 && plan!.Unified!.DeviceProgram.Length > 0) AttachDevices(plan.Unified);
        Cgroup = Cgroup.Identified();
    }

    /// <summary>
    /// The kernel takes device filters from the host's root alone. Others can't make device nodes either, and see those that they
    /// were given.
    /// </summary>
    private void AttachDevices(UnifiedPlan unified)
    {
        try
        {
            UnifiedDevices.Attach(unified, descriptor);
        }
        catch (SpecException e) when (CgroupPrivilege.IsLimited(rootless: null))
        {
            Log.Debug($"{e.Message}: the container runs without a device filter");
        }
    }

    /// <summary>Ends whoever is in there and removes what was made.</summary>
    public void Undo()
    {
        if (Cgroup.Exists) Cgroup.Kill();
        scope?.Undo();
        made.RemoveIfEmpty();
    }

    public void Dispose()
    {
        if (descriptor >= 0) Files.close(descriptor);
        scope?.Dispose();
    }
}
