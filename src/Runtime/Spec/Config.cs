namespace Rt.Spec;

// The OCI runtime configuration, config.json, as runtime-spec 1.3.0 defines it (config.md, config-linux.md). Names are the
// spec's; a property that is absent is null, or empty for lists.

/// <summary>The whole of config.json.</summary>
internal sealed class Config
{
    public string OciVersion { get; set; } = "";
    public Root? Root { get; set; }
    public ContainerProcess? Process { get; set; }
    public string Hostname { get; set; } = "";
    public string Domainname { get; set; } = "";
    public List<Mount> Mounts { get; set; } = [];
    public SortedDictionary<string, string> Annotations { get; set; } = new(StringComparer.Ordinal);
    public Linux Linux { get; set; } = new();
    public Hooks Hooks { get; set; } = new();
}

internal sealed class Root
{
    /// <summary>Absolute, or relative to the bundle.</summary>
    public string Path { get; set; } = "";
    public bool Readonly { get; set; }
}

internal sealed class ContainerProcess
{
    public bool Terminal { get; set; }

    /// <summary>Null: whatever the terminal has by itself, or there is none.</summary>
    public ConsoleSize? ConsoleSize { get; set; }
    public User User { get; set; } = new();
    public List<string> Args { get; set; } = [];
    public List<string> Env { get; set; } = [];
    public string Cwd { get; set; } = "";
    public Capabilities? Capabilities { get; set; }
    public List<Rlimit> Rlimits { get; set; } = [];
    public bool NoNewPrivileges { get; set; }
    public int? OomScoreAdj { get; set; }
    public string ApparmorProfile { get; set; } = "";
    public string SelinuxLabel { get; set; } = "";
    public Scheduler? Scheduler { get; set; }
    public IoPriority? IoPriority { get; set; }
    public ExecCpuAffinity? ExecCpuAffinity { get; set; }

    /// <summary>Takes over from the container's own process what another one does not speak of, as far as runc does so.</summary>
    public void InheritFrom(ContainerProcess own)
    {
        User.Umask ??= own.User.Umask;
        Capabilities ??= own.Capabilities;
        if (Rlimits.Count == 0) Rlimits = own.Rlimits;
        OomScoreAdj ??= own.OomScoreAdj;
        if (ApparmorProfile.Length == 0) ApparmorProfile = own.ApparmorProfile;
        if (SelinuxLabel.Length == 0) SelinuxLabel = own.SelinuxLabel;
        Scheduler ??= own.Scheduler;
        IoPriority ??= own.IoPriority;
        ExecCpuAffinity ??= own.ExecCpuAffinity;
    }
}

/// <summary>Characters.</summary>
internal sealed class ConsoleSize
{
    public uint Height { get; set; }
    public uint Width { get; set; }
}

internal sealed class User
{
    public uint Uid { get; set; }
    public uint Gid { get; set; }

    /// <summary>Permission bits that new files never get; 0022 if absent.</summary>
    public uint? Umask { get; set; }
    public List<uint> AdditionalGids { get; set; } = [];
}

internal sealed class Capabilities
{
    public List<string> Bounding { get; set; } = [];
    public List<string> Effective { get; set; } = [];
    public List<string> Inheritable { get; set; } = [];
    public List<string> Permitted { get; set; } = [];
    public List<string> Ambient { get; set; } = [];
}

internal sealed class Rlimit
{
    public string Type { get; set; } = "";
    public ulong Soft { get; set; }
    public ulong Hard { get; set; }
}

internal sealed class Mount
{
    public string Destination { get; set; } = "";
    public string Type { get; set; } = "";
    public string Source { get; set; } = "";
    public List<string> Options { get; set; } = [];

    /// <summary>What the ids of the source are in the container's eyes, for an idmapped mount; empty: not given.</summary>
    public List<IdMapping> UidMappings { get; set; } = [];
    public List<IdMapping> GidMappings { get; set; } = [];
}

internal sealed class Linux
{
    public List<Namespace> Namespaces { get; set; } = [];

