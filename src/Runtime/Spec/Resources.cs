namespace Rt.Spec;

// linux.resources of config.json (config-linux.md, "Control groups"). What only cgroup v1 had a file for is not here: the
// reader looks at its type and drops it.

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

    /// <summary>Microseconds. Kept only to be refused, as the period is: v2 has no such limits.</summary>
    public long? RealtimeRuntime { get; set; }
    public ulong? RealtimePeriod { get; set; }
    public string Cpus { get; set; } = "";
    public string Mems { get; set; } = "";
}

internal sealed class BlockIOLimits
{
    /// <summary>1 to 1000; 0 is none.</summary>
    public long? Weight { get; set; }
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

    /// <summary>Without effect in v2, but an entry may have this alone.</summary>
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
