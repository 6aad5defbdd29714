using System.Text;
using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>Where this host has its cgroups.</summary>
/// <param name="Mount">/sys/fs/cgroup, or /sys/fs/cgroup/unified where v1 is mounted beside it; null: nowhere.</param>
/// <param name="Own">The cgroup of the calling process in v2, as /proc/self/cgroup has it ("/user.slice").</param>
internal sealed record CgroupHierarchy(string? Mount, string Own)
{
    /// <summary>Where cgroups are: v2, or beside each other the trees of v1 and perhaps v2.</summary>
    public const string Place = "/sys/fs/cgroup";

    private static readonly string[] Places = [Place, Place + "/unified"];

    /// <summary>
    /// The directory of the caller's own cgroup in v2. Where v1 is beside it, it has been looked at: in a container that shares its cgroup
    /// namespace, the caller's own cgroup may be all that is mounted.
    /// </summary>
    public string OwnDirectory { get; init; } = (Mount + Own).TrimEnd('/');

    /// <summary>The hierarchies of cgroup v1; empty where v2 is all there is.</summary>
    public IReadOnlyList<LegacyHierarchy> Legacy { get; init; } = [];

    /// <summary>The controllers that v1 has.</summary>
    public IReadOnlySet<string> LegacyControllers => Legacy.SelectMany(one => one.Controllers.Split(',')).ToHashSet();

    /// <summary>Looks at this host: one statfs where cgroup v2 is all there is, no parsing of mountinfo.</summary>
    public static CgroupHierarchy Detect()
    {
        string? mount = Array.Find(Places, IsCgroup2);
        if (mount == Places[0]) return new CgroupHierarchy(mount, OwnCgroup(FileContent.TryReadText("/proc/self/cgroup") ?? ""));
        string all = ReadOwn(), own = OwnCgroup(all);
        return mount == null ? new CgroupHierarchy(null, "/") { Legacy = LegacyHierarchy.Detect(all) } : new CgroupHierarchy(mount, own)
        {
            OwnDirectory = own != "/" && IsCgroup2(mount + own) ? mount + own : mount,
            Legacy = LegacyHierarchy.Detect(all),
        };
    }

    /// <summary>With v1, /proc/self/cgroup may be longer than the page that <see cref="FileContent.TryReadText"/> reads.</summary>
    private static string ReadOwn()
    {
        const string Path = "/proc/self/cgroup";
        const int MaxSize = 64 << 10;
        int file = FileContent.TryOpen(Path, Files.O_RDONLY);
        if (file < 0) return ""; // a kernel without cgroups
        byte[] content = FileContent.Read(file, MaxSize, Path);
        Files.close(file);
        return Encoding.UTF8.GetString(content);
    }

    /// <summary>The path behind "0::", which is v2's line (cgroups(7)).</summary>
    internal static string OwnCgroup(string procSelfCgroup)
    {
        string? line = procSelfCgroup.Split('\n').FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal));
        return line is { Length: > 3 } ? line[3..] : "/";
    }

    private static bool IsCgroup2(string place) => FileContent.FileSystemType(place) == Files.CGROUP2_SUPER_MAGIC;
}
