using System.Runtime.InteropServices;

namespace Rt.Kernel;

/// <summary>struct statx of statx(2): 256 bytes, the fields that rt reads.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal unsafe struct Statx
{
    public const uint STATX_BASIC_STATS = 0x7ff, STATX_MNT_ID = 0x1000;
    public const ulong STATX_ATTR_MOUNT_ROOT = 0x2000, STATX_ATTR_VERITY = 0x100000;

    [FieldOffset(0)] public uint Mask;
    [FieldOffset(8)] public ulong Attributes;
    [FieldOffset(16)] public uint Links;
    [FieldOffset(20)] public uint Uid;
    [FieldOffset(24)] public uint Gid;
    [FieldOffset(28)] public ushort Mode;
    [FieldOffset(32)] public ulong Inode;
    [FieldOffset(40)] public ulong Size;
    [FieldOffset(0x80)] public uint RdevMajor;
    [FieldOffset(0x84)] public uint RdevMinor;
    [FieldOffset(0x88)] public uint DevMajor;
    [FieldOffset(0x8c)] public uint DevMinor;
    [FieldOffset(0x90)] public ulong MountId;

    public readonly uint Type => Mode & Files.S_IFMT;

    /// <summary>Stats an open descriptor (O_PATH too).</summary>
    public static int Of(int fd, out Statx result)
    {
        byte empty = 0;
        return At(fd, &empty, Files.AT_EMPTY_PATH, out result);
    }

    public static int At(int dirfd, byte* path, int flags, out Statx result)
    {
        fixed (Statx* statx = &result)
            return (int)Syscall.Invoke(SyscallNumber.statx, dirfd, (nint)path, flags,
                (nint)(STATX_BASIC_STATS | STATX_MNT_ID), (nint)statx);
    }
}
