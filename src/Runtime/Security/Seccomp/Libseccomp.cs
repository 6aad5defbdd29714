using System.Runtime.InteropServices;

namespace Rt.Security;

/// <summary>libseccomp's C API (seccomp_init(3) and its neighbours), linked statically into rt. All return 0 or more, or -errno.</summary>
internal static unsafe class Libseccomp
{
    public const uint SCMP_ACT_KILL_PROCESS = 0x80000000, SCMP_ACT_KILL_THREAD = 0, SCMP_ACT_TRAP = 0x00030000,
        SCMP_ACT_ERRNO = 0x00050000, SCMP_ACT_TRACE = 0x7ff00000, SCMP_ACT_NOTIFY = 0x7fc00000,
        SCMP_ACT_LOG = 0x7ffc0000, SCMP_ACT_ALLOW = 0x7fff0000;

    public const int SCMP_FLTATR_CTL_OPTIMIZE = 8;

    /// <summary>struct scmp_arg_cmp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ArgCmp
    {
        public uint Arg;
        public int Op;
        public ulong A, B;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Version
    {
        public uint Major, Minor, Micro;
    }

    [DllImport("libseccomp")]
    public static extern nint seccomp_init(uint defaultAction);

    [DllImport("libseccomp")]
    public static extern void seccomp_release(nint context);

    [DllImport("libseccomp")]
    public static extern int seccomp_arch_add(nint context, uint arch);

    [DllImport("libseccomp")]
    public static extern int seccomp_attr_set(nint context, int attribute, uint value);

    [DllImport("libseccomp")]
    public static extern uint seccomp_arch_resolve_name(byte* name);

    [DllImport("libseccomp")]
    public static extern int seccomp_syscall_resolve_name(byte* name);

    /// <summary>The token of the architecture that this runs on: AUDIT_ARCH_ of linux/audit.h.</summary>
    [DllImport("libseccomp")]
    public static extern uint seccomp_arch_native();

    [DllImport("libseccomp")]
    public static extern int seccomp_syscall_resolve_name_arch(uint arch, byte* name);

    [DllImport("libseccomp")]
    public static extern int seccomp_rule_add_array(nint context, uint action, int syscall, uint count, ArgCmp* args);

    [DllImport("libseccomp")]
    public static extern int seccomp_export_bpf(nint context, int fd);

    [DllImport("libseccomp")]
    public static extern Version* seccomp_version();
}
