namespace Rt.Cgroups;

/// <summary>
/// The statistics of a cgroup v2 directory, in v1's terms where the two differ, as runc has them. Beyond runc, the effective
/// cpuset is told.
/// </summary>
internal static class UnifiedStats
{
    public static CgroupStats Read(StatsFiles files, IEnumerable<string> pageSizes) => new()
    {
        Cpu = Cpu(files),
        Cpuset = new CpusetStats
        {
            Cpus = StatsText.List(files.Text("cpuset.cpus.effective") ?? ""),
            Mems = StatsText.List(files.Text("cpuset.mems.effective") ?? ""),
        },
        Memory = Memory(files),
        Pids = Pids(files),
        Blkio = new BlkioStats { Tables = StatsText.IoStat(files.Text("io.stat") ?? ""), Pressure = files.Pressure("io.pressure") },
        Hugetlb = Hugetlb(files, pageSizes),
    };

    /// <summary>cpu.stat is there without the controller as well, but for what concerns the quota.</summary>
    private static CpuStats Cpu(StatsFiles files)
    {
        SortedDictionary<string, ulong> stat = files.Pairs("cpu.stat");
        return new CpuStats
        {
            Total = Nanoseconds(stat.GetValueOrDefault("usage_usec")),
            Kernel = Nanoseconds(stat.GetValueOrDefault("system_usec")),
            User = Nanoseconds(stat.GetValueOrDefault("user_usec")),
            Periods = stat.GetValueOrDefault("nr_periods"),
            ThrottledPeriods = stat.GetValueOrDefault("nr_throttled"),
            ThrottledTime = Nanoseconds(stat.GetValueOrDefault("throttled_usec")),
            Pressure = files.Pressure("cpu.pressure"),
        };
    }

    private static MemoryStats Memory(StatsFiles files)
    {
        SortedDictionary<string, ulong> stat = files.Pairs("memory.stat");
        Pressure? pressure = files.Pressure("memory.pressure");
        if (stat.Count == 0) return new MemoryStats { Pressure = pressure };
        MemoryUse usage = Use(files, "memory"), swap = Use(files, "memory.swap");
        return new MemoryStats
        {
            Cache = stat.GetValueOrDefault("file"),
            Usage = usage,
            // The most of both together is not known: the two need not have been at their most at once.
            Swap = new MemoryUse(Sum(swap.Limit, usage.Limit), Sum(swap.Usage, usage.Usage), Max: 0, Failcnt: 0),
            Raw = stat,
            Pressure = pressure,
        };
    }

    /// <summary>memory.peak is there since Linux 5.19, memory.swap.peak since 6.5; memory.swap where swap is accounted for.</summary>
    private static MemoryUse Use(StatsFiles files, string prefix) =>
        new(files.Number(prefix + ".max"), files.Number(prefix + ".current"), files.Number(prefix + ".peak"), Failcnt: 0);

    /// <summary>Without the controller, as many processes as there are (or threads, in a threaded cgroup).</summary>
    private static PidsStats Pids(StatsFiles files)
    {
        if (files.TryNumber("pids.current") is not { } current)
            return new PidsStats((ulong)(files.Text("cgroup.procs") ?? files.Text("cgroup.threads") ?? "").AsSpan().Count('\n'), Limit: 0);
        ulong limit = files.Number("pids.max");
        return new PidsStats(current, limit == ulong.MaxValue ? 0 : limit);
    }

    /// <summary>What is reserved counts, as it does under the limits that rt sets, and on kernels before 5.7 what is in use.</summary>
    private static SortedDictionary<string, HugetlbStats> Hugetlb(StatsFiles files, IEnumerable<string> pageSizes)
    {
        SortedDictionary<string, HugetlbStats> hugetlb = new(StringComparer.Ordinal);
        foreach (string size in pageSizes)
        {
            if ((files.TryNumber($"hugetlb.{size}.rsvd.current") ?? files.TryNumber($"hugetlb.{size}.current")) is { } usage)
                hugetlb[size] = new HugetlbStats(usage, Max: 0, files.Pairs($"hugetlb.{size}.events").GetValueOrDefault("max"));
        }

        return hugetlb;
    }

    private static ulong Nanoseconds(ulong microseconds) => microseconds > ulong.MaxValue / 1000 ? ulong.MaxValue : microseconds * 1000;

    /// <summary>No limit and something is no limit.</summary>
    private static ulong Sum(ulong a, ulong b) => a > ulong.MaxValue - b ? ulong.MaxValue : a + b;
}
