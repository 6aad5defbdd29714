namespace Rt.Cgroups;

/// <summary>What to write to a cgroup's file so that it says again what it said before. Pure.</summary>
internal static class PreviousValue
{
    /// <summary>
    /// Files with a line for each device or resource, by its first word, and what to write for one that has no line
    /// (Documentation/admin-guide/cgroup-v2.rst, "Format"; for v1 as well).
    /// </summary>
    private static readonly Dictionary<string, string> Keyed = new(StringComparer.Ordinal)
    {
        ["io.max"] = "rbps=max wbps=max riops=max wiops=max",
        ["io.weight"] = "default",
        ["io.bfq.weight"] = "default",
        ["io.latency"] = "target=0",
        ["rdma.max"] = "hca_handle=max hca_object=max",
        ["misc.max"] = "max",
        ["blkio.weight_device"] = "0",
        ["blkio.leaf_weight_device"] = "0",
        ["blkio.bfq.weight_device"] = "0",
        ["blkio.throttle.read_bps_device"] = "0",
        ["blkio.throttle.write_bps_device"] = "0",
        ["blkio.throttle.read_iops_device"] = "0",
        ["blkio.throttle.write_iops_device"] = "0",
        ["net_prio.ifpriomap"] = "0",
    };

    /// <param name="value">What is about to be written, a line a write.</param>
    /// <param name="before">What the file says, without the last line's end.</param>
    /// <returns>One write for each.</returns>
    public static IEnumerable<string> Of(string file, string value, string before)
    {
        // "oom_kill_disable 0" and more lines, of which the first is set.
        if (file == "memory.oom_control") return [before.Split('\n')[0].Split(' ')[^1]];
        // A write of no bytes would not reach the kernel: a list of CPUs that was empty is an empty line.
        if (!Keyed.TryGetValue(file, out string? absent)) return [before.Length == 0 ? "\n" : before];
        string[] lines = before.Split('\n');
        return value.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            // "500" alone is io.weight's short form of "default 500".
            string key = line.Contains(' ') ? line.Split(' ')[0] : "default";
            return Array.Find(lines, one => one.StartsWith(key + " ", StringComparison.Ordinal)) ?? $"{key} {absent}";
        });
    }
}
