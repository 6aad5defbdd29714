using static Rt.Kernel.Processes;

namespace Rt.Namespaces;

/// <summary>The namespaces of config-linux.md by name, with the kernel's flag and the file under /proc/PID/ns.</summary>
internal static class NamespaceTypes
{
    public static readonly IReadOnlyDictionary<string, (ulong Flag, string File)> All =
        new Dictionary<string, (ulong, string)>(StringComparer.Ordinal)
    {
        ["cgroup"] = (CLONE_NEWCGROUP, "cgroup"),
        ["ipc"] = (CLONE_NEWIPC, "ipc"),
        ["mount"] = (CLONE_NEWNS, "mnt"),
        ["network"] = (CLONE_NEWNET, "net"),
        ["pid"] = (CLONE_NEWPID, "pid"),
        ["time"] = (CLONE_NEWTIME, "time"),
        ["user"] = (CLONE_NEWUSER, "user"),
        ["uts"] = (CLONE_NEWUTS, "uts"),
    };

    /// <summary>"ipc pid" for CLONE_NEWIPC and CLONE_NEWPID together.</summary>
    public static string Names(ulong flags) => string.Join(' ', All.Where(type => (flags & type.Value.Flag) != 0).Select(type => type.Key));

    /// <summary>"pid" for CLONE_NEWPID.</summary>
    public static string Name(ulong flag) => All.First(type => type.Value.Flag == flag).Key;
}
