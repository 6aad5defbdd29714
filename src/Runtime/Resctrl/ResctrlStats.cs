using System.Globalization;
using System.Text.Json;
using Rt.Kernel;

namespace Rt.Resctrl;

/// <summary>
/// What resctrl gives a container's group and has counted of it (Documentation/filesystems/resctrl.rst), as the member
/// "intel_rdt" of `runc events`. What the processor can't do is null or empty.
/// </summary>
internal sealed record ResctrlStats
{
    public CacheInfo? L3 { get; init; }
    public BandwidthInfo? MemoryBandwidth { get; init; }

    /// <summary>Lines of "schemata": of the root, which has all that there is, and of the group.</summary>
    public string L3Root { get; init; } = "";
    public string L3Group { get; init; } = "";
    public string BandwidthRoot { get; init; } = "";
    public string BandwidthGroup { get; init; } = "";
    public IReadOnlyList<string> Schemata { get; init; } = [];

    /// <summary>For each cache: bytes that went to memory and back, in all and to that of the cache's own node. Null: not counted.</summary>
    public IReadOnlyList<(ulong Total, ulong Local)>? Bandwidth { get; init; }

    /// <summary>For each cache: bytes of it that are in use. Null: not counted.</summary>
    public IReadOnlyList<ulong>? Occupancy { get; init; }

    internal sealed record CacheInfo(string CbmMask, ulong MinCbmBits, ulong NumClosids);

    internal sealed record BandwidthInfo(ulong Granularity, ulong DelayLinear, ulong Minimum, ulong NumClosids);

    /// <summary>Of the group that a process is in; empty if it is in none but the root, or there is no resctrl here.</summary>
    public static ResctrlStats Of(int pid) =>
        Groups(FileContent.TryReadText($"/proc/{pid}/cpu_resctrl_groups") ?? "") is var (group, monitor)
        && ResctrlFileSystem.TryFind() is { } resctrl
            ? Read(resctrl.Mount, group, monitor)
            : new ResctrlStats();

    /// <summary>
    /// Reads /proc/PID/cpu_resctrl_groups: "res:GROUP" and "mon:MONITORING-GROUP", where "/" is the root's group and nothing no
    /// group (proc_resctrl_show of fs/resctrl/rdtgroup.c).
    /// </summary>
    internal static (string Group, string Monitor)? Groups(string text)
    {
        string group = "", monitor = "";
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith("res:", StringComparison.Ordinal)) group = line[4..].TrimStart('/');
            if (line.StartsWith("mon:", StringComparison.Ordinal)) monitor = line[4..];
        }

        return group.Length > 0 || monitor.Length > 0 ? (group, monitor) : null;
    }

    internal static ResctrlStats Read(string mount, string group, string monitor)
    {
        string directory = group.Length > 0 ? $"{mount}/{group}" : mount, info = mount + "/info";
        string[] root = Lines($"{mount}/schemata"), own = Lines($"{directory}/schemata"), counted = Lines($"{info}/L3_MON/mon_features");
        bool hasL3 = Directory.Exists(info + "/L3"), hasBandwidth = Directory.Exists(info + "/MB");
        string data = (monitor.Length > 0 ? $"{directory}/mon_groups/{monitor}" : directory) + "/mon_data";
        string[] caches = Directory.Exists(data) ? Directory.GetDirectories(data, "mon_L3_*") : [];
        Array.Sort(caches, StringComparer.Ordinal);
        return new ResctrlStats
        {
            L3 = hasL3 ? new CacheInfo(Line(info + "/L3/cbm_mask"), Number(info + "/L3/min_cbm_bits"), Number(info + "/L3/num_closids")) : null,
            L3Root = hasL3 ? Schema(root, "L3") : "",
            L3Group = hasL3 ? Schema(own, "L3") : "",
            MemoryBandwidth = hasBandwidth
                ? new BandwidthInfo(Number(info + "/MB/bandwidth_gran"), Number(info + "/MB/delay_linear"),
                    Number(info + "/MB/min_bandwidth"), Number(info + "/MB/num_closids"))
                : null,
            BandwidthRoot = hasBandwidth ? Schema(root, "MB") : "",
            BandwidthGroup = hasBandwidth ? Schema(own, "MB") : "",
            Schemata = own,
            Bandwidth = counted.Contains("mbm_total_bytes") || counted.Contains("mbm_local_bytes")
                ? Array.ConvertAll(caches, cache => (Number(cache + "/mbm_total_bytes"), Number(cache + "/mbm_local_bytes")))
                : null,
            Occupancy = counted.Contains("llc_occupancy") ? Array.ConvertAll(caches, cache => Number(cache + "/llc_occupancy")) : null,
        };
    }

    /// <summary>Writes the members into an object that is open.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        if (L3 is { } cache)
        {
            json.WriteStartObject("l3_cache_info");
            Text(json, "cbm_mask", cache.CbmMask);
            NonZero(json, "min_cbm_bits", cache.MinCbmBits);
            NonZero(json, "num_closids", cache.NumClosids);
            json.WriteEndObject();
        }

        Text(json, "l3_cache_schema_root", L3Root);
        Text(json, "l3_cache_schema", L3Group);
        if (MemoryBandwidth is { } bandwidth)
        {
            json.WriteStartObject("mem_bw_info");
            NonZero(json, "bandwidth_gran", bandwidth.Granularity);
            NonZero(json, "delay_linear", bandwidth.DelayLinear);
            NonZero(json, "min_bandwidth", bandwidth.Minimum);
            NonZero(json, "num_closids", bandwidth.NumClosids);
            json.WriteEndObject();
        }

        Text(json, "mem_bw_schema_root", BandwidthRoot);
        Text(json, "mem_bw_schema", BandwidthGroup);
        if (Schemata.Count > 0)
        {
            json.WriteStartArray("schemata");
            foreach (string line in Schemata) json.WriteStringValue(line);
            json.WriteEndArray();
        }

        WriteCounters(json);
    }

    private void WriteCounters(Utf8JsonWriter json)
    {
        if (Bandwidth != null)
        {
            json.WriteStartArray("mbm_stats");
            foreach (var (total, local) in Bandwidth)
            {
                json.WriteStartObject();
                json.WriteNumber("mbm_total_bytes", total);
                json.WriteNumber("mbm_local_bytes", local);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (Occupancy != null)
        {
            json.WriteStartArray("cmt_stats");
            foreach (ulong bytes in Occupancy)
            {
                json.WriteStartObject();
                json.WriteNumber("llc_occupancy", bytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }

    private static void Text(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0) json.WriteString(name, value);
    }

    private static void NonZero(Utf8JsonWriter json, string name, ulong value)
    {
        if (value != 0) json.WriteNumber(name, value);
    }

    private static string[] Lines(string path) =>
        (FileContent.TryReadText(path) ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string Line(string path) => Lines(path).FirstOrDefault("");

    /// <summary>0 also where the hardware has no number at the moment ("Unavailable", "Unassigned").</summary>
    private static ulong Number(string path) =>
        ulong.TryParse(Line(path), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;

    private static string Schema(string[] lines, string resource) =>
        Array.FindLast(lines, line => line.StartsWith(resource, StringComparison.Ordinal)) ?? "";
}
