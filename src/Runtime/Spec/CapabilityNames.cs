namespace Rt.Spec;

/// <summary>Capabilities by name; a name's place is its number (capabilities(7), include/uapi/linux/capability.h).</summary>
internal static class CapabilityNames
{
    public static readonly string[] All =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
        "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
        "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
        "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>
    /// A bit a capability; names that are not known, or beyond what the kernel has, are told to <paramref name="unknown"/>.
    /// </summary>
    public static ulong Mask(IEnumerable<string> names, int lastCapability, Action<string>? unknown = null)
    {
        ulong mask = 0;
        foreach (string name in names)
        {
            int number = Array.IndexOf(All, name);
            if (number >= 0 && number <= lastCapability) mask |= 1UL << number;
            else unknown?.Invoke(name);
        }

        return mask;
    }

    public static IEnumerable<string> Names(ulong mask) => All.Where((_, number) => (mask >> number & 1) != 0);
}
