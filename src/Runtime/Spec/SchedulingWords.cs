namespace Rt.Spec;

/// <summary>The names of process.scheduler with their numbers (include/uapi/linux/sched.h).</summary>
internal static class SchedulerWords
{
    public static readonly IReadOnlyDictionary<string, uint> Policies = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["SCHED_OTHER"] = 0,
        ["SCHED_FIFO"] = 1,
        ["SCHED_RR"] = 2,
        ["SCHED_BATCH"] = 3,
        ["SCHED_ISO"] = 4, // reserved: no kernel has it
        ["SCHED_IDLE"] = 5,
        ["SCHED_DEADLINE"] = 6,
    };

    public static readonly IReadOnlyDictionary<string, ulong> Flags = new Dictionary<string, ulong>(StringComparer.Ordinal)
    {
        ["SCHED_FLAG_RESET_ON_FORK"] = 0x01,
        ["SCHED_FLAG_RECLAIM"] = 0x02,
        ["SCHED_FLAG_DL_OVERRUN"] = 0x04,
        ["SCHED_FLAG_KEEP_POLICY"] = 0x08,
        ["SCHED_FLAG_KEEP_PARAMS"] = 0x10,
        ["SCHED_FLAG_UTIL_CLAMP_MIN"] = 0x20,
        ["SCHED_FLAG_UTIL_CLAMP_MAX"] = 0x40,
    };
}

/// <summary>The classes of process.ioPriority (include/uapi/linux/ioprio.h).</summary>
internal static class IoPriorityWords
{
    public static readonly IReadOnlyDictionary<string, uint> Classes = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["IOPRIO_CLASS_RT"] = 1,
        ["IOPRIO_CLASS_BE"] = 2,
        ["IOPRIO_CLASS_IDLE"] = 3,
    };
}

/// <summary>The names of linux.memoryPolicy (include/uapi/linux/mempolicy.h).</summary>
internal static class MemoryPolicyWords
{
    public static readonly IReadOnlyDictionary<string, uint> Modes = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["MPOL_DEFAULT"] = 0,
        ["MPOL_PREFERRED"] = 1,
        ["MPOL_BIND"] = 2,
        ["MPOL_INTERLEAVE"] = 3,
        ["MPOL_LOCAL"] = 4,
        ["MPOL_PREFERRED_MANY"] = 5,
        ["MPOL_WEIGHTED_INTERLEAVE"] = 6,
    };

    public static readonly IReadOnlyDictionary<string, uint> Flags = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["MPOL_F_NUMA_BALANCING"] = 1 << 13,
        ["MPOL_F_RELATIVE_NODES"] = 1 << 14,
        ["MPOL_F_STATIC_NODES"] = 1 << 15,
    };
}

/// <summary>The domains of linux.personality (personality(2)).</summary>
internal static class PersonalityWords
{
    public static readonly IReadOnlyDictionary<string, uint> Domains = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["LINUX"] = 0,
        ["LINUX32"] = 8,
    };
}

/// <summary>The clocks of linux.timeOffsets, as /proc/PID/timens_offsets takes them (time_namespaces(7)).</summary>
internal static class ClockWords
{
    public static readonly IReadOnlySet<string> Clocks = new HashSet<string>(StringComparer.Ordinal) { "monotonic", "boottime" };
}
