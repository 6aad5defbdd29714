namespace Rt.Cgroups;

/// <summary>A value to be written to a file of the cgroup, and the JSON path that asked for it.</summary>
/// <param name="Optional">A kernel without the file needs no such write.</param>
/// <param name="Otherwise">What is written instead on a kernel without the file.</param>
/// <param name="Usage">A file with what is in use: a value below that is refused. Empty: none.</param>
/// <param name="Kept">The file is read again: there are kernels that take the limit and forget it.</param>
internal sealed record CgroupWrite(string File, string Value, string Origin, bool Optional = false, CgroupWrite? Otherwise = null,
    string Usage = "", bool Kept = false)
{
    /// <summary>"memory" for memory.max.</summary>
    public string Controller => File.Split('.')[0];
}

/// <summary>The cgroup v2 directory that a container is to be born into.</summary>
/// <param name="Mount">The cgroup v2 mount.</param>
/// <param name="Path">Below it, beginning with "/".</param>
/// <param name="Writes">Limits, in the order in which they must be written.</param>
/// <param name="DeviceProgram">eBPF instructions that judge device accesses; empty: none.</param>
internal sealed record UnifiedPlan(string Mount, string Path, IReadOnlyList<CgroupWrite> Writes, byte[] DeviceProgram)
{
    public string Directory => Mount + Path;

    /// <summary>The caller's own cgroup, from which a process goes there; below the mount as well.</summary>
    public string Caller { get; init; } = "/";
}

/// <summary>A container's cgroups, decided beforehand.</summary>
internal sealed record CgroupPlan
{
    /// <summary>Null: the host has no cgroup v2.</summary>
    public UnifiedPlan? Unified { get; init; }

    /// <summary>Null: the host has no cgroup v1.</summary>
    public LegacyPlan? Legacy { get; init; }

    /// <summary>Systemd makes the v2 directory, as a scope; null: rt does.</summary>
    public ScopePlan? Scope { get; init; }

    /// <summary>Whether a container without these cgroups would be without a limit that it asks for.</summary>
    public bool HasLimits => Unified?.Writes.Count > 0 || Legacy?.Limits.Count > 0;
}
