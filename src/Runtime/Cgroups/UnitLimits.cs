using System.Globalization;
using Rt.Systemd;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>
/// The properties that stand for files of a cgroup (systemd.resource-control(5)). A value that a property can't have gets none,
/// and comes only into the file, where the kernel has the last word on it.
/// </summary>
internal static class UnitLimits
{
    private const ulong Infinity = ulong.MaxValue;
    /// <summary>None, for a file that systemd knows nothing of.</summary>
    public static IEnumerable<UnitProperty> PropertiesOf(CgroupWrite write) => write.File switch
    {
        "memory.min" => Bytes("MemoryMin", write, least: 0),
        "memory.low" => Bytes("MemoryLow", write, least: 0),
        "memory.high" => Bytes("MemoryHigh", write, least: 1),
        "memory.max" => Bytes("MemoryMax", write, least: 1),
        "memory.swap.max" => Bytes("MemorySwapMax", write, least: 0),
        "memory.oom.group" => OOMPolicy(write),
        "pids.max" => Limit(write.Value) is { } tasks ? [Of("TasksMax", Math.Max(tasks, 1), write)] : [],
        "cpu.weight" => Weight("CPUWeight", write),
        "cpu.idle" => Idle(write),
        "cpu.max" => Quota(write),
        "cpuset.cpus" => Mask("AllowedCPUs", write),
        "cpuset.mems" => Mask("AllowedMemoryNodes", write),
        "io.weight" => Weight("IOWeight", write),
        // systemd converts its weight for BFQ by itself.
        "io.bfq.weight" when write.Otherwise is { } other => PropertiesOf(other),
        _ => [],
    };

    /// <summary>
    /// The write with a CPU quota rounded up to what every systemd keeps, as runc has it. Otherwise the limit would change by itself
    /// when an older one is reloaded, which forgets the fraction of a percent.
    /// </summary>
    public static CgroupWrite Rounded(CgroupWrite write) =>
        write.File == "cpu.max" && CpuMax.Parse(write.Value) is { } limit && limit.Rounded() != limit
            ? write with { Value = limit.Rounded().ToString() }
            : write;

    private static UnitProperty Of(string name, ulong value, CgroupWrite write, int since = 0) =>
        new(name, BusValue.Of(value), write.Origin, since);

    private static UnitProperty[] Bytes(string name, CgroupWrite write, ulong least) =>
        Limit(write.Value) is { } bytes && bytes >= least ? [Of(name, bytes, write)] : [];

    private static UnitProperty[] Weight(string name, CgroupWrite write)
    {
        const string Default = "default ";
        string text = write.Value.StartsWith(Default, StringComparison.Ordinal) ? write.Value[Default.Length..] : write.Value;
        return Number(text) is { } weight and >= 1 and <= 10000 ? [Of(name, weight, write)] : [];
    }

    /// <summary>A weight of 0 stands for idle. Who is so no more has the kernel's default weight, which no weight set stands for.</summary>
    private static UnitProperty[] Idle(CgroupWrite write) => write.Value.Trim() switch
    {
        "1" => [Of("CPUWeight", 0, write, since: 252)],
        "0" => [Of("CPUWeight", Infinity, write)],
        _ => [],
    };

    private static UnitProperty[] Quota(CgroupWrite write)
    {
        if (CpuMax.Parse(write.Value) is not { } limit) return [];
        UnitProperty quota = Of("CPUQuotaPerSecUSec", limit.PerSecond, write);
        return limit.Period is { } period ? [Of("CPUQuotaPeriodUSec", period, write, since: 242), quota] : [quota];
    }

    /// <summary>A bit for each number, the lowest first. None at all stands for no limit, as an empty file does.</summary>
    private static UnitProperty[] Mask(string name, CgroupWrite write)
    {
        if ((write.Value.Trim().Length == 0 ? [] : NumberList.Parse(write.Value.Trim())) is not { } bits) return [];
        byte[] bytes = [.. bits.SelectMany(BitConverter.GetBytes)];
        return [new(name, BusValue.Of(bytes.AsSpan().TrimEnd((byte)0)), write.Origin, Since: 244)];
    }

    private static UnitProperty[] OOMPolicy(CgroupWrite write) => write.Value.Trim() switch
    {
        "0" => [new("OOMPolicy", BusValue.Of("continue"), write.Origin, Since: 253, AtStartOnly: true)],
        "1" => [new("OOMPolicy", BusValue.Of("kill"), write.Origin, Since: 253, AtStartOnly: true)],
        _ => [],
    };

    /// <summary>"max", or a number with the suffixes that the kernel takes (lib/cmdline.c, memparse).</summary>
    private static ulong? Limit(string value)
    {
        string text = value.Trim();
        if (text == "max") return Infinity;
        int shift = text.Length == 0 ? 0 : 10 * (1 + "KMGTPE".IndexOf(char.ToUpperInvariant(text[^1])));
        if (shift == 0) return Number(text);
        return Number(text[..^1]) is { } number && number < Infinity >> shift ? number << shift : null;
    }

    private static ulong? Number(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
}