    /// <summary>The ids of a new user namespace.</summary>
    public List<IdMapping> UidMappings { get; set; } = [];
    public List<IdMapping> GidMappings { get; set; } = [];

    /// <summary>By the clock's name.</summary>
    public SortedDictionary<string, TimeOffset> TimeOffsets { get; set; } = new(StringComparer.Ordinal);
    public List<Device> Devices { get; set; } = [];

    /// <summary>
    /// Network devices to move into the container, by their names outside; the value is the name inside, "" for the same.
    /// </summary>
    public SortedDictionary<string, string> NetDevices { get; set; } = new(StringComparer.Ordinal);
    public string CgroupsPath { get; set; } = "";
    public Resources Resources { get; set; } = new();
    public string RootfsPropagation { get; set; } = "";
    public SeccompSection? Seccomp { get; set; }
    public SortedDictionary<string, string> Sysctl { get; set; } = new(StringComparer.Ordinal);
    public List<string> MaskedPaths { get; set; } = [];
    public List<string> ReadonlyPaths { get; set; } = [];
    public string MountLabel { get; set; } = "";
    public Personality? Personality { get; set; }
    public IntelRdt? IntelRdt { get; set; }
    public MemoryPolicy? MemoryPolicy { get; set; }

    /// <summary>Whether the container gets a namespace of this type that nobody else has.</summary>
    public bool HasNewNamespace(string type) => Namespaces.Exists(one => one.Type == type && one.Path.Length == 0);

    /// <summary>Whether its namespace of this type is another than the caller's, be it new or joined.</summary>
    public bool HasNamespace(string type) => Namespaces.Exists(one => one.Type == type);
}

internal sealed class Namespace
{
    public string Type { get; set; } = "";

    /// <summary>The namespace to join; empty for a new one.</summary>
    public string Path { get; set; } = "";
}

internal sealed class Device
{
    /// <summary>"c", "u" (unbuffered character), "b" or "p" (FIFO).</summary>
    public string Type { get; set; } = "";
    public string Path { get; set; } = "";
    public long Major { get; set; }
    public long Minor { get; set; }
    public uint? FileMode { get; set; }
    public uint? Uid { get; set; }
    public uint? Gid { get; set; }
}

/// <summary>
/// Where linux.seccomp stands in config.json. It is the longest part of most configurations and seldom changes, so it is
/// read only when no compiled filter for the very same bytes is in the cache.
/// </summary>
/// <param name="Json">Its bytes.</param>
/// <param name="Document">All of config.json.</param>
/// <param name="Start">Where in it the section begins.</param>
internal sealed record SeccompSection(ReadOnlyMemory<byte> Json, ReadOnlyMemory<byte> Document, int Start)
{
    /// <summary>How many lines come before it.</summary>
    public int LinesBefore => Document.Span[..Start].Count((byte)'\n');
}

internal sealed class Seccomp
{
    public string DefaultAction { get; set; } = "";
    public uint? DefaultErrnoRet { get; set; }
    public List<string> Architectures { get; set; } = [];

    /// <summary>Null where the property is absent, which is not the same as none.</summary>
    public List<string>? Flags { get; set; }
    public List<SeccompRule> Syscalls { get; set; } = [];

    /// <summary>The Unix socket of the agent that judges calls with SCMP_ACT_NOTIFY.</summary>
    public string ListenerPath { get; set; } = "";

    /// <summary>Passed on to the agent.</summary>
    public string ListenerMetadata { get; set; } = "";
}

internal sealed class SeccompRule
{
    public List<string> Names { get; set; } = [];
    public string Action { get; set; } = "";
    public uint? ErrnoRet { get; set; }
    public List<SeccompArg> Args { get; set; } = [];
}

internal sealed class SeccompArg
{
    /// <summary>0 to 5.</summary>
    public uint Index { get; set; }
    public ulong Value { get; set; }

    /// <summary>For SCMP_CMP_MASKED_EQ: compared with the argument after masking it with <see cref="Value"/>.</summary>
    public ulong ValueTwo { get; set; }
    public string Op { get; set; } = "";
}
