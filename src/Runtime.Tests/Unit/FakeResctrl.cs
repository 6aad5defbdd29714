using Rt.Kernel;
using Rt.Resctrl;

namespace Rt.Tests.Unit;

/// <summary>
/// A directory that looks like a resctrl file system, and does what the kernel does: it puts files into a new group, takes them
/// away with it, and refuses what the kernel refuses (Documentation/filesystems/resctrl.rst, fs/resctrl/rdtgroup.c).
/// </summary>
internal sealed class FakeResctrl : ResctrlFileSystem, IDisposable
{
    public FakeResctrl()
        : base(Directory.CreateTempSubdirectory("rt-test-").FullName)
    {
        Directory.CreateDirectory(Mount + "/info");
        Populate(Mount);
    }

    /// <summary>No more control groups can be made, or monitoring groups.</summary>
    public bool IsFull { get; set; }
    public bool IsFullOfMonitors { get; set; }

    /// <summary>Processes that are in another group than the default one.</summary>
    public Dictionary<int, string> Members { get; } = [];

    /// <summary>What has been written, in order: "group/file: value".</summary>
    public List<string> Written { get; } = [];

    /// <summary>All groups but the root, relative to it.</summary>
    public IEnumerable<string> Groups => Directory.GetFiles(Mount, "tasks", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Mount, Path.GetDirectoryName(file)!)).Where(path => path != ".").Order(StringComparer.Ordinal);

    public string Tasks(string group) => File.ReadAllText($"{Mount}/{group}/tasks");

    /// <summary>A group that somebody made before.</summary>
    public void Prepare(string group, string schemata)
    {
        MakeGroup($"{Mount}/{group}").Should().Be(0);
        File.WriteAllText($"{Mount}/{group}/schemata", schemata);
    }

    public override int MakeGroup(string path)
    {
        if (IsMonitor(path) ? IsFullOfMonitors : IsFull) return -Errno.ENOSPC;
        int result = base.MakeGroup(path);
        if (result >= 0) Populate(path);
        return result;
    }

    public override string GroupOf(int pid) => Members.TryGetValue(pid, out string? group) ? $"{Mount}/{group}" : Mount;

    public override int RemoveGroup(string path)
    {
        if (!Directory.Exists(path)) return -Errno.ENOENT;
        Directory.Delete(path, recursive: true);
        return 0;
    }

    public override int Write(string file, string value)
    {
        if (!File.Exists(file)) return -Errno.ENOENT;
        string group = Path.GetDirectoryName(file)!;
        bool refused = Path.GetFileName(file) == "schemata"
            ? !value.EndsWith('\n') || value.Contains("bad", StringComparison.Ordinal)
            : IsMonitor(group) && File.ReadAllText(Path.GetFullPath($"{group}/../../tasks")) != value;
        if (refused)
        {
            File.WriteAllText(Mount + "/info/last_cmd_status", "Refused by the test\n");
            return -Errno.EINVAL;
        }

        Written.Add($"{Path.GetRelativePath(Mount, file)}: {value}");
        return base.Write(file, value);
    }

    public void Dispose() => Directory.Delete(Mount, recursive: true);

    private static bool IsMonitor(string group) => Path.GetFileName(Path.GetDirectoryName(group)) == "mon_groups";

    private static void Populate(string group)
    {
        foreach (string file in (string[])["schemata", "tasks"]) File.WriteAllText($"{group}/{file}", "");
        if (!IsMonitor(group)) Directory.CreateDirectory(group + "/mon_groups");
    }
}
