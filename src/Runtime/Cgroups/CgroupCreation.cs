using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>A container's cgroups on their way: made, put in force beside the init, and removed if the creation fails.</summary>
internal sealed class CgroupCreation(CgroupPlan? plan, bool rootless)
{
    private int descriptor = -1;
    private bool made;

    /// <summary>What there is by now.</summary>
    public ContainerCgroup Cgroup { get; private set; } = new();

    /// <summary>For CLONE_INTO_CGROUP; -1: none.</summary>
    public int Descriptor => descriptor;

    /// <summary>Whether it is rt's to give away, or to put a device filter on.</summary>
    public bool IsOwned => descriptor >= 0 && !rootless;

    /// <summary>
    /// Makes them with their limits. An ordinary user who has been given no cgroup to make others in does without, unless limits
    /// are asked for.
    /// </summary>
    public void Make()
    {
        if (plan?.Unified is not { } unified)
        {
            Log.Debug("no cgroup v2 on this host: the container runs without a cgroup");
            return;
        }

        try
        {
            descriptor = UnifiedCgroup.Create(unified, out made);
            Cgroup = new ContainerCgroup { Unified = unified.Directory };
        }
        catch (KernelException e) when (rootless && !plan.HasLimits && e.Errno is Errno.EACCES or Errno.EPERM or Errno.EROFS)
        {
            Log.Debug($"{e.Message}: the container runs without a cgroup");
        }
    }

    /// <summary>What can be done while the init is at work: the kernel takes 0.3 ms to verify and compile a device filter.</summary>
    public void AfterFork()
    {
        if (IsOwned) UnifiedCgroup.AttachDevices(plan!.Unified!, descriptor);
        Cgroup = Cgroup.Identified();
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
