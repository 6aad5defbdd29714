using System.Text;
using Rt.Kernel;
using Rt.Namespaces;
using Rt.Spec;

namespace Rt.Doctor;

/// <summary>On which file systems mounts can have mappings of ids (mount_setattr(2)).</summary>
/// <param name="FileSystems">Their types, a place where each is mounted, and 0 or -errno.</param>
/// <param name="Cause">Why none could be tried; null: they were.</param>
internal sealed record IdMappedMountSubject(
    Caller Caller, IReadOnlyList<(string Type, string Place, int Result)> FileSystems, string? Cause = null)
{
    private const string Name = "idmapped mounts", Lost = "mounts with uidMappings and gidMappings there";

    /// <summary>Where images, volumes and what is bound into containers usually are.</summary>
    private static readonly string[] Places = ["/", "/var", "/var/lib", "/home", "/srv", "/tmp", "/run"];

    public static IdMappedMountSubject Examine(Caller caller)
    {
        if (!caller.IsHostsRoot) return new IdMappedMountSubject(caller, []);
        int mapping;
        try
        {
            List<IdMapping> ids = [new IdMapping { ContainerId = 0, HostId = 100_000, Size = 65_536 }];
            mapping = new UserNamespace(ids, ids).Open();
        }
        catch (Exception e) when (e is KernelException or RtException)
        {
            return new IdMappedMountSubject(caller, [], e.Message);
        }

        Dictionary<ulong, string> types = MountTypes();
        HashSet<ulong> seen = [];
        List<(string, string, int)> tried = [];
        foreach (string place in Places)
        {
            if (MountOf(place) is not { } mount || !seen.Add(mount)) continue;
            tried.Add((types.GetValueOrDefault(mount, "a file system"), place, Try(place, mapping)));
        }

        Files.close(mapping);
        return new IdMappedMountSubject(caller, tried);
    }

    public IEnumerable<Finding> Findings()
    {
        if (!Caller.IsHostsRoot)
        {
            yield return new Finding(Name, Grade.Missing, "are for the host's root alone", "mounts with uidMappings and gidMappings",
                "start such containers as root");
            yield break;
        }

        if (Cause != null || FileSystems.Count == 0)
        {
            yield return new Finding(Name, Grade.Missing, Cause ?? "nothing is mounted to try them on", Lost, "see the other lines");
            yield break;
        }

        string good = Words(result => result >= 0), bad = Words(result => result < 0);
        if (bad.Length == 0) yield return new Finding(Name, Grade.Ok, $"on {good}");
        else
            yield return new Finding(Name, good.Length > 0 ? Grade.Limited : Grade.Missing,
                $"{(good.Length > 0 ? $"on {good}; " : "")}not on {bad}", Lost,
                !Caller.Has("CAP_SYS_ADMIN") ? "run rt with CAP_SYS_ADMIN"
                    : "keep what is to be mapped on another file system (overlayfs has them for its layers alone), or a newer kernel: "
                    + "ext4 and xfs have them since Linux 5.12, btrfs since 5.15, tmpfs since 6.3");
    }

    private string Words(Func<int, bool> which) =>
        string.Join(", ", FileSystems.Where(one => which(one.Result)).Select(one => $"{one.Type} ({one.Place})"));

    /// <summary>On a clone of the mount that is attached nowhere.</summary>
    private static unsafe int Try(string place, int mapping)
    {
        fixed (byte* path = FileContent.Terminated(place))
        {
            int mount = MountApi.open_tree_clone(Files.AT_FDCWD, path, recursive: false);
            if (mount < 0) return mount;
            int result = MountApi.SetIdMap(mount, mapping, recursive: false);
            Files.close(mount);
            return result;
        }
    }

    private static unsafe ulong? MountOf(string place)
    {
        fixed (byte* path = FileContent.Terminated(place))
            return Statx.At(Files.AT_FDCWD, path, 0, out Statx stat) < 0 ? null : stat.MountId;
    }

    /// <summary>The types of file systems by the numbers of their mounts (proc_pid_mountinfo(5)).</summary>
    private static Dictionary<ulong, string> MountTypes()
    {
        const int MaxSize = 16 << 20;
        return ParseTypes(Encoding.UTF8.GetString(FileContent.Read("/proc/self/mountinfo", MaxSize)));
    }

    internal static Dictionary<ulong, string> ParseTypes(string mountinfo)
    {
        Dictionary<ulong, string> types = [];
        foreach (string line in mountinfo.Split('\n'))
        {
            int end = line.IndexOf(" - ", StringComparison.Ordinal);
            if (end >= 0 && ulong.TryParse(line.Split(' ')[0], out ulong mount)) types[mount] = line[(end + 3)..].Split(' ')[0];
        }

        return types;
    }
}
