namespace Rt.Spec;

// The smaller parts of linux (config-linux.md).

/// <summary>A range of ids of a user namespace or of a mount: containerID and those after it stand for hostID and those after it.</summary>
internal sealed class IdMapping
{
    public uint ContainerId { get; set; }
    public uint HostId { get; set; }
    public uint Size { get; set; }

    /// <summary>A property that the configuration does not have and must have, or "".</summary>
    public string Missing { get; init; } = "";

    /// <summary>Whether one of the ranges has this id of the container's.</summary>
    public static bool Has(List<IdMapping> mappings, uint containerId) => HostIdOf(mappings, containerId) != null;

    /// <summary>What an id of the container's is on the host; null if none of the ranges has it.</summary>
    public static uint? HostIdOf(List<IdMapping> mappings, uint containerId) =>
        mappings.Find(one => containerId >= one.ContainerId && containerId - one.ContainerId < one.Size) is { } range
            ? range.HostId + (containerId - range.ContainerId)
            : null;
}

/// <summary>How far a clock of the container is ahead of the host's.</summary>
internal readonly record struct TimeOffset(long Seconds, uint Nanoseconds);

internal sealed class Personality
{
    /// <summary>"LINUX" or "LINUX32".</summary>
    public string Domain { get; set; } = "";
    public List<string> Flags { get; set; } = [];
}

internal sealed class IntelRdt
{
    /// <summary>The group's directory under the resctrl mount; empty: named by the container's id; "/": the default group.</summary>
    public string ClosId { get; set; } = "";

    /// <summary>Lines for the group's file "schemata", to be written last.</summary>
    public List<string> Schemata { get; set; } = [];

    /// <summary>"L3:0=ff;1=ff"</summary>
    public string L3CacheSchema { get; set; } = "";

    /// <summary>"MB:0=20;1=70"</summary>
    public string MemBwSchema { get; set; } = "";
    public bool EnableMonitoring { get; set; }
}

internal sealed class MemoryPolicy
{
    /// <summary>"MPOL_BIND" and its like: see <see cref="MemoryPolicyWords"/>.</summary>
    public string Mode { get; set; } = "";

    /// <summary>A list such as "0-3,7".</summary>
    public string Nodes { get; set; } = "";
    public List<string> Flags { get; set; } = [];
}
