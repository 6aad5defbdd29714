using Rt.Cgroups;
using Rt.Kernel;

namespace Rt.Doctor;

/// <summary>The host's cgroups, what limits they can have, and whether the caller may make any.</summary>
/// <param name="Controllers">Those of v2 and v1 together.</param>
/// <param name="Delegated">What an ordinary user's own cgroup has been handed down; null: he may not make cgroups in it.</param>
/// <param name="HasKill">Whether there is cgroup.kill (Linux 5.14); null: there is no cgroup of v2 to look at.</param>
internal sealed record CgroupSubject(
    Caller Caller, CgroupHierarchy Hierarchy, IReadOnlyList<string> Controllers, IReadOnlyList<string>? Delegated, bool? HasKill)
{
    private const string Name = "cgroups";

    private const string Unify = "boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line; without systemd, with "
        + $"cgroup_no_v1=all, and mount cgroup2 at {CgroupHierarchy.Place}";

    /// <summary>The first hierarchy in which the host's root can make no cgroups; null: it can in all.</summary>
    public string? ReadOnly { get; init; }

    /// <summary>Whether the mount shows a part of the host's cgroups, as in a container: the root of all has no cgroup.type.</summary>
    public bool IsPart { get; init; }

    private static readonly (string Name, string Lost)[] Wanted =
    [
        ("cpu", "shares and quotas of CPU time"),
        ("cpuset", "containers on some CPUs and memory nodes only"),
        ("io", "limits and shares of block I/O"),
        ("memory", "limits of memory"),
        ("pids", "limits of the number of processes"),
    ];

    public static CgroupSubject Examine(Caller caller)
    {
        CgroupHierarchy hierarchy = CgroupHierarchy.Detect();
        string own = hierarchy.Mount + hierarchy.Own;
        bool mayMake = hierarchy.Mount != null && FileContent.IsWritable(own) && FileContent.IsWritable($"{own}/cgroup.procs");
        return new CgroupSubject(caller, hierarchy,
            [.. Words($"{hierarchy.Mount}/cgroup.controllers").Union(Legacy(hierarchy))],
            mayMake ? Words($"{own}/cgroup.controllers") : null,
            hierarchy.Mount == null ? null : KillFile(hierarchy.Mount, own))
        {
            ReadOnly = Mounts(hierarchy).FirstOrDefault(mount => !FileContent.IsWritable(mount)),
            IsPart = File.Exists($"{hierarchy.Mount}/cgroup.type"),
        };
    }

    private static IEnumerable<string> Mounts(CgroupHierarchy hierarchy) =>
        hierarchy.Legacy.Select(legacy => legacy.Mount).Concat((string[])(hierarchy.Mount == null ? [] : [hierarchy.Mount]));

    public IEnumerable<Finding> Findings()
    {
        yield return Layout();
        if (Hierarchy.Mount == null && Hierarchy.Legacy.Count == 0) yield break;
        if (Caller.IsHostsRoot && ReadOnly != null)
            yield return new Finding("writing cgroups", Grade.Missing, $"{ReadOnly} is read-only", "every container",
                "mount it read-write: if this is a container, a privileged one has it so") { IsFatal = true };
        foreach ((string name, string lost) in Wanted)
            if (!Controllers.Contains(name))
                yield return IsPart
                    ? new Finding($"{name} controller", Grade.Missing, "is not handed down to this part of the host's cgroups", lost,
                        $"+{name} in cgroup.subtree_control of all cgroups above, on the host")
                    : new Finding($"{name} controller", Grade.Missing, "the host has none", lost,
                        $"a kernel with it; where cgroup_disable= or cgroup_no_v1= on its command line names {name}, take that away");
        if (HasKill == false)
            yield return new Finding("cgroup.kill", Grade.Missing, "the kernel has none",
                "killing at once: a container is frozen first, and its processes killed one by one", "Linux 5.14 or later");
        if (!Caller.IsHostsRoot) yield return Delegation();
    }

    private Finding Layout()
    {
        string controllers = string.Join(", ", Controllers.Order(StringComparer.Ordinal));
        return (Hierarchy.Mount, Hierarchy.Legacy.Count) switch
        {
            (null, 0) => new Finding(Name, Grade.Missing, $"nothing is mounted at {CgroupHierarchy.Place}",
                "limits, device rules, pause, update and events; a container that asks for limits is refused",
                $"mount -t cgroup2 cgroup2 {CgroupHierarchy.Place}"),
            (null, _) => new Finding(Name, Grade.Limited, $"v1 ({controllers})",
                "--systemd-cgroup, cgroup.kill, processes born into their cgroup, limits in linux.resources.unified", Unify),
            (_, > 0) => new Finding(Name, Grade.Limited, $"hybrid: v1, and v2 at {Hierarchy.Mount} ({controllers})",
                "--systemd-cgroup; a start takes longer, since a process moves into each hierarchy of v1", Unify),
            _ => new Finding(Name, Grade.Ok, $"v2 ({(controllers.Length > 0 ? controllers : "no controllers")})"),
        };
    }

    private Finding Delegation()
    {
        const string Subject = "delegation";
        if (Delegated == null)
            return new Finding(Subject, Grade.Missing, $"cgroup {Hierarchy.Own} is not {Caller.Name}'s to make others in",
                "limits, pause, update and events, but with --systemd-cgroup, where the user's own systemd makes the cgroup",
                Hierarchy.Legacy.Count > 0 ? Unify : "systemd-run --user --scope --property Delegate=yes COMMAND, or rt --systemd-cgroup");
        string[] missing = [.. Wanted.Select(one => one.Name).Where(IsOfUnified).Except(Delegated)];
        return missing.Length == 0
            ? new Finding(Subject, Grade.Ok, $"cgroup {Hierarchy.Own} with {string.Join(", ", Delegated)}")
            : new Finding(Subject, Grade.Limited, $"cgroup {Hierarchy.Own} without {string.Join(", ", missing)}",
                $"limits that take {string.Join(", ", missing)}",
                "Delegate=cpu cpuset io memory pids in a drop-in of user@.service (systemd.resource-control(5)); then, as "
                + "root, systemctl daemon-reload && systemctl restart user@UID");
    }

    private bool IsOfUnified(string controller) => Controllers.Contains(controller) && !Legacy(Hierarchy).Contains(controller);

    /// <summary>By the names of v2, without hierarchies that have a name and no controller.</summary>
    private static IEnumerable<string> Legacy(CgroupHierarchy hierarchy) => hierarchy.LegacyControllers
        .Where(name => !name.StartsWith("name=", StringComparison.Ordinal)).Select(name => name == "blkio" ? "io" : name);

    /// <summary>Of the caller's cgroup or, as the root has none, of one right below it.</summary>
    private static bool? KillFile(string mount, string own)
    {
        string? cgroup = own != mount + "/" ? own : Directory.EnumerateDirectories(mount).FirstOrDefault();
        return !Directory.Exists(cgroup) ? null : File.Exists(cgroup + "/cgroup.kill");
    }

    private static string[] Words(string path) =>
        (FileContent.TryReadText(path) ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
}
