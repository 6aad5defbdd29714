using System.Runtime.InteropServices;

namespace Rt.Kernel;

/// <summary>sched_setattr(2), sched_setaffinity(2), ioprio_set(2), set_mempolicy(2), personality(2): how a process is served. All are kept over execve.</summary>
internal static unsafe class Scheduling
{
    /// <summary>struct sched_attr, version 1 (Linux 5.3): 56 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct sched_attr
    {
        public uint size, policy;
        public ulong flags;

        /// <summary>-20 to 19, of SCHED_OTHER and SCHED_BATCH.</summary>
        public int nice;

        /// <summary>1 to 99, of SCHED_FIFO and SCHED_RR; else 0.</summary>
        public uint priority;

        /// <summary>Nanoseconds, of SCHED_DEADLINE.</summary>
        public ulong runtime, deadline, period;

        /// <summary>For SCHED_FLAG_UTIL_CLAMP_, 0 to 1024. runtime-spec has no property for them.</summary>
        public uint util_min, util_max;
    }

    /// <summary>
    /// Of the calling thread. EPERM: no CAP_SYS_NICE, a cgroup without real-time runtime, or for a deadline not all CPUs. EBUSY: the
    /// CPUs can't keep another deadline.
    /// </summary>
    public static int sched_setattr(sched_attr attributes)
    {
        attributes.size = (uint)sizeof(sched_attr);
        return (int)Syscall.Invoke(SyscallNumber.sched_setattr, 0, (nint)(&attributes), 0);
    }

    /// <summary>Of the calling thread: a bit a CPU. EINVAL: none of them is there, or its cgroup has none of them.</summary>
    /// <param name="bytes">A multiple of 8.</param>
    public static int sched_setaffinity(void* cpus, int bytes) =>
        (int)Syscall.Invoke(SyscallNumber.sched_setaffinity, 0, bytes, (nint)cpus);

    /// <summary>Of the calling thread: class (1 to 3) shifted by 13, and level (0 to 7).</summary>
    public static int SetIoPriority(uint value)
    {
        const int IOPRIO_WHO_PROCESS = 1;
        return (int)Syscall.Invoke(SyscallNumber.ioprio_set, IOPRIO_WHO_PROCESS, 0, (nint)value);
    }

    /// <param name="mode">An MPOL_ mode with its MPOL_F_ flags.</param>
    /// <param name="nodes">A bit a node, in whole 64-bit words.</param>
    /// <param name="bits">How many bits that are; 0: no nodes.</param>
    public static int set_mempolicy(uint mode, uint* nodes, int bits) =>
        // The kernel looks at one bit less than it is told (get_nodes in mm/mempolicy.c).
        (int)Syscall.Invoke(SyscallNumber.set_mempolicy, (nint)mode, bits == 0 ? 0 : (nint)nodes, bits == 0 ? 0 : bits + 1);

    /// <summary>Returns the old one. EINVAL: an arm64 processor that can't run 32-bit programs has no PER_LINUX32.</summary>
    public static int personality(uint domain) => (int)Syscall.Invoke(SyscallNumber.personality, (nint)domain);
}
