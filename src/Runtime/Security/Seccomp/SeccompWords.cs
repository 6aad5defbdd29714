using static Rt.Security.Libseccomp;

namespace Rt.Security;

/// <summary>The names of config-linux.md's "Seccomp" section: one table for the compiler and for <c>rt features</c>.</summary>
internal static class SeccompWords
{
    public static readonly IReadOnlyDictionary<string, uint> Actions = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["SCMP_ACT_KILL"] = SCMP_ACT_KILL_THREAD,
        ["SCMP_ACT_KILL_THREAD"] = SCMP_ACT_KILL_THREAD,
        ["SCMP_ACT_KILL_PROCESS"] = SCMP_ACT_KILL_PROCESS,
        ["SCMP_ACT_TRAP"] = SCMP_ACT_TRAP,
        ["SCMP_ACT_ERRNO"] = SCMP_ACT_ERRNO,
        ["SCMP_ACT_TRACE"] = SCMP_ACT_TRACE,
        ["SCMP_ACT_ALLOW"] = SCMP_ACT_ALLOW,
        ["SCMP_ACT_NOTIFY"] = SCMP_ACT_NOTIFY,
        ["SCMP_ACT_LOG"] = SCMP_ACT_LOG,
    };

    /// <summary>enum scmp_compare.</summary>
    public static readonly IReadOnlyDictionary<string, int> Operators = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["SCMP_CMP_NE"] = 1,
        ["SCMP_CMP_LT"] = 2,
        ["SCMP_CMP_LE"] = 3,
        ["SCMP_CMP_EQ"] = 4,
        ["SCMP_CMP_GE"] = 5,
        ["SCMP_CMP_GT"] = 6,
        ["SCMP_CMP_MASKED_EQ"] = 7,
    };

    public const uint WaitKillable = 0x20;

    /// <summary>SECCOMP_FILTER_FLAG_ bits. TSYNC means nothing for a process of one thread.</summary>
    public static readonly IReadOnlyDictionary<string, uint> Flags = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["SECCOMP_FILTER_FLAG_TSYNC"] = 0,
        ["SECCOMP_FILTER_FLAG_LOG"] = 2,
        ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"] = 4,
        ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] = WaitKillable,
    };

    /// <summary>By the names that libseccomp's seccomp_arch_resolve_name(3) takes.</summary>
    public static readonly IReadOnlyDictionary<string, string> Architectures = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["SCMP_ARCH_X86"] = "x86",
        ["SCMP_ARCH_X86_64"] = "x86_64",
        ["SCMP_ARCH_X32"] = "x32",
        ["SCMP_ARCH_ARM"] = "arm",
        ["SCMP_ARCH_AARCH64"] = "aarch64",
        ["SCMP_ARCH_MIPS"] = "mips",
        ["SCMP_ARCH_MIPS64"] = "mips64",
        ["SCMP_ARCH_MIPS64N32"] = "mips64n32",
        ["SCMP_ARCH_MIPSEL"] = "mipsel",
        ["SCMP_ARCH_MIPSEL64"] = "mipsel64",
        ["SCMP_ARCH_MIPSEL64N32"] = "mipsel64n32",
        ["SCMP_ARCH_PPC"] = "ppc",
        ["SCMP_ARCH_PPC64"] = "ppc64",
        ["SCMP_ARCH_PPC64LE"] = "ppc64le",
        ["SCMP_ARCH_S390"] = "s390",
        ["SCMP_ARCH_S390X"] = "s390x",
        ["SCMP_ARCH_PARISC"] = "parisc",
        ["SCMP_ARCH_PARISC64"] = "parisc64",
        ["SCMP_ARCH_RISCV64"] = "riscv64",
    };
}
