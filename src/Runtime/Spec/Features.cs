using System.Text.Json.Serialization;

namespace Rt.Spec;

// The features document of runtime-spec 1.3.0 (features.md, features-linux.md): what rt can do, for engines to ask.

internal sealed record Features
{
    public string OciVersionMin { get; init; } = "1.0.0";
    public string OciVersionMax { get; init; } = BuildInfo.SpecVersion;
    public IReadOnlyList<string> Hooks { get; init; } = Spec.Hooks.Kinds;
    public required IReadOnlyList<string> MountOptions { get; init; }
    public required LinuxFeatures Linux { get; init; }
    public required SortedDictionary<string, string> Annotations { get; init; }
    public IReadOnlyList<string> PotentiallyUnsafeConfigAnnotations { get; init; } = Spec.Annotations.Unsafe;
}

internal sealed record LinuxFeatures
{
    public required IReadOnlyList<string> Namespaces { get; init; }
    public required IReadOnlyList<string> Capabilities { get; init; }
    public required CgroupFeatures Cgroup { get; init; }
    public required SeccompFeatures Seccomp { get; init; }
    public Enabled Apparmor { get; init; } = new(true);
    public Enabled Selinux { get; init; } = new(true);
    public RdtFeatures IntelRdt { get; init; } = new();
    public required MemoryPolicyFeatures MemoryPolicy { get; init; }
    public MountExtensions MountExtensions { get; init; } = new(new Enabled(true));
    public Enabled NetDevices { get; init; } = new(true);
}

internal sealed record RdtFeatures
{
    public bool Enabled { get; init; } = true;
    public bool Schemata { get; init; } = true;
    public bool Monitoring { get; init; } = true;
}

internal sealed record MemoryPolicyFeatures(IReadOnlyList<string> Modes, IReadOnlyList<string> Flags);

internal sealed record Enabled([property: JsonPropertyName("enabled")] bool IsEnabled);

internal sealed record MountExtensions(Enabled Idmap);

internal sealed record CgroupFeatures
{
    public bool V1 { get; init; }
    public bool V2 { get; init; }
    public bool Systemd { get; init; }
    public bool SystemdUser { get; init; }
    public bool Rdma { get; init; }
}

internal sealed record SeccompFeatures
{
    public bool Enabled { get; init; } = true;
    public required IReadOnlyList<string> Actions { get; init; }
    public required IReadOnlyList<string> Operators { get; init; }
    public required IReadOnlyList<string> Archs { get; init; }
    public required IReadOnlyList<string> KnownFlags { get; init; }
    public required IReadOnlyList<string> SupportedFlags { get; init; }
}
