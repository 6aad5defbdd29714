using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>A hierarchy of cgroup v1, of one or a few controllers, mounted where distributions have it.</summary>
/// <param name="Controllers">As /proc/self/cgroup has them: "memory", "cpu,cpuacct", "name=systemd".</param>
/// <param name="Mount">"/sys/fs/cgroup/cpu,cpuacct".</param>
/// <param name="Own">The cgroup of the calling process in it, counted from the mount ("/user.slice").</param>
internal sealed record LegacyHierarchy(string Controllers, string Mount, string Own)
{
    public const string Place = "/sys/fs/cgroup";

    /// <summary>Those of the caller's that are mounted, by a statfs or two for each.</summary>
    /// <param name="procSelfCgroup">The content of /proc/self/cgroup.</param>
    public static List<LegacyHierarchy> Detect(string procSelfCgroup)
    {
        List<LegacyHierarchy> found = [];
        foreach ((string controllers, string own) in Parse(procSelfCgroup))
        {
            string? mount = Places(controllers).FirstOrDefault(place => FileContent.FileSystemType(place) == Files.CGROUP_SUPER_MAGIC);
            if (mount == null) continue;
            // In a container that shares its cgroup namespace, the caller's own cgroup may be all that is mounted.
            bool isBelow = own == "/" || FileContent.FileSystemType(mount + own) == Files.CGROUP_SUPER_MAGIC;
            found.Add(new LegacyHierarchy(controllers, mount, isBelow ? own : "/"));
        }

        return found;
    }

    /// <summary>The lines of v1: "ID:CONTROLLERS:PATH" (cgroups(7)).</summary>
    internal static IEnumerable<(string Controllers, string Own)> Parse(string procSelfCgroup)
    {
        foreach (string line in procSelfCgroup.Split('\n'))
            if (line.Split(':', 3) is [_, { Length: > 0 } controllers, { Length: > 0 } own])
                yield return (controllers, own);
    }

    /// <summary>
    /// Where a hierarchy may be mounted: by its name; by its controllers, which need not be in the kernel's order there; by one of
    /// them, which may be a symbolic link.
    /// </summary>
    internal static IEnumerable<string> Places(string controllers)
    {
        if (controllers.StartsWith("name=", StringComparison.Ordinal)) return [$"{Place}/{controllers[5..]}"];
        string[] each = controllers.Split(',');
        return each.Length == 1 ? [$"{Place}/{controllers}"] : [$"{Place}/{controllers}", .. each.Select(one => $"{Place}/{one}")];
    }
}
