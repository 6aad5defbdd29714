using Rt.Kernel;
using Rt.Spec;
using Rt.Systemd;

namespace Rt.Cgroups;

/// <summary>The cgroups that a container has, as its state keeps them, and what can be done with them.</summary>
/// <remarks>On a host with both versions its processes are in both: what both can do, v2 does.</remarks>
internal sealed record ContainerCgroup
{
    /// <summary>The cgroup v2 directory; empty: none.</summary>
    public string Unified { get; init; } = "";

    /// <summary>Tells the directory from a later one of the same path (its inode number).</summary>
    public ulong Identity { get; init; }

    /// <summary>The directories of cgroup v1.</summary>
    public IReadOnlyList<LegacyDirectory> Legacy { get; init; } = [];

    /// <summary>The scope that the v2 directory is, as "docker-1234.scope"; empty: it is not systemd's.</summary>
    public string Unit { get; init; } = "";

    /// <summary>It is a scope of its owner's systemd, not of the host's.</summary>
    public bool OfUser { get; init; }

    public bool Exists => HasUnified || HasLegacy;

    private bool HasUnified => Unified.Length > 0;

    private bool HasLegacy => Legacy.Count > 0;

    /// <summary>Those that are to be made.</summary>
    public static ContainerCgroup Of(CgroupPlan? plan) =>
        new()
        {
            Unified = plan?.Unified?.Directory ?? "",
            Legacy = plan?.Legacy?.Directories ?? [],
            Unit = plan?.Scope?.Unit ?? "",
            OfUser = plan?.Scope?.OfUser ?? false,
        };

    /// <summary>This, with what tells it from later ones; to be asked when it was made.</summary>
    public ContainerCgroup Identified() => this with
    {
        Identity = HasUnified ? UnifiedCgroup.Identity(Unified) : 0,
        Legacy = HasLegacy ? [.. Legacy.Select(one => one with { Identity = UnifiedCgroup.Identity(one.Path) })] : [],
    };

    /// <summary>Without those of which another container has made one of the same path since; null if none is left.</summary>
    public ContainerCgroup? IfStillThere
    {
        get
        {
            ContainerCgroup left = this with
            {
                Unified = HasUnified && UnifiedCgroup.Identity(Unified) == Identity ? Unified : "",
                Legacy = HasLegacy ? [.. Legacy.Where(one => UnifiedCgroup.Identity(one.Path) == one.Identity)] : [],
            };
            return left.Exists ? left : null;
        }
    }

    /// <summary>All processes in it have been stopped.</summary>
    public bool IsFrozen => (HasUnified && UnifiedFreezer.IsFrozen(Unified)) || (HasLegacy && LegacyLife.IsFrozen(Legacy));

    /// <summary>All have been told to stop. Some may not have done so yet, if whoever told them did not stay to see it.</summary>
    public bool IsFreezing => (HasUnified && UnifiedFreezer.IsFreezing(Unified)) || (HasLegacy && LegacyLife.IsFreezing(Legacy));

    /// <summary>v1 may be without its freezer.</summary>
    public bool CanFreeze => HasUnified || LegacyLife.CanFreeze(Legacy);

    /// <summary>
    /// Stops every process in it and below. False if not all have stopped within so long: then all go on, as if nothing had been.
    /// </summary>
    public bool TryFreeze(long milliseconds) =>
        HasUnified ? UnifiedFreezer.TryFreeze(Unified, milliseconds) : LegacyLife.TryFreeze(Legacy, milliseconds);

    /// <summary>Lets them go on, whichever version has stopped them. False if they have not within so long.</summary>
    public bool TryThaw(long milliseconds)
    {
        bool legacy = !HasLegacy || LegacyLife.TryThaw(Legacy);
        return (!HasUnified || UnifiedFreezer.TryThaw(Unified, milliseconds)) && legacy;
    }

    /// <summary>SIGKILL to every process in it and below, frozen or not. False if there is no such cgroup.</summary>
    public bool Kill()
    {
        if (!HasUnified) return LegacyLife.Kill(Legacy);
        bool killed = UnifiedCgroup.Kill(Unified);
        if (LegacyLife.IsFrozen(Legacy)) LegacyLife.Thaw(Legacy); // what v1 has frozen, v2 does not thaw
        return killed;
    }

    /// <summary>The processes in it and below, in order, as far as this pid namespace can name them.</summary>
    public List<int> Processes() => HasUnified ? CgroupTree.Processes(Unified) : LegacyLife.Processes(Legacy);

    /// <summary>A signal to all of them. See <see cref="CgroupTree.Signal"/>.</summary>
    public int Signal(int signal) => HasUnified ? CgroupTree.Signal(Unified, signal) : LegacyLife.Signal(Legacy, signal);

    /// <summary>
    /// Sets limits anew while the container is there; what the resources do not speak of stays as it is. All or, if something
    /// fails, nothing. Returns what puts everything back, should a later part of the update fail.
    /// </summary>
    /// <exception cref="SpecException">A value that can't be used or is refused, by its JSON path.</exception>
    public Action Update(Resources resources) => CgroupUpdate.Apply(this, resources);

    /// <summary>Removes it and what was made inside. Killed processes have so long to be gone; the living are an error.</summary>
    public void Remove(long milliseconds)
    {
        if (HasUnified) UnifiedCgroup.Remove(Unified, milliseconds);
        LegacyLife.Remove(Legacy, milliseconds);
    }

    /// <summary>
    /// Ends the unit, if it is systemd's: by now nobody is in it. One whose directory is another container's by now, or gone, is
    /// only forgotten if it has failed.
    /// </summary>
    public void RemoveUnit(bool isStillThere)
    {
        if (Unit.Length == 0) return;
        try
        {
            using SystemdUnit unit = SystemdUnit.Open(Unit, OfUser);
            if (isStillThere) unit.Stop();
            else unit.Forget();
        }
        catch (RtException e)
        {
            Log.Warn(e.Message); // the cgroup is gone all the same
        }
    }

    /// <summary>Removes it unless someone is in it, giving dying processes a second to be gone.</summary>
    public void RemoveIfEmpty()
    {
        if (HasUnified) UnifiedCgroup.RemoveIfEmpty(Unified);
        if (HasLegacy) LegacyLife.RemoveIfEmpty(Legacy);
    }

    /// <summary>What has been counted in it.</summary>
    /// <exception cref="KernelException">It can't be read, or has just been removed.</exception>
    public CgroupStats ReadStats()
    {
        CgroupStats unified = HasUnified ? UnifiedStats.Read(StatsFiles.In(Unified), HugePages.Sizes()) : new();
        if (!HasLegacy) return unified;
        CgroupStats legacy = LegacyStats.Read(LegacyByController(), HugePages.Sizes());
        return DirectoryOf("hugetlb") == null ? legacy with { Hugetlb = unified.Hugetlb } : legacy;
    }

    /// <summary>Begins to watch for processes killed for want of memory; null without a memory controller.</summary>
    public OomWatch? WatchOom() => DirectoryOf("memory") is { } directory
        ? LegacyOomWatch.Open(directory)
        : HasUnified ? UnifiedOomWatch.TryOpen(Unified) : null;

    /// <summary>The directory of v1 that has a controller; null: none.</summary>
    private string? DirectoryOf(string controller) => Legacy.FirstOrDefault(one => one.Has(controller))?.Path;

    private Dictionary<string, string> LegacyByController() =>
        Legacy.SelectMany(one => one.Controllers.Split(','), (one, controller) => (controller, one.Path)).ToDictionary();
}
