using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>What linux.cgroupsPath and linux.resources compile to. Nothing is touched.</summary>
internal static class CgroupCompiler
{
    /// <summary>Null: this host has no cgroup v2 and the container does not need one.</summary>
    public static CgroupPlan? Compile(Config config, string id, CgroupHierarchy host)
    {
        List<CgroupWrite> writes = UnifiedLimits.Compile(config.Linux.Resources);
        if (host.Mount == null)
        {
            return writes.Count == 0
                ? null
                : throw new SpecException(writes[0].Origin,
                    "can't be set: there is no cgroup v2 mount at /sys/fs/cgroup or /sys/fs/cgroup/unified");
        }

        return new CgroupPlan
        {
            Unified = new UnifiedPlan(host.Mount, PathOf(config.Linux.CgroupsPath, id, host.Own), writes,
                DeviceProgram.Compile(config.Linux.Resources.Devices))
                { Caller = host.Own },
        };
    }

    /// <summary>
    /// An absolute cgroupsPath counts from the mount. A relative one, and the container's id if there is none, is a sibling of
    /// the caller's own cgroup: below that, processes would stand beside controllers, which cgroup v2 forbids.
    /// </summary>
    internal static string PathOf(string cgroupsPath, string id, string own)
    {
        string path = cgroupsPath.Length == 0 ? id : cgroupsPath;
        if (!path.StartsWith('/')) path = $"{System.IO.Path.GetDirectoryName(own)}/{Rooted(path)}";
        string rooted = Rooted(path);
        bool holdsCaller = $"{own}/".StartsWith(rooted.TrimEnd('/') + "/", StringComparison.Ordinal);
        return holdsCaller
            ? throw new SpecException("linux.cgroupsPath", $"\"{cgroupsPath}\" is {rooted}, which holds the caller's own processes")
            : rooted;
    }

    /// <summary>Takes out ".", ".." and double slashes without ever leaving the root.</summary>
    private static string Rooted(string path)
    {
        List<string> parts = [];
        foreach (string part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0) parts.RemoveAt(parts.Count - 1);
            else if (part is not ("" or "." or "..")) parts.Add(part);
        }

        return "/" + string.Join('/', parts);
    }
}
