using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>A container's cgroups on their way: made, put in force beside the init, and removed if the creation fails.</summary>
/// <param name="rootless">What <c>--rootless</c> says; null: auto.</param>
internal sealed class CgroupCreation(CgroupPlan? plan, bool? rootless)
{
    private int descriptor = -1;
    private bool made;

    /// <summary>What there is by now.</summary>
    public ContainerCgroup Cgroup { get; private set; } = new();

    /// <summary>For CLONE_INTO_CGROUP; -1: none.</summary>
    public int Descriptor => descriptor;

    /// <summary>
    /// Makes them with their limits. Who has been given no cgroup to make others in does without, unless limits are asked for.
    /// </summary>
    public void Make()
    {
        if (plan?.Unified is not { } unified)
        {
            Log.Debug("no cgroup v2 on this host: the container runs without a cgroup");
            return;
        }

        bool limited = CgroupPrivilege.IsLimited(rootless);
        try
        {
            if (limited) CgroupPrivilege.RequireReach(unified);
            descriptor = UnifiedCgroup.Create(unified, out made);
            Cgroup = new ContainerCgroup { Unified = unified.Directory };
        }
        catch (KernelException e) when (limited && e.Errno is Errno.EACCES or Errno.EPERM or Errno.EROFS)
        {
            if (plan.HasLimits)
                throw new SpecException(unified.Writes[0].Origin, $"can't be set: {e.Message} (it takes a cgroup that was delegated to the caller)");
            Log.Debug($"{e.Message}: the container runs without a cgroup");
        }
    }

    /// <summary>What can be done while the init is at work: the kernel takes 0.3 ms to verify and compile a device filter.</summary>
    public void AfterFork()
    {
        if (descriptor >= 0) AttachDevices();
        Cgroup = Cgroup.Identified();
    }

    /// <summary>
    /// The kernel takes device filters from the host's root alone. Others can't make device nodes either, and see those that they
    /// were given.
    /// </summary>
    private void AttachDevices()
    {
        try
        {
            UnifiedCgroup.AttachDevices(plan!.Unified!, descriptor);
        }
        catch (SpecException e) when (CgroupPrivilege.IsLimited(rootless: null))
        {
            Log.Debug($"{e.Message}: the container runs without a device filter");
        }
    }

    /// <summary>Ends whoever is in there and removes what was made.</summary>
    public void Undo()
    {
        if (descriptor < 0) return;
        Cgroup.Kill();
        if (made) Cgroup.RemoveIfEmpty();
    }

    public void Close()
    {
        if (descriptor >= 0) Files.close(descriptor);
    }
}
