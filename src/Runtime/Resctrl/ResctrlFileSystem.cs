using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Resctrl;

/// <summary>
/// The resctrl file system (Documentation/filesystems/resctrl.rst): a directory in its root is a group of processes, whose
/// files "schemata" and "tasks" say what the group may use and who is in it.
/// </summary>
/// <param name="mount">Where it is mounted.</param>
internal class ResctrlFileSystem(string mount)
{
    private const string Place = "/sys/fs/resctrl";
    private const nint RDTGROUP_SUPER_MAGIC = 0x7655821;
    private const int MaxMountinfoSize = 64 << 20, MaxFileSize = 1 << 20;
    private const uint DirectoryMode = 0x1ed; // 0755

    public string Mount => mount;

    /// <summary>The resctrl of this host: where convention has it, else the first in mountinfo.</summary>
    /// <exception cref="SpecException">None is mounted.</exception>
    public static ResctrlFileSystem Find() => TryFind() ?? throw new SpecException("linux.intelRdt",
        $"there is no resctrl file system mounted (mount -t resctrl resctrl {Place}, on a processor and kernel that have it)");

    /// <summary>As <see cref="Find"/>, with null if none is mounted.</summary>
    public static ResctrlFileSystem? TryFind()
    {
        if (IsResctrl(Place)) return new ResctrlFileSystem(Place);
        string mountinfo = Encoding.UTF8.GetString(FileContent.Read("/proc/self/mountinfo", MaxMountinfoSize));
        return MountPoints(mountinfo).FirstOrDefault(IsResctrl) is { } place ? new ResctrlFileSystem(place) : null;
    }

    /// <summary>Makes a group; 0 or -errno. The kernel puts the files into its directory.</summary>
    public virtual int MakeGroup(string path) => FileContent.MakeDirectory(path, DirectoryMode);

    /// <summary>Removes a group with the monitoring groups in it; 0 or -errno. Its processes fall back to the group above.</summary>
    public virtual int RemoveGroup(string path) => FileContent.RemoveDirectory(path);

    /// <summary>Writes a value to a file of a group in one go; 0 or -errno.</summary>
    public virtual unsafe int Write(string file, string value)
    {
        int descriptor = FileContent.TryOpen(file, Files.O_WRONLY);
        if (descriptor < 0) return descriptor;
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        nint written;
        fixed (byte* first = bytes) written = Files.write(descriptor, first, bytes.Length);
        Files.close(descriptor);
        return written < 0 ? (int)written : 0;
    }

    /// <summary>Writes a value that the property at <paramref name="origin"/> asks for.</summary>
    /// <exception cref="SpecException">The kernel refuses it, with its reason as far as it gives one.</exception>
    public void Set(string file, string value, string origin)
    {
        int result = Write(file, value);
        if (result >= 0) return;
        string status = LastStatus();
        throw new SpecException(origin,
            $"write \"{OneLine(value)}\" to {file}: {Errno.Describe(-result)}{(status.Length > 0 ? $" ({OneLine(status)})" : "")}");
    }

    /// <summary>What a group may use: a line for each resource.</summary>
    public static string Schemata(string group) => Encoding.ASCII.GetString(FileContent.Read($"{group}/schemata", MaxFileSize));

    public static string OneLine(string lines) =>
        string.Join(", ", lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The directory of the group that a process is in, as the kernel tells.</summary>
    public virtual string GroupOf(int pid) =>
        ResctrlStats.Groups(FileContent.TryReadText($"/proc/{pid}/cpu_resctrl_groups") ?? "") is ({ Length: > 0 } group, _)
            ? $"{mount}/{group}"
            : mount;

    /// <summary>The kernel's own words for what it refused last; empty: it has none.</summary>
    public string LastStatus()
    {
        string status = FileContent.TryReadText($"{mount}/info/last_cmd_status")?.TrimEnd('\n') ?? "";
        return status == "ok" ? "" : status;
    }

    /// <summary>Where mountinfo (proc_pid_mountinfo(5)) has the whole of a resctrl file system mounted.</summary>
    internal static IEnumerable<string> MountPoints(string mountinfo)
    {
        const int Root = 3, Point = 4, FirstOptional = 6;
        foreach (string line in mountinfo.Split('\n'))
        {
            string[] fields = line.Split(' ');
            int separator = fields.Length > FirstOptional ? Array.IndexOf(fields, "-", FirstOptional) : -1;
            if (separator < 0 || separator + 1 >= fields.Length) continue;
            if (fields[separator + 1] == "resctrl" && fields[Root] == "/") yield return Unescape(fields[Point]);
        }
    }

    /// <summary>"\040" and its like stand for the four characters that would be taken for mountinfo's own.</summary>
    private static string Unescape(string path) =>
        path.Replace("\\040", " ").Replace("\\011", "\t").Replace("\\012", "\n").Replace("\\134", "\\");

    private static bool IsResctrl(string place)
    {
        int directory = FileContent.TryOpen(place, Files.O_PATH | Files.O_DIRECTORY);
        if (directory < 0) return false;
        bool isResctrl = Files.FileSystemType(directory) == RDTGROUP_SUPER_MAGIC;
        Files.close(directory);
        return isResctrl;
    }
}
