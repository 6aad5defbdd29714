namespace Rt.Cgroups;

/// <summary>
/// What a container's cgroups have counted since they were made, as `runc events` puts it together. What no controller counts
/// here is 0 or empty.
/// </summary>
internal sealed record CgroupStats
{
    public CpuStats Cpu { get; init; } = new();
    public CpusetStats Cpuset { get; init; } = new();
    public MemoryStats Memory { get; init; } = new();
    public PidsStats Pids { get; init; }
    public BlkioStats Blkio { get; init; } = new();

    /// <summary>By the size of the pages ("2MB", "1GB").</summary>
    public SortedDictionary<string, HugetlbStats> Hugetlb { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>All times in nanoseconds of processor time. The lists have an element a processor; cgroup v2 does not fill them.</summary>
internal sealed record CpuStats
{
    public ulong Total { get; init; }
    public ulong Kernel { get; init; }
    public ulong User { get; init; }
    public IReadOnlyList<ulong> Percpu { get; init; } = [];
    public IReadOnlyList<ulong> PercpuKernel { get; init; } = [];
    public IReadOnlyList<ulong> PercpuUser { get; init; } = [];

    /// <summary>Periods of the quota that have passed, those in which it was used up, and how long processes then waited.</summary>
    public ulong Periods { get; init; }
    public ulong ThrottledPeriods { get; init; }
    public ulong ThrottledTime { get; init; }

    public Pressure? Pressure { get; init; }
}

internal sealed record CpusetStats
{
    /// <summary>Processors and memory nodes that may be used.</summary>
    public IReadOnlyList<ushort> Cpus { get; init; } = [];
    public IReadOnlyList<ushort> Mems { get; init; } = [];

    /// <summary>The controller's other files under v1, without "cpuset." before their names.</summary>
    public static IReadOnlyList<string> FlagNames { get; } =
    [
        "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab", "memory_pressure",
        "sched_load_balance", "sched_relax_domain_level",
    ];

    public IReadOnlyDictionary<string, long> Flags { get; init; } = new Dictionary<string, long>();
}

/// <summary>In bytes.</summary>
internal sealed record MemoryStats
{
    /// <summary>What holds files' content.</summary>
    public ulong Cache { get; init; }
    public MemoryUse Usage { get; init; }

    /// <summary>Memory and swap together, as v1 counts.</summary>
    public MemoryUse Swap { get; init; }

    /// <summary>Of which the kernel's own, and its TCP buffers; v1 alone counts them by themselves.</summary>
    public MemoryUse Kernel { get; init; }
    public MemoryUse KernelTcp { get; init; }

    /// <summary>memory.stat, word for word.</summary>
    public SortedDictionary<string, ulong> Raw { get; init; } = new(StringComparer.Ordinal);

    public Pressure? Pressure { get; init; }
}

/// <param name="Limit">2^64-1: none, under v2; v1 has a number just below 2^63.</param>
/// <param name="Max">The most there ever was.</param>
/// <param name="Failcnt">How often the limit was hit; v1 only.</param>
internal readonly record struct MemoryUse(ulong Limit, ulong Usage, ulong Max, ulong Failcnt);

/// <param name="Limit">0: none.</param>
internal readonly record struct PidsStats(ulong Current, ulong Limit);

/// <param name="Failcnt">How often an allocation was refused.</param>
internal readonly record struct HugetlbStats(ulong Usage, ulong Max, ulong Failcnt);

/// <summary>By the names that runc prints: "ioServiceBytesRecursive" and the others of <see cref="TableNames"/>.</summary>
internal sealed record BlkioStats
{
    public const string ServiceBytes = "ioServiceBytesRecursive", Serviced = "ioServicedRecursive", Queued = "ioQueueRecursive",
        ServiceTime = "ioServiceTimeRecursive", WaitTime = "ioWaitTimeRecursive", Merged = "ioMergedRecursive",
        Time = "ioTimeRecursive", Sectors = "sectorsRecursive";

    /// <summary>In the order in which they are printed.</summary>
    public static IReadOnlyList<string> TableNames { get; } =
        [ServiceBytes, Serviced, Queued, ServiceTime, WaitTime, Merged, Time, Sectors];

    public IReadOnlyDictionary<string, IReadOnlyList<BlkioEntry>> Tables { get; init; } =
        new Dictionary<string, IReadOnlyList<BlkioEntry>>();

    public Pressure? Pressure { get; init; }
}

/// <summary>Of one block device.</summary>
/// <param name="Op">"Read", "Write" and the like; empty: not told apart.</param>
/// <param name="Value">Bytes, operations, nanoseconds or sectors, as the table has it.</param>
internal readonly record struct BlkioEntry(ulong Major, ulong Minor, string Op, ulong Value);

/// <summary>How long processes were held up for want of a resource (Documentation/accounting/psi.rst): some of them, all of them.</summary>
internal sealed record Pressure(PressureLine Some, PressureLine Full);

/// <summary>The share of the last 10, 60 and 300 seconds in percent, and the sum of it in microseconds.</summary>
internal readonly record struct PressureLine(double Avg10, double Avg60, double Avg300, ulong Total);
