namespace Rt.Cgroups;

/// <summary>The statistics of cgroup v1, where each controller has a directory of its own (Documentation/admin-guide/cgroup-v1/).</summary>
internal static class LegacyStats
{
    /// <summary>Clock ticks a second in what the kernel tells programs (USER_HZ), on every architecture that rt runs on.</summary>
    private const ulong TicksPerSecond = 100;

    /// <summary>
    /// Where each of blkio's tables is found. The first file with something in it counts: the I/O scheduler that is at work has
    /// filled it, or the throttling that is below them all.
    /// </summary>
    private static readonly (string Table, string[] Files)[] BlkioFiles =
    [
        (BlkioStats.ServiceBytes,
        [
            "blkio.bfq.io_service_bytes_recursive", "blkio.io_service_bytes_recursive", "blkio.throttle.io_service_bytes_recursive",
            "blkio.throttle.io_service_bytes",
        ]),
        (BlkioStats.Serviced,
        [
            "blkio.bfq.io_serviced_recursive", "blkio.io_serviced_recursive", "blkio.throttle.io_serviced_recursive",
            "blkio.throttle.io_serviced",
        ]),
        (BlkioStats.Queued, ["blkio.bfq.io_queued_recursive", "blkio.io_queued_recursive"]),
        (BlkioStats.ServiceTime, ["blkio.bfq.io_service_time_recursive", "blkio.io_service_time_recursive"]),
        (BlkioStats.WaitTime, ["blkio.bfq.io_wait_time_recursive", "blkio.io_wait_time_recursive"]),
        (BlkioStats.Merged, ["blkio.bfq.io_merged_recursive", "blkio.io_merged_recursive"]),
        (BlkioStats.Time, ["blkio.bfq.time_recursive", "blkio.time_recursive"]),
        (BlkioStats.Sectors, ["blkio.bfq.sectors_recursive", "blkio.sectors_recursive"]),
    ];

    /// <param name="directories">The container's cgroup of each controller ("memory": "/sys/fs/cgroup/memory/box").</param>
    /// <param name="pageSizes">As <see cref="HugePages.Sizes()"/>.</param>
    public static CgroupStats Read(IReadOnlyDictionary<string, string> directories, IEnumerable<string> pageSizes)
    {
        StatsFiles Of(string controller) =>
            directories.TryGetValue(controller, out string? directory) ? StatsFiles.In(directory) : StatsFiles.None;
        return new CgroupStats
        {
            Cpu = Cpu(Of("cpu"), Of("cpuacct")),
            Cpuset = Cpuset(Of("cpuset")),
            Memory = Memory(Of("memory")),
            Pids = Pids(Of("pids")),
            Blkio = Blkio(Of("blkio")),
            Hugetlb = Hugetlb(Of("hugetlb"), pageSizes),
        };
    }

    internal static CpuStats Cpu(StatsFiles cpu, StatsFiles cpuacct)
    {
        SortedDictionary<string, ulong> throttling = cpu.Pairs("cpu.stat"), ticks = cpuacct.Pairs("cpuacct.stat");
        var (user, kernel) = StatsText.UsageAll(cpuacct.Text("cpuacct.usage_all") ?? "");
        return new CpuStats
        {
            Total = cpuacct.Number("cpuacct.usage"),
            Kernel = Nanoseconds(ticks.GetValueOrDefault("system")),
            User = Nanoseconds(ticks.GetValueOrDefault("user")),
            Percpu = StatsText.Numbers(cpuacct.Text("cpuacct.usage_percpu") ?? ""),
            PercpuKernel = kernel,
            PercpuUser = user,
            Periods = throttling.GetValueOrDefault("nr_periods"),
            ThrottledPeriods = throttling.GetValueOrDefault("nr_throttled"),
            ThrottledTime = throttling.GetValueOrDefault("throttled_time"),
        };
    }

    internal static CpusetStats Cpuset(StatsFiles files)
    {
        Dictionary<string, long> flags = [];
        foreach (string flag in CpusetStats.FlagNames)
        {
            // One of them is -1 as a rule, so that it is no number like the others.
            if (files.Text("cpuset." + flag) is { } text && long.TryParse(text.Trim(), out long value)) flags[flag] = value;
        }

        return new CpusetStats
        {
            Cpus = StatsText.List(files.Text("cpuset.cpus") ?? ""),
            Mems = StatsText.List(files.Text("cpuset.mems") ?? ""),
            Flags = flags,
        };
    }

    internal static MemoryStats Memory(StatsFiles files)
    {
        SortedDictionary<string, ulong> stat = files.Pairs("memory.stat");
        return new MemoryStats
        {
            Cache = stat.GetValueOrDefault("cache"),
            Usage = Use(files, "memory"),
            Swap = Use(files, "memory.memsw"),
            Kernel = Use(files, "memory.kmem"),
            KernelTcp = Use(files, "memory.kmem.tcp"),
            Raw = stat,
        };
    }

    /// <summary>Kernels may lack the files for swap and those for the kernel's memory, or of the latter the limit.</summary>
    private static MemoryUse Use(StatsFiles files, string prefix) => new(files.Number(prefix + ".limit_in_bytes"),
        files.Number(prefix + ".usage_in_bytes"), files.Number(prefix + ".max_usage_in_bytes"), files.Number(prefix + ".failcnt"));

    internal static PidsStats Pids(StatsFiles files)
    {
        ulong limit = files.Number("pids.max");
        return new PidsStats(files.Number("pids.current"), limit == ulong.MaxValue ? 0 : limit);
    }

    internal static BlkioStats Blkio(StatsFiles files)
    {
        Dictionary<string, IReadOnlyList<BlkioEntry>> tables = [];
        foreach (var (table, names) in BlkioFiles)
            tables[table] = names.Select(name => StatsText.Blkio(files.Text(name) ?? "")).FirstOrDefault(entries => entries.Count > 0) ?? [];
        return new BlkioStats { Tables = tables };
    }

    /// <summary>What is reserved, and on kernels before 5.7 what is in use.</summary>
    internal static SortedDictionary<string, HugetlbStats> Hugetlb(StatsFiles files, IEnumerable<string> pageSizes)
    {
        SortedDictionary<string, HugetlbStats> hugetlb = new(StringComparer.Ordinal);
        foreach (string size in pageSizes)
        {
            string prefix = $"hugetlb.{size}.rsvd";
            if (files.Text(prefix + ".usage_in_bytes") == null) prefix = $"hugetlb.{size}";
            if (files.TryNumber(prefix + ".usage_in_bytes") is { } usage)
                hugetlb[size] = new HugetlbStats(usage, files.Number(prefix + ".max_usage_in_bytes"), files.Number(prefix + ".failcnt"));
        }

        return hugetlb;
    }

    private static ulong Nanoseconds(ulong ticks) => ticks * (1_000_000_000 / TicksPerSecond);
}
