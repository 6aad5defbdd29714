namespace Rt.Cgroups;

/// <summary>The container's directories in the hierarchies of cgroup v1, and what is written there.</summary>
/// <param name="Limits">In the order in which they must be written, each to the directory that has its controller.</param>
/// <param name="Devices">Likewise; empty where v1 has no devices controller.</param>
internal sealed record LegacyPlan(
    IReadOnlyList<LegacyDirectory> Directories, IReadOnlyList<CgroupWrite> Limits, IReadOnlyList<CgroupWrite> Devices);

/// <summary>A directory in a hierarchy of cgroup v1.</summary>
/// <param name="Controllers">The hierarchy's: "memory", "cpu,cpuacct", "name=systemd".</param>
/// <param name="Path">Absolute.</param>
/// <param name="Identity">Tells it from a later one of the same path (its inode number); 0: not known yet.</param>
internal sealed record LegacyDirectory(string Controllers, string Path, ulong Identity = 0)
{
    public bool Has(string controller) => Controllers == controller || Controllers.Split(',').Contains(controller);
}
