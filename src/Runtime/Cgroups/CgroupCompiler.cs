using Rt.Mounts;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>What linux.cgroupsPath and linux.resources compile to. Nothing is touched.</summary>
internal static class CgroupCompiler
{
    /// <summary>
    /// Each limit is set where this host has its controller: in v1 or in v2. Null: it has no cgroups, and the container does not
    /// need any.
    /// </summary>
    public static CgroupPlan? Compile(Config config, string id, CgroupHierarchy host)
    {
        Resources resources = config.Linux.Resources;
        LegacyPlan? legacy = host.Legacy.Count == 0 ? null : Legacy(config, id, host);
        List<CgroupWrite> writes = UnifiedLimits.Compile(resources, legacy == null ? null : host.LegacyControllers);
        if (host.Mount != null)
        {
            byte[] devices = legacy?.Devices.Count > 0 ? [] : DeviceProgram.Compile(resources.Devices);
            string path = PathOf(config.Linux.CgroupsPath, id, host.Own);
            return new CgroupPlan
            {
                Unified = new UnifiedPlan(host.Mount, path, writes, devices) { Caller = host.Own },
                Legacy = legacy,
            };
        }

        if (writes.Count > 0)
            throw new SpecException(writes[0].Origin, legacy == null
                ? "can't be set: there is no cgroup v2 mount at /sys/fs/cgroup or /sys/fs/cgroup/unified"
                : $"can't be set: there is neither cgroup v2 nor a {writes[0].Controller} controller of v1 at {LegacyHierarchy.Place}");
        return legacy == null ? null : new CgroupPlan { Legacy = legacy };
    }

    /// <summary>No cgroup of its own, for a container that does not need any: who asked for limits would have none.</summary>
    public static CgroupPlan? RequireNone(Config config, CgroupHierarchy host)
    {
        Resources resources = config.Linux.Resources;
        List<CgroupWrite> limits = host.Legacy.Count == 0 ? [] : LegacyLimits.Compile(resources, host.LegacyControllers);
        limits.AddRange(UnifiedLimits.Compile(resources, host.Legacy.Count == 0 ? null : host.LegacyControllers));
        return limits.Count == 0 ? null
            : throw new SpecException(limits[0].Origin, "can't be set: there is to be no cgroup (--cgroup-manager disabled)");
    }

    /// <summary>What a mount of type "cgroup" consists of; empty where cgroup v2 is all there is.</summary>
    /// <param name="plan">Null: the container stays in the cgroups of its caller.</param>
    public static IReadOnlyList<CgroupMount> Mounts(CgroupPlan? plan, CgroupHierarchy host)
    {
        if (host.Legacy.Count == 0) return [];
        List<CgroupMount> mounts =
        [
            .. host.Legacy.Select((one, i) => new CgroupMount(
                Path.GetFileName(one.Mount), one.Controllers, plan?.Legacy?.Directories[i].Path ?? (one.Mount + one.Own).TrimEnd('/'))),
        ];
        if (host.Mount is { } unified)
            mounts.Add(new CgroupMount(Path.GetFileName(unified), "", plan?.Unified?.Directory ?? host.OwnDirectory));
        return mounts;
    }

    private static LegacyPlan Legacy(Config config, string id, CgroupHierarchy host)
    {
        IReadOnlySet<string> controllers = host.LegacyControllers;
        return new LegacyPlan(
            [
                .. host.Legacy.Select(one =>
                    new LegacyDirectory(one.Controllers, one.Mount + LegacyPathOf(config.Linux.CgroupsPath, id, one.Own))),
            ],
            LegacyLimits.Compile(config.Linux.Resources, controllers),
            controllers.Contains("devices") ? LegacyDevices.Compile(config.Linux.Resources.Devices) : []);
    }

    /// <summary>
    /// An absolute cgroupsPath counts from the mount. A relative one, and the container's id if there is none, is a sibling of
    /// the caller's own cgroup: below that, processes would stand beside controllers, which cgroup v2 forbids.
    /// </summary>
    internal static string PathOf(string cgroupsPath, string id, string own) =>
        PathOf(cgroupsPath, id, own, Path.GetDirectoryName(own) ?? "");

    /// <summary>cgroup v1 does not, so that a relative one is below the caller's own cgroup, as under runc.</summary>
    internal static string LegacyPathOf(string cgroupsPath, string id, string own) => PathOf(cgroupsPath, id, own, own);

    private static string PathOf(string cgroupsPath, string id, string own, string relativeTo)
    {
        string path = cgroupsPath.Length == 0 ? id : cgroupsPath;
        if (!path.StartsWith('/')) path = $"{relativeTo}/{Rooted(path)}";
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
