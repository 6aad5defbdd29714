namespace Rt.Cgroups;

/// <summary>A value to be written to a file of the cgroup, and the JSON path that asked for it.</summary>
/// <param name="Optional">A kernel without the file needs no such write.</param>
/// <param name="Otherwise">What is written instead on a kernel without the file.</param>
/// <param name="Usage">A file with what is in use: a value below that is refused. Empty: none.</param>
internal sealed record CgroupWrite(
    string File, string Value, string Origin, bool Optional = false, CgroupWrite? Otherwise = null, string Usage = "")
{
    /// <summary>"memory" for memory.max.</summary>
    public string Controller => File.Split('.')[0];
}

/// <summary>The cgroup that a container is to be born into.</summary>
/// <param name="Mount">The cgroup v2 mount.</param>
/// <param name="Path">Below it, beginning with "/".</param>
/// <param name="Writes">Limits, in the order in which they must be written.</param>
/// <param name="DeviceProgram">eBPF instructions that judge device accesses.</param>
internal sealed record CgroupPlan(string Mount, string Path, IReadOnlyList<CgroupWrite> Writes, byte[] DeviceProgram)
{
    public string Directory => Mount + Path;
}
