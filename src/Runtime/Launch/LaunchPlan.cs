using Rt.Cgroups;
using Rt.Plan;

namespace Rt.Launch;

/// <summary>All that happens to start a container, decided beforehand.</summary>
/// <param name="Cgroup">Made first, by rt itself; null: none.</param>
/// <param name="Joins">Namespaces to open, and the slots that they belong in.</param>
/// <param name="Block">The steps of the container's process (see PlanFormat.cs).</param>
internal sealed record LaunchPlan(CgroupPlan? Cgroup, IReadOnlyList<(Slot Slot, string Path, string Origin)> Joins, byte[] Block)
{
    public PlanReader Reader { get; } = new(Block);
}

/// <summary>What the caller asks for beside the configuration.</summary>
internal sealed record LaunchOptions
{
    public required string Id { get; init; }

    /// <summary>Absolute.</summary>
    public required string Bundle { get; init; }

    /// <summary>Wait at the start gate before execve, as <c>create</c> does and <c>run</c> does not.</summary>
    public bool Gate { get; init; }
    public bool NoPivot { get; init; }
    public bool NoNewKeyring { get; init; }

    /// <summary>How many descriptors from 3 on the container inherits.</summary>
    public int PreserveFds { get; init; }

    /// <summary>Told what is left out of the plan and why.</summary>
    public Action<string> Warn { get; init; } = static _ => { };
}

/// <summary>What the plan depends on beside the configuration: the host.</summary>
/// <param name="Cgroups">Where cgroup v2 is mounted.</param>
/// <param name="LastCapability">The highest capability that the kernel knows (/proc/sys/kernel/cap_last_cap).</param>
internal sealed record Host(CgroupHierarchy Cgroups, int LastCapability)
{
    public static Host Detect() => new(
        CgroupHierarchy.Detect(),
        int.TryParse(Kernel.FileContent.TryReadText("/proc/sys/kernel/cap_last_cap"), out int last)
            ? last
            : Spec.CapabilityNames.All.Length - 1);
}
