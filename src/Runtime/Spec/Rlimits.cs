namespace Rt.Spec;

/// <summary>Resource limits by name and number (getrlimit(2), include/uapi/asm-generic/resource.h).</summary>
internal static class Rlimits
{
    private static readonly string[] Names =
    [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE",
        "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO",
        "RLIMIT_RTTIME",
    ];

    /// <summary>The kernel's number, or -1.</summary>
    public static int Number(string name) => Array.IndexOf(Names, name);

    public static string Name(int number) => Names[number];
}
