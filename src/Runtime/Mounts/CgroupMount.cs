using Rt.Plan;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>
/// One of the hierarchies that a host with cgroup v1 has. A mount of type "cgroup" there is a tmpfs with a directory for each, as
/// distributions have it, and links for those of several controllers.
/// </summary>
/// <param name="Name">The directory's: "memory", "cpu,cpuacct", "systemd", "unified".</param>
/// <param name="Controllers">As /proc/self/cgroup has them: "memory", "cpu,cpuacct", "name=systemd"; empty: cgroup v2.</param>
/// <param name="Own">The container's own directory in it, on the host.</param>
internal sealed record CgroupMount(string Name, string Controllers, string Own)
{
    /// <summary>The tmpfs; it is made read-only when all is in it.</summary>
    /// <param name="changes">What the configuration asks for.</param>
    /// <param name="label">An option that labels the tmpfs; null: none.</param>
    /// <param name="bind">Binds the container's own cgroups: it has no cgroup namespace that would make them the root.</param>
    public static void Compile(PlanWriter plan, string target, IReadOnlyList<CgroupMount> mounts, MountChanges changes,
        (string Key, string? Value)? label, bool bind, string origin)
    {
        bool isReadonly = (changes.Set & MOUNT_ATTR_RDONLY) != 0;
        List<(string, string?)> options = [("mode", "755")];
        if (label is { } one) options.Add(one);
        plan.Add(new MountFileSystem
        {
            Type = plan.Text("tmpfs"),
            Source = plan.Text("tmpfs"),
            Target = plan.Text(target),
            Options = plan.Pairs(options),
            Changes = changes with { Set = changes.Set & ~MOUNT_ATTR_RDONLY },
            Keep = Slot.None,
        }, origin);
        foreach (CgroupMount mount in mounts) mount.Compile(plan, target, changes, bind, origin);
        if (isReadonly) plan.Add(new MountReadonly { Target = plan.Text(target) }, origin);
    }

    private void Compile(PlanWriter plan, string target, MountChanges changes, bool bind, string origin)
    {
        PlanText place = plan.Text($"{target.TrimEnd('/')}/{Name}");
        if (bind) plan.Add(new BindMount { Source = plan.Text(Own), Target = place, From = Slot.None, Changes = changes }, origin);
        else
            plan.Add(new MountFileSystem
            {
                Type = plan.Text(Controllers.Length == 0 ? "cgroup2" : "cgroup"),
                Source = plan.Text("cgroup"),
                Target = place,
                Options = plan.Pairs(Options()),
                Changes = changes,
                Keep = Slot.None,
            }, origin);
        foreach (string controller in Links())
            plan.Add(new MakeSymlink { Directory = plan.Text(target), Name = plan.Text(controller), LinkTo = plan.Text(Name) }, origin);
    }

    /// <summary>What tells the kernel which hierarchy is meant (Documentation/admin-guide/cgroup-v1/cgroups.rst).</summary>
    private List<(string, string?)> Options()
    {
        if (Controllers.Length == 0) return [];
        if (Controllers.StartsWith("name=", StringComparison.Ordinal)) return [("none", null), ("name", Controllers[5..])];
        return [.. Controllers.Split(',').Select(one => (one, (string?)null))];
    }

    private IEnumerable<string> Links() => Controllers.Contains(',') ? Controllers.Split(',').Where(one => one != Name) : [];
}
