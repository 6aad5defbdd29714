using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>setresuid(2), setgroups(2), capset(2), prctl(2), keyctl(2), prlimit(2): who a process is and what it may do.</summary>
internal static unsafe class Credentials
{
    public const int PR_SET_PDEATHSIG = 1, PR_SET_DUMPABLE = 4, PR_SET_NAME = 15, PR_SET_KEEPCAPS = 8, PR_CAPBSET_DROP = 24,
        PR_SET_CHILD_SUBREAPER = 36, PR_SET_NO_NEW_PRIVS = 38, PR_CAP_AMBIENT = 47;

    public const int PR_CAP_AMBIENT_RAISE = 2, PR_CAP_AMBIENT_CLEAR_ALL = 4;

    private const uint LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    /// <summary>The inode number of the first user namespace (PROC_USER_INIT_INO, linux/proc_ns.h).</summary>
    private const ulong InitialUserNamespace = 0xeffffffd;

    /// <summary>Whether this process is in a user namespace below the host's.</summary>
    public static bool InUserNamespace()
    {
        fixed (byte* name = "/proc/self/ns/user\0"u8)
            return Statx.At(Files.AT_FDCWD, name, 0, out Statx stat) >= 0 && stat.Inode != InitialUserNamespace;
    }

    public static int setgroups(int count, uint* groups) => (int)Syscall.Invoke(SyscallNumber.setgroups, count, (nint)groups);

    public static int SetUid(uint uid) => (int)Syscall.Invoke(setresuid, (nint)uid, (nint)uid, (nint)uid);

    public static int SetGid(uint gid) => (int)Syscall.Invoke(setresgid, (nint)gid, (nint)gid, (nint)gid);

    public static int prctl(int option, nint a = 0, nint b = 0, nint c = 0, nint d = 0) =>
        (int)Syscall.Invoke(SyscallNumber.prctl, option, a, b, c, d);

    /// <summary>The calling thread's permitted set (capget(2)): a bit a capability, as in linux/capability.h.</summary>
    public static ulong PermittedCapabilities()
    {
        uint* header = stackalloc uint[2] { LINUX_CAPABILITY_VERSION_3, 0 };
        uint* data = stackalloc uint[6];
        Syscall.Invoke(capget, (nint)header, (nint)data);
        return data[1] | (ulong)data[4] << 32;
    }

    /// <summary>capset(2) for the calling thread: a bit a capability, as in linux/capability.h.</summary>
    public static int SetCapabilities(ulong effective, ulong permitted, ulong inheritable)
    {
        uint* header = stackalloc uint[2] { LINUX_CAPABILITY_VERSION_3, 0 };
        uint* data = stackalloc uint[6]
        {
            (uint)effective, (uint)permitted, (uint)inheritable,
            (uint)(effective >> 32), (uint)(permitted >> 32), (uint)(inheritable >> 32),
        };
        return (int)Syscall.Invoke(capset, (nint)header, (nint)data);
    }

    /// <summary>Gives the calling thread a session keyring of its own, named so (keyctl(2), KEYCTL_JOIN_SESSION_KEYRING).</summary>
    public static int JoinSessionKeyring(byte* name)
    {
        const int KEYCTL_JOIN_SESSION_KEYRING = 1;
        return (int)Syscall.Invoke(keyctl, KEYCTL_JOIN_SESSION_KEYRING, (nint)name);
    }

    /// <summary>Sets one resource limit of a process, or the calling one (prlimit(2)); all bits set mean no limit.</summary>
    public static int SetLimit(int resource, ulong soft, ulong hard, int pid = 0)
    {
        ulong* limit = stackalloc ulong[2] { soft, hard };
        return (int)Syscall.Invoke(prlimit64, pid, resource, (nint)limit);
    }

    /// <summary>A resource limit of the calling process.</summary>
    public static int GetLimit(int resource, out ulong soft, out ulong hard)
    {
        ulong* limit = stackalloc ulong[2];
        int result = (int)Syscall.Invoke(prlimit64, 0, resource, 0, (nint)limit);
        (soft, hard) = (limit[0], limit[1]);
        return result;
    }

    public static int sethostname(byte* name, int length) => (int)Syscall.Invoke(SyscallNumber.sethostname, (nint)name, length);

    public static int setdomainname(byte* name, int length) => (int)Syscall.Invoke(SyscallNumber.setdomainname, (nint)name, length);
}
