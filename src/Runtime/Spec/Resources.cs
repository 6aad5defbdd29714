namespace Rt.Spec;

// linux.resources of config.json (config-linux.md, "Control groups"), in the units of cgroup v1, whose files it was made for.

internal sealed class Resources
{
    public List<DeviceRule> Devices { get; set; } = [];
    public MemoryLimits? Memory { get; set; }
    public CpuLimits? Cpu { get; set; }

    /// <summary>At most so many processes and threads; negative: no limit.</summary>
    public long? PidsLimit { get; set; }
    public BlockIOLimits? BlockIO { get; set; }
    public List<HugepageLimit> HugepageLimits { get; set; } = [];
    public List<RdmaLimits> Rdma { get; set; } = [];
    public NetworkTags? Network { get; set; }

    /// <summary>Files of cgroup v2 to write, by name.</summary>
    public SortedDictionary<string, string> Unified { get; set; } = new(StringComparer.Ordinal);
}

internal sealed class DeviceRule
{
    public bool Allow { get; set; }

    /// <summary>"a" (all), "c" or "b".</summary>
    public string Type { get; set; } = "a";

    /// <summary>Null or negative: any.</summary>
    public long? Major { get; set; }
    public long? Minor { get; set; }

    /// <summary>Some of "rwm".</summary>
    public string Access { get; set; } = "";
}

/// <summary>Bytes; -1: no limit.</summary>
internal sealed class MemoryLimits
{
    public long? Limit { get; set; }
    public long? Reservation { get; set; }

    /// <summary>Memory and swap together, as cgroup v1 counted it.</summary>
    public long? Swap { get; set; }

    /// <summary>What the kernel needs for the processes, and of that for TCP buffers. cgroup v1 only.</summary>
    public long? Kernel { get; set; }
    public long? KernelTcp { get; set; }

    /// <summary>How readily the kernel swaps: 0 to 100. cgroup v1 only.</summary>
    public long? Swappiness { get; set; }

    /// <summary>Processes that run out of memory wait instead of being killed. cgroup v1 only.</summary>
    public bool DisableOomKiller { get; set; }

    /// <summary>What cgroups below use counts as well. cgroup v2 and kernels since 5.11 know nothing else.</summary>
    public bool UseHierarchy { get; set; }

    /// <summary>A limit below what is in use is refused. The kernel would take it, and kill until it is kept.</summary>
    public bool CheckBeforeUpdate { get; set; }
}

internal sealed class CpuLimits
{
    /// <summary>Relative weight, 2 to 262144; 1024 is the default.</summary>
    public ulong? Shares { get; set; }

    /// <summary>Microseconds of CPU time a period; 0 or less: no limit.</summary>
    public long? Quota { get; set; }

    /// <summary>Microseconds.</summary>
    public ulong? Period { get; set; }

    /// <summary>Microseconds that may be saved up.</summary>
    public ulong? Burst { get; set; }

    /// <summary>1: only what others leave over (SCHED_IDLE); 0: as usual.</summary>
    public long? Idle { get; set; }

    /// <summary>Microseconds of a period that real-time processes may use. cgroup v1 only, as the period is.</summary>
    public long? RealtimeRuntime { get; set; }
    public ulong? RealtimePeriod { get; set; }
    public string Cpus { get; set; } = "";
    public string Mems { get; set; } = "";
}

internal sealed class BlockIOLimits
{
    /// <summary>1 to 1000; 0 is none.</summary>
    public long? Weight { get; set; }

    /// <summary>Against the cgroups below it. cgroup v1 only, and gone from it with Linux 5.0.</summary>
    public long? LeafWeight { get; set; }
    public List<DeviceWeight> WeightDevice { get; set; } = [];
    public List<DeviceRate> ThrottleReadBpsDevice { get; set; } = [];
    public List<DeviceRate> ThrottleWriteBpsDevice { get; set; } = [];
    public List<DeviceRate> ThrottleReadIOPSDevice { get; set; } = [];
    public List<DeviceRate> ThrottleWriteIOPSDevice { get; set; } = [];
}

/// <summary>A block device, by its number.</summary>
internal abstract class BlockDevice
{
    public long? Major { get; set; }
    public long? Minor { get; set; }

    public override string ToString() => $"{Major}:{Minor}";
}

internal sealed class DeviceWeight : BlockDevice
{
    public long? Weight { get; set; }
    public long? LeafWeight { get; set; }
}

internal sealed class DeviceRate : BlockDevice
{
    /// <summary>Bytes or operations a second; 0: no limit.</summary>
    public ulong? Rate { get; set; }
}

internal sealed class HugepageLimit
{
    /// <summary>"2MB", "1GB".</summary>
    public string PageSize { get; set; } = "";

    /// <summary>Bytes.</summary>
    public ulong? Limit { get; set; }
}

internal sealed class RdmaLimits
{
    /// <summary>"mlx5_1".</summary>
    public string Device { get; set; } = "";
    public uint? HcaHandles { get; set; }
    public uint? HcaObjects { get; set; }
}

/// <summary>What the container's packets are marked with. cgroup v1 only.</summary>
internal sealed class NetworkTags
{
    /// <summary>For traffic control and filters; 0: none.</summary>
    public uint? ClassId { get; set; }
    public List<InterfacePriority> Priorities { get; set; } = [];
}

internal sealed class InterfacePriority
{
    /// <summary>"eth0", in rt's own network namespace.</summary>
    public string Name { get; set; } = "";
    public uint? Priority { get; set; }
}
