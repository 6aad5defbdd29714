using Rt.Kernel;
using Rt.Namespaces;

namespace Rt.Doctor;

/// <summary>Which types of namespaces can be made, and who may make user namespaces.</summary>
/// <param name="Results">0 or -errno by the names of config-linux.md.</param>
/// <param name="Hint">A setting by which the host keeps ordinary users from user namespaces, in parentheses; may be empty.</param>
internal sealed record NamespaceSubject(Caller Caller, IReadOnlyDictionary<string, int> Results, string Hint)
{
    private const string Name = "namespaces";

    private static readonly Dictionary<string, string> Uses = new(StringComparer.Ordinal)
    {
        ["cgroup"] = "containers that see their own cgroup as the root",
        ["ipc"] = "containers with message queues and shared memory of their own",
        ["mount"] = "containers with mounts of their own, which is nearly all",
        ["network"] = "containers with a network of their own",
        ["pid"] = "containers with processes of their own",
        ["time"] = "containers with clocks of their own (linux.timeOffsets)",
        ["user"] = "containers whose root is none on the host, and with that all containers of ordinary users",
        ["uts"] = "containers with a hostname of their own",
    };

    public static NamespaceSubject Examine(Caller caller)
    {
        SortedDictionary<string, int> results = new(StringComparer.Ordinal);
        foreach ((string type, (ulong flag, _)) in NamespaceTypes.All) results[type] = Try(caller, flag);
        return new NamespaceSubject(caller, results, UserNamespaceLimits.Hint(name => FileContent.TryReadText($"/proc/sys/{name}")));
    }

    public IEnumerable<Finding> Findings()
    {
        string there = string.Join(", ", Results.Where(one => one.Value >= 0).Select(one => one.Key));
        if (there.Length > 0) yield return new Finding(Name, Grade.Ok, there);
        foreach ((string type, int result) in Results)
            if (result < 0)
                yield return new Finding($"{type} namespaces", Grade.Missing, $"{Errno.Describe(-result)}{(type == "user" ? Hint : "")}",
                    Uses[type], Remedy(type, -result));
        if (Caller.IsHostsRoot && Hint.Length > 0 && Results["user"] >= 0)
            yield return new Finding("ordinary users", Grade.Limited, $"may not have user namespaces{Hint}",
                "containers that they start themselves", "give the setting its other value by sysctl(8), if that is to be allowed");
    }

    /// <summary>
    /// An ordinary user has them of his own user namespace. A time namespace is for children, so that it can't be had by clone(2).
    /// </summary>
    private static unsafe int Try(Caller caller, ulong flag)
    {
        ulong user = caller.IsOrdinary ? Processes.CLONE_NEWUSER : 0;
        return flag == Processes.CLONE_NEWTIME ? ForkedProbe.Run(user, &UnshareTime) : ForkedProbe.Run(user | flag);
    }

    private static unsafe int UnshareTime(byte* unused) => Processes.unshare(Processes.CLONE_NEWTIME);

    private string Remedy(string type, int errno) => errno switch
    {
        Errno.ENOSYS => "if this is a container: a seccomp profile that allows clone3; else a kernel of Linux 5.10 or later",
        Errno.EINVAL => type == "time" ? "a kernel with CONFIG_TIME_NS" : $"a kernel with {type} namespaces",
        Errno.ENOSPC or Errno.EUSERS => "raise the limit in /proc/sys/user (namespaces(7)) by sysctl(8)",
        Errno.ENOENT => "mount /proc",
        _ when Hint.Length > 0 && !Caller.IsHostsRoot => "as root, give the setting its other value by sysctl(8)",
        _ when Caller.IsOrdinary => "if this is a container: have its engine allow user namespaces",
        _ => "run rt with CAP_SYS_ADMIN: in a container, a privileged one",
    };
}
