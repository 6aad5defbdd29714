using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>What linux.cgroupsPath and linux.resources compile to: pure arithmetic, nothing is touched.</summary>
internal static class CgroupCompiler
{
    /// <summary>Null: this host has no cgroup v2 and the container does not need one.</summary>
    public static CgroupPlan? Compile(Config config, string id, CgroupHierarchy host)
    {
        List<CgroupWrite> writes = Limits(config.Linux.Resources);
        if (host.Mount == null)
        {
            return writes.Count == 0
                ? null
                : throw new SpecException(writes[0].Origin,
                    "can't be set: there is no cgroup v2 mount at /sys/fs/cgroup or /sys/fs/cgroup/unified");
        }

        return new CgroupPlan(host.Mount, PathOf(config.Linux.CgroupsPath, id, host.Own), writes,
            DeviceProgram.Compile(config.Linux.Resources.Devices));
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

    internal static List<CgroupWrite> Limits(Resources resources)
    {
        List<CgroupWrite> writes = [];
        if (resources.Memory is { } memory) Memory(memory, writes);
        if (resources.Cpu is { } cpu) Cpu(cpu, writes);
        if (resources.PidsLimit is { } pids and not 0)
            writes.Add(new("pids.max", pids < 0 ? "max" : pids.ToString(), "linux.resources.pids.limit"));
        foreach ((string file, string value) in resources.Unified)
        {
            string origin = $"linux.resources.unified.{file}";
            if (!char.IsAsciiLetter(file.FirstOrDefault()) || file.Contains('/') || !file.Contains('.'))
                throw new SpecException(origin, "is not the name of a cgroup file");
            writes.Add(new(file, value, origin));
        }

        return writes;
    }

    private static void Memory(MemoryLimits memory, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.memory";
        long limit = memory.Limit ?? 0;
        if (limit != 0) writes.Add(new("memory.max", OrMax(limit), Origin + ".limit"));

        // v1 counted memory and swap together; v2 limits swap alone.
        long swap = memory.Swap ?? 0;
        if (swap > 0)
        {
            if (limit <= 0)
                throw new SpecException(Origin + ".swap",
                    "needs linux.resources.memory.limit beside it: it counts memory and swap together");
            if (swap < limit)
                throw new SpecException(Origin + ".swap", $"{swap} is less than linux.resources.memory.limit ({limit}), which it includes");
        }

        if (swap != 0 || limit == -1) writes.Add(new("memory.swap.max", swap > 0 ? (swap - limit).ToString() : "max", Origin + ".swap"));
        if (memory.Reservation is { } reservation and not 0) writes.Add(new("memory.low", OrMax(reservation), Origin + ".reservation"));
    }

    private static void Cpu(CpuLimits cpu, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.cpu";
        if (cpu.Idle is { } idle) writes.Add(new("cpu.idle", idle.ToString(), Origin + ".idle"));
        if (cpu.Shares is { } shares and not 0 && cpu.Idle is not 1)
            writes.Add(new("cpu.weight", Weight(shares).ToString(), Origin + ".shares"));

        long quota = cpu.Quota ?? 0;
        ulong period = cpu.Period ?? 0;
        if (quota != 0 || period != 0)
        {
            string value = (quota > 0 ? quota.ToString() : "max") + (period == 0 ? "" : $" {period}");
            writes.Add(new("cpu.max", value, Origin + (quota != 0 ? ".quota" : ".period")));
        }

        if (cpu.Burst is { } burst) writes.Add(new("cpu.max.burst", burst.ToString(), Origin + ".burst"));
        if (cpu.Cpus.Length > 0) writes.Add(new("cpuset.cpus", cpu.Cpus, Origin + ".cpus"));
        if (cpu.Mems.Length > 0) writes.Add(new("cpuset.mems", cpu.Mems, Origin + ".mems"));
    }

    /// <summary>
    /// cpu.shares (2 to 262144, 1024 by default) to cpu.weight (1 to 10000, 100 by default): the curve through those three
    /// points on which runc, crun and the kubelet agreed in 2025.
    /// </summary>
    internal static ulong Weight(ulong shares)
    {
        if (shares <= 2) return 1;
        if (shares >= 262144) return 10000;
        double log = Math.Log2(shares);
        return (ulong)Math.Ceiling(Math.Pow(10, ((log * log) + (125 * log)) / 612.0 - 7.0 / 34.0));
    }

    private static string OrMax(long bytes) => bytes < 0 ? "max" : bytes.ToString();
}
