using Rt.Cgroups;
using Rt.Namespaces;
using Rt.Plan;
using Rt.Security;
using Rt.Spec;

namespace Rt.Launch;

/// <summary>All that happens to start a container, decided beforehand.</summary>
internal sealed record LaunchPlan
{
    /// <summary>Made first, by rt itself; null: none.</summary>
    public CgroupPlan? Cgroup { get; init; }

    /// <summary>What rt opens for the init.</summary>
    public required IReadOnlyList<Opening> Openings { get; init; }

    /// <summary>The steps of the container's process (see PlanFormat.cs).</summary>
    public required byte[] Block { get; init; }

    /// <summary>The configuration that this was compiled from, for what rt does beside the init.</summary>
    public required Config Config { get; init; }

    public PlanReader Reader => reader ??= new PlanReader(Block);

    private PlanReader? reader;

    /// <summary>Whether the init has a user namespace to become root in, once rt says that its mappings are there.</summary>
    public bool HasUserNamespace => Config.Linux.HasNamespace("user");

    /// <summary>The process joins a container that is there (exec).</summary>
    public bool Joins { get; init; }

    /// <summary>Mappings to be written; null where there is no user namespace or it has them already.</summary>
    public UserNamespace? UserNamespace => !Joins && Config.Linux.HasNewNamespace("user")
        ? new UserNamespace(Config.Linux.UidMappings, Config.Linux.GidMappings)
        : null;

    /// <summary>Who gets the listener of the seccomp filter; null: it has none.</summary>
    public SeccompListener? SeccompListener { get; init; }

    /// <summary>Whether the init is forked by a process that joins namespaces first.</summary>
    public bool ForksTwice { get; init; }

    /// <summary>Whether the process that rt forks is born into the cgroup, be it the init or one that forks the init.</summary>
    public bool ForksIntoCgroup => Joins || Cgroup?.Scope == null && (!ForksTwice || NamespaceCompiler.JoinsCgroups(Config));

    /// <summary>
    /// Whether the init stops for rt on its way. If not, its go-ahead may be given as soon as it is on record.
    /// </summary>
    public bool Stops { get; init; }

    /// <summary>
    /// Whether rt sets the resource limits: to raise one takes a capability in the host's user namespace, which the init of a
    /// user namespace does not have.
    /// </summary>
    public bool LimitsFromOutside => HasUserNamespace && Config.Process!.Rlimits.Count > 0;
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

    /// <summary>The caller is an ordinary user.</summary>
    public bool Rootless { get; init; }

    /// <summary>rt may be refused to make the container's cgroups, and then does without (<see cref="CgroupPrivilege"/>).</summary>
    public bool MayLackCgroups { get; init; }
    public bool NoNewKeyring { get; init; }

    public CgroupManager CgroupManager { get; init; }

    /// <summary>The scope is one of the caller's own systemd, not the host's.</summary>
    public bool UserSystemd { get; init; }

    /// <summary>How many descriptors from 3 on the container inherits.</summary>
    public int PreserveFds { get; init; }

    /// <summary>The terminal's output goes to rt's standard output, and that is no terminal.</summary>
    public bool PlainNewlines { get; init; }

    /// <summary>The CPUs to run on; empty: all that the cgroup has; null: as the kernel has left it.</summary>
    public string? Affinity { get; init; } = "";

    /// <summary>Told what is left out of the plan and why.</summary>
    public Action<string> Warn { get; init; } = static _ => { };
}

/// <summary>The container that a process joins, as far as only rt can tell.</summary>
/// <param name="Init">Gives a pidfd of its init.</param>
/// <param name="Root">Gives its root directory, for a container in a mount namespace of others.</param>
/// <param name="LegacyCgroups">Its cgroups of v1, or those below that the process is to be in.</param>
/// <param name="Namespaces">CLONE_NEW flags: its namespaces that are not the caller's.</param>
/// <param name="MayTrace">Its processes may look into others of theirs, even into one that can't be dumped.</param>
internal sealed record Joining(
    Func<int> Init, Func<int> Root, IReadOnlyList<LegacyDirectory> LegacyCgroups, ulong Namespaces, bool MayTrace = false);

/// <summary>What the plan depends on beside the configuration: the host.</summary>
/// <param name="Cgroups">Where cgroups are mounted, and which the caller is in.</param>
/// <param name="LastCapability">The highest capability that the kernel knows (/proc/sys/kernel/cap_last_cap).</param>
/// <param name="Capabilities">Those that rt has to give; all of them for an ordinary user, who gets them with a user namespace.</param>
/// <param name="DeniesGroups">setgroups(2) is denied for good in the user namespace that rt is in (user_namespaces(7)).</param>
internal sealed record Host(
    CgroupHierarchy Cgroups, int LastCapability, ulong Capabilities = ulong.MaxValue, bool DeniesGroups = false)
{
    public static Host Detect() => Detect(CgroupHierarchy.Detect());

    /// <summary>CAP_SYS_ADMIN.</summary>
    public bool IsAdmin => (Capabilities & 1UL << Array.IndexOf(CapabilityNames.All, "CAP_SYS_ADMIN")) != 0;

    /// <summary>Without its cgroups, which are of no concern to a process that joins a container's.</summary>
    public static Host DetectForExec() => Detect(new CgroupHierarchy(null, "/"));

    private static Host Detect(CgroupHierarchy cgroups) => new(
        cgroups,
        int.TryParse(Kernel.FileContent.TryReadText("/proc/sys/kernel/cap_last_cap"), out int last)
            ? last
            : CapabilityNames.All.Length - 1,
        Kernel.Processes.geteuid() == 0 ? Kernel.Credentials.PermittedCapabilities() : ulong.MaxValue,
        Kernel.Credentials.InUserNamespace() && Kernel.FileContent.TryReadText("/proc/self/setgroups") == "deny\n");
}
