using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>bpf(2), for programs that judge device accesses of a cgroup.</summary>
internal static unsafe class Bpf
{
    private const int BPF_PROG_LOAD = 5, BPF_PROG_ATTACH = 8;
    private const int BPF_PROG_TYPE_CGROUP_DEVICE = 15, BPF_CGROUP_DEVICE = 6, BPF_F_ALLOW_MULTI = 2;
    private const int AttrSize = 120;

    /// <summary>Loads instructions (8 bytes each); a descriptor or -errno.</summary>
    public static int LoadDeviceProgram(byte* instructions, int count)
    {
        fixed (byte* license = "Apache-2.0\0"u8, name = "rt_devices\0"u8)
        {
            byte* attr = stackalloc byte[AttrSize]; // union bpf_attr, the members of BPF_PROG_LOAD
            new Span<byte>(attr, AttrSize).Clear();
            *(int*)attr = BPF_PROG_TYPE_CGROUP_DEVICE;
            *(int*)(attr + 4) = count;
            *(ulong*)(attr + 8) = (ulong)instructions;
            *(ulong*)(attr + 16) = (ulong)license;
            Text.Copy(attr + 48, name, 11);
            return (int)Syscall.Invoke(bpf, BPF_PROG_LOAD, (nint)attr, AttrSize);
        }
    }

    /// <summary>Puts a program on a cgroup, beside those that are there: an access must please all of them.</summary>
    public static int AttachToCgroup(int cgroup, int program)
    {
        int* attr = stackalloc int[4] { cgroup, program, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI };
        return (int)Syscall.Invoke(bpf, BPF_PROG_ATTACH, (nint)attr, 16);
    }
}
