namespace Rt.Cgroups;

/// <summary>The cgroups that a container has, as its state keeps them, and what can be done with them.</summary>
internal sealed record ContainerCgroup
{
    /// <summary>The cgroup v2 directory; empty: none.</summary>
    public string Unified { get; init; } = "";

    /// <summary>Tells the directory from a later one of the same path (its inode number).</summary>
    public ulong Identity { get; init; }

    public bool Exists => Unified.Length > 0;

    /// <summary>This, with what tells it from later ones; to be asked when it was made.</summary>
    public ContainerCgroup Identified() => this with { Identity = Unified.Length > 0 ? UnifiedCgroup.Identity(Unified) : 0 };

    /// <summary>Null if there is none, or if another container has made one of the same path since.</summary>
    public ContainerCgroup? IfStillThere => Exists && UnifiedCgroup.Identity(Unified) == Identity ? this : null;

    public bool IsFrozen => UnifiedCgroup.IsFrozen(Unified);

    /// <summary>SIGKILL to every process in it and below, frozen or not. False if there is no such cgroup.</summary>
    public bool Kill() => UnifiedCgroup.Kill(Unified);

    /// <summary>The processes in it and below, as far as this pid namespace can name them.</summary>
    public List<int> Processes() => UnifiedCgroup.Processes(Unified);

    /// <summary>Removes it and what was made inside. Killed processes have so long to be gone; the living are an error.</summary>
    public void Remove(long milliseconds) => UnifiedCgroup.Remove(Unified, milliseconds);

    /// <summary>Removes it unless someone is in it, giving dying processes a second to be gone.</summary>
    public void RemoveIfEmpty() => UnifiedCgroup.RemoveIfEmpty(Unified);
}
