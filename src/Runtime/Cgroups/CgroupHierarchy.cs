using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>Where this host has cgroup v2.</summary>
/// <param name="Mount">/sys/fs/cgroup, or /sys/fs/cgroup/unified where v1 is mounted beside it; null: nowhere.</param>
/// <param name="Own">The cgroup of the calling process, as /proc/self/cgroup has it ("/user.slice").</param>
internal sealed record CgroupHierarchy(string? Mount, string Own)
{
    private static readonly string[] Places = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

    /// <summary>Looks at this host: two statfs at most, no parsing of mountinfo.</summary>
    public static CgroupHierarchy Detect()
    {
        string? mount = Array.Find(Places, IsCgroup2);
        return new CgroupHierarchy(mount, mount == null ? "/" : OwnCgroup(FileContent.TryReadText("/proc/self/cgroup") ?? ""));
    }

    /// <summary>The path behind "0::", which is v2's line (cgroups(7)).</summary>
    internal static string OwnCgroup(string procSelfCgroup)
    {
        string? line = procSelfCgroup.Split('\n').FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal));
        return line is { Length: > 3 } ? line[3..] : "/";
    }

    private static bool IsCgroup2(string place)
    {
        int directory = FileContent.TryOpen(place, Files.O_PATH | Files.O_DIRECTORY);
        if (directory < 0) return false;
        bool isCgroup2 = Files.FileSystemType(directory) == Files.CGROUP2_SUPER_MAGIC;
        Files.close(directory);
        return isCgroup2;
    }
}
