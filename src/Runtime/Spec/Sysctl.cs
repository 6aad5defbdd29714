namespace Rt.Spec;

/// <summary>
/// Which sysctls a container may set: those that the kernel keeps per namespace, and then only in a namespace of its own
/// (sysctl(5), namespaces(7)).
/// </summary>
internal static class Sysctl
{
    private static readonly HashSet<string> Ipc = new(StringComparer.Ordinal)
    {
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
        "kernel.shm_rmid_forced",
    };

    /// <summary>"net/ipv4/ip_forward" for "net.ipv4.ip_forward"; a key with slashes keeps them, and its dots.</summary>
    public static string PathOf(string key)
    {
        int separator = key.IndexOfAny(['.', '/']);
        if (separator < 0 || key[separator] == '/') return key;
        // sysctl(8): where dots separate, a slash stands for a dot in a name ("net.ipv4.conf.eth0/1.forwarding").
        return string.Create(key.Length, key, static (path, source) =>
        {
            for (int i = 0; i < path.Length; i++) path[i] = source[i] switch { '.' => '/', '/' => '.', var other => other };
        });
    }

    /// <summary>What is wrong with setting this key in such a container; null if nothing is.</summary>
    public static string? Problem(string key, Func<string, bool> hasOwnNamespace)
    {
        string dotted = PathOf(key).Replace('/', '.');
        if (dotted.Length == 0 || dotted.Contains("..", StringComparison.Ordinal)) return "is no sysctl";
        if (Ipc.Contains(dotted) || dotted.StartsWith("fs.mqueue.", StringComparison.Ordinal)) return Needs("ipc");
        if (dotted.StartsWith("net.", StringComparison.Ordinal)) return Needs("network");
        if (dotted == "kernel.domainname") return Needs("uts");
        if (dotted == "kernel.hostname") return "is set by the property hostname";
        if (dotted.StartsWith("user.", StringComparison.Ordinal)) return Needs("user");
        return "is not in a separate kernel namespace: it would change the host";

        string? Needs(string type) =>
            hasOwnNamespace(type) ? null : $"needs a {type} namespace of the container's own: else it would change the host";
    }
}
