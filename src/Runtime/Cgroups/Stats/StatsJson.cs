using System.Text.Json;

namespace Rt.Cgroups;

/// <summary>
/// Statistics as `runc events` prints them: names, order, and which zeros are left out are those of runc up to 1.3 (its
/// types/events.go). Later releases also leave out objects of which all is zero, which reads the same.
/// </summary>
internal static class StatsJson
{
    /// <summary>The members "cpu" to "hugetlb", into an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, CgroupStats stats)
    {
        Write(json, stats.Cpu);
        Write(json, stats.Cpuset);
        Write(json, stats.Memory);
        json.WriteStartObject("pids");
        NonZero(json, "current", stats.Pids.Current);
        NonZero(json, "limit", stats.Pids.Limit);
        json.WriteEndObject();
        Write(json, stats.Blkio);
        json.WriteStartObject("hugetlb");
        foreach ((string size, HugetlbStats one) in stats.Hugetlb)
        {
            json.WriteStartObject(size);
            NonZero(json, "usage", one.Usage);
            NonZero(json, "max", one.Max);
            json.WriteNumber("failcnt", one.Failcnt);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CpuStats cpu)
    {
        json.WriteStartObject("cpu");
        json.WriteStartObject("usage");
        NonZero(json, "total", cpu.Total);
        NonEmpty(json, "percpu", cpu.Percpu, json.WriteNumberValue);
        NonEmpty(json, "percpu_kernel", cpu.PercpuKernel, json.WriteNumberValue);
        NonEmpty(json, "percpu_user", cpu.PercpuUser, json.WriteNumberValue);
        json.WriteNumber("kernel", cpu.Kernel);
        json.WriteNumber("user", cpu.User);
        json.WriteEndObject();
        json.WriteStartObject("throttling");
        NonZero(json, "periods", cpu.Periods);
        NonZero(json, "throttledPeriods", cpu.ThrottledPeriods);
        NonZero(json, "throttledTime", cpu.ThrottledTime);
        json.WriteEndObject();
        Write(json, cpu.Pressure);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CpusetStats cpuset)
    {
        json.WriteStartObject("cpuset");
        NonEmpty(json, "cpus", cpuset.Cpus, cpu => json.WriteNumberValue(cpu));
        foreach (string name in CpusetStats.FlagNames)
        {
            if (name == "mem_hardwall") NonEmpty(json, "mems", cpuset.Mems, node => json.WriteNumberValue(node));
            json.WriteNumber(name, cpuset.Flags.GetValueOrDefault(name));
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MemoryStats memory)
    {
        json.WriteStartObject("memory");
        NonZero(json, "cache", memory.Cache);
        Write(json, "usage", memory.Usage);
        Write(json, "swap", memory.Swap);
        Write(json, "kernel", memory.Kernel);
        Write(json, "kernelTCP", memory.KernelTcp);
        if (memory.Raw.Count > 0)
        {
            json.WriteStartObject("raw");
            foreach ((string key, ulong value) in memory.Raw) json.WriteNumber(key, value);
            json.WriteEndObject();
        }

        Write(json, memory.Pressure);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, MemoryUse use)
    {
        json.WriteStartObject(name);
        json.WriteNumber("limit", use.Limit);
        NonZero(json, "usage", use.Usage);
        NonZero(json, "max", use.Max);
        json.WriteNumber("failcnt", use.Failcnt);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BlkioStats blkio)
    {
        json.WriteStartObject("blkio");
        foreach (string table in BlkioStats.TableNames)
            NonEmpty(json, table, blkio.Tables.GetValueOrDefault(table) ?? [], entry => Write(json, entry));
        Write(json, blkio.Pressure);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BlkioEntry entry)
    {
        json.WriteStartObject();
        NonZero(json, "major", entry.Major);
        NonZero(json, "minor", entry.Minor);
        if (entry.Op.Length > 0) json.WriteString("op", entry.Op);
        NonZero(json, "value", entry.Value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Pressure? pressure)
    {
        if (pressure == null) return;
        json.WriteStartObject("psi");
        foreach (var (name, line) in (ReadOnlySpan<(string, PressureLine)>)[("some", pressure.Some), ("full", pressure.Full)])
        {
            json.WriteStartObject(name);
            json.WriteNumber("avg10", line.Avg10);
            json.WriteNumber("avg60", line.Avg60);
            json.WriteNumber("avg300", line.Avg300);
            json.WriteNumber("total", line.Total);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void NonZero(Utf8JsonWriter json, string name, ulong value)
    {
        if (value != 0) json.WriteNumber(name, value);
    }

    private static void NonEmpty<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> values, Action<T> write)
    {
        if (values.Count == 0) return;
        json.WriteStartArray(name);
        foreach (T value in values) write(value);
        json.WriteEndArray();
    }
}
