using Rt.Kernel;
using Rt.Spec;

namespace Rt.Namespaces;

/// <summary>
/// Refuses to set a name or a sysctl, or to mount, in a namespace that the container joins by path and that is the host's own, or
/// rather the caller's: the configuration alone does not show that.
/// </summary>
internal static unsafe class HostNamespaces
{
    /// <exception cref="SpecException">Something would change the host.</exception>
    public static void Check(Config config)
    {
        for (int i = 0; i < config.Linux.Namespaces.Count; i++)
        {
            Namespace one = config.Linux.Namespaces[i];
            if (one.Path.Length == 0 || !IsCallers(one)) continue;
            if (one.Type == "mount") throw Changes($"linux.namespaces[{i}].path", one); // its root would be the container's
            if (one.Type == "user")
                throw new SpecException($"linux.namespaces[{i}].path",
                    $"{one.Path} is the user namespace of rt's caller, which is not joined anew");
            if (one.Type == "cgroup" && config.Mounts.Exists(mount => mount.Type is "cgroup" or "cgroup2"))
                throw Changes($"linux.namespaces[{i}].path", one); // mounting cgroup2 there sets its options for all of the host
            if (one.Type == "uts" && config.Hostname.Length > 0) throw Changes("hostname", one);
            if (one.Type == "uts" && config.Domainname.Length > 0) throw Changes("domainname", one);
            foreach (string key in config.Linux.Sysctl.Keys)
                if (Sysctl.Problem(key, type => type != one.Type) != null)
                    throw Changes($"linux.sysctl.{key}", one);
        }
    }

    private static SpecException Changes(string path, Namespace one) =>
        new(path, $"would change the host: {one.Path} is the {one.Type} namespace of rt's caller");

    /// <summary>Whether a process is in the caller's namespace of a type.</summary>
    public static bool IsShared(string type, int pid) => IsCallers(type, $"/proc/{pid}/ns/{NamespaceTypes.All[type].File}");

    private static bool IsCallers(Namespace one) => IsCallers(one.Type, one.Path);

    private static bool IsCallers(string type, string path) =>
        Identity(path) is { } other && other == Identity($"/proc/self/ns/{NamespaceTypes.All[type].File}");

    private static (uint, uint, ulong)? Identity(string path)
    {
        fixed (byte* name = FileContent.Terminated(path))
            return Statx.At(Files.AT_FDCWD, name, 0, out Statx stat) < 0 ? null : (stat.DevMajor, stat.DevMinor, stat.Inode);
    }
}
