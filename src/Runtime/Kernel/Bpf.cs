using System.Runtime.InteropServices;
using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>bpf(2), for programs that judge device accesses of a cgroup. All calls return -errno on failure.</summary>
internal static unsafe class Bpf
{
    private const int BPF_PROG_LOAD = 5, BPF_PROG_ATTACH = 8, BPF_PROG_DETACH = 9, BPF_PROG_GET_FD_BY_ID = 13,
        BPF_OBJ_GET_INFO_BY_FD = 15, BPF_PROG_QUERY = 16;
    private const int BPF_PROG_TYPE_CGROUP_DEVICE = 15, BPF_CGROUP_DEVICE = 6, BPF_F_ALLOW_MULTI = 2, BPF_F_REPLACE = 4;
    private const int AttrSize = 120, NameSize = 16;

    /// <summary>What our programs are called, here and in the output of bpftool.</summary>
    private static ReadOnlySpan<byte> Name => "rt_devices\0"u8;

    /// <summary>union bpf_attr, the members of BPF_PROG_ATTACH and BPF_PROG_DETACH.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct attach_attr
    {
        public int target_fd, attach_bpf_fd, attach_type, attach_flags, replace_bpf_fd;
    }

    /// <summary>union bpf_attr, the members of BPF_PROG_QUERY.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct query_attr
    {
        public int target_fd, attach_type, query_flags, attach_flags;
        public uint* prog_ids;
        public uint prog_cnt;
    }

    /// <summary>union bpf_attr, the members of BPF_OBJ_GET_INFO_BY_FD.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct info_attr
    {
        public int bpf_fd;
        public uint info_len;
        public byte* info;
    }

    /// <summary>Loads instructions (8 bytes each); a descriptor.</summary>
    public static int LoadDeviceProgram(byte* instructions, int count)
    {
        fixed (byte* license = "Apache-2.0\0"u8, name = Name)
        {
            byte* attr = stackalloc byte[AttrSize]; // union bpf_attr, the members of BPF_PROG_LOAD
            new Span<byte>(attr, AttrSize).Clear();
            *(int*)attr = BPF_PROG_TYPE_CGROUP_DEVICE;
            *(int*)(attr + 4) = count;
            *(ulong*)(attr + 8) = (ulong)instructions;
            *(ulong*)(attr + 16) = (ulong)license;
            Text.Copy(attr + 48, name, Name.Length);
            return (int)Syscall.Invoke(bpf, BPF_PROG_LOAD, (nint)attr, AttrSize);
        }
    }

    /// <summary>Puts a program on a cgroup, beside those that are there: an access must please all of them.</summary>
    public static int AttachToCgroup(int cgroup, int program) => OnCgroup(BPF_PROG_ATTACH, cgroup, program, BPF_F_ALLOW_MULTI);

    /// <summary>Puts a program in the place of another, at once (Linux 5.6).</summary>
    public static int ReplaceOnCgroup(int cgroup, int program, int old) =>
        OnCgroup(BPF_PROG_ATTACH, cgroup, program, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, old);

    public static int DetachFromCgroup(int cgroup, int program) => OnCgroup(BPF_PROG_DETACH, cgroup, program);

    private static int OnCgroup(int command, int cgroup, int program, int flags = 0, int old = 0)
    {
        attach_attr attr = new()
        {
            target_fd = cgroup,
            attach_bpf_fd = program,
            attach_type = BPF_CGROUP_DEVICE,
            attach_flags = flags,
            replace_bpf_fd = old,
        };
        return (int)Syscall.Invoke(bpf, command, (nint)(&attr), sizeof(attach_attr));
    }

    /// <summary>The ids of the programs on a cgroup itself, not on those above; returns how many.</summary>
    public static int QueryCgroup(int cgroup, uint* ids, int most)
    {
        query_attr attr = new() { target_fd = cgroup, attach_type = BPF_CGROUP_DEVICE, prog_ids = ids, prog_cnt = (uint)most };
        nint result = Syscall.Invoke(bpf, BPF_PROG_QUERY, (nint)(&attr), sizeof(query_attr));
        return result < 0 ? (int)result : (int)attr.prog_cnt;
    }

    /// <summary>A descriptor of a program.</summary>
    public static int OpenById(uint id)
    {
        uint* attr = stackalloc uint[3] { id, 0, 0 };
        return (int)Syscall.Invoke(bpf, BPF_PROG_GET_FD_BY_ID, (nint)attr, 12);
    }

    /// <summary>Whether it was loaded by rt, this time or before.</summary>
    public static bool IsNamedAsOurs(int program)
    {
        const int InfoSize = 80, NameOffset = 64; // struct bpf_prog_info as far as its name
        byte* info = stackalloc byte[InfoSize];
        new Span<byte>(info, InfoSize).Clear();
        info_attr attr = new() { bpf_fd = program, info_len = InfoSize, info = info };
        return Syscall.Invoke(bpf, BPF_OBJ_GET_INFO_BY_FD, (nint)(&attr), sizeof(info_attr)) >= 0
            && new ReadOnlySpan<byte>(info + NameOffset, NameSize).StartsWith(Name);
    }
}
