using System.Runtime.InteropServices;
using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>The descriptor-based mount API (fsopen(2), open_tree(2), move_mount(2), mount_setattr(2)) and what it replaces.</summary>
internal static unsafe class MountApi
{
    public const ulong MOUNT_ATTR_RDONLY = 0x1, MOUNT_ATTR_NOSUID = 0x2, MOUNT_ATTR_NODEV = 0x4, MOUNT_ATTR_NOEXEC = 0x8,
        MOUNT_ATTR__ATIME = 0x70, MOUNT_ATTR_RELATIME = 0x00, MOUNT_ATTR_NOATIME = 0x10, MOUNT_ATTR_STRICTATIME = 0x20,
        MOUNT_ATTR_NODIRATIME = 0x80, MOUNT_ATTR_IDMAP = 0x100000, MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

    public const ulong MS_REMOUNT = 0x20,
        MS_NOSYMFOLLOW = 0x100, MS_NOATIME = 0x400, MS_NODIRATIME = 0x800, MS_BIND = 0x1000, MS_REC = 0x4000,
        MS_SILENT = 0x8000, MS_UNBINDABLE = 0x20000, MS_PRIVATE = 0x40000, MS_SLAVE = 0x80000, MS_SHARED = 0x100000,
        MS_RELATIME = 0x200000, MS_I_VERSION = 0x800000, MS_STRICTATIME = 0x1000000;

    public const int MNT_DETACH = 2, UMOUNT_NOFOLLOW = 8;

    private const uint FSCONFIG_SET_FLAG = 0, FSCONFIG_SET_STRING = 1, FSCONFIG_CMD_CREATE = 6, FSCONFIG_CMD_RECONFIGURE = 7;
    private const uint MOVE_MOUNT_F_EMPTY_PATH = 0x4, MOVE_MOUNT_T_EMPTY_PATH = 0x40;

    /// <summary>struct mount_attr of mount_setattr(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct mount_attr
    {
        public ulong attr_set, attr_clr, propagation, userns_fd;
    }

    public static int fsopen(byte* type)
    {
        const int FSOPEN_CLOEXEC = 1;
        return (int)Syscall.Invoke(SyscallNumber.fsopen, (nint)type, FSOPEN_CLOEXEC);
    }

    public static int fsconfig_flag(int fs, byte* key) => (int)Syscall.Invoke(fsconfig, fs, (nint)FSCONFIG_SET_FLAG, (nint)key);

    public static int fsconfig_string(int fs, byte* key, byte* value) =>
        (int)Syscall.Invoke(fsconfig, fs, (nint)FSCONFIG_SET_STRING, (nint)key, (nint)value);

    public static int fsconfig_create(int fs) => (int)Syscall.Invoke(fsconfig, fs, (nint)FSCONFIG_CMD_CREATE);

    public static int fsconfig_reconfigure(int fs) => (int)Syscall.Invoke(fsconfig, fs, (nint)FSCONFIG_CMD_RECONFIGURE);

    /// <summary>The file system that is mounted at a descriptor, to be reconfigured.</summary>
    public static int fspick(int mount)
    {
        const int FSPICK_CLOEXEC = 1, FSPICK_EMPTY_PATH = 8;
        byte empty = 0;
        return (int)Syscall.Invoke(SyscallNumber.fspick, mount, (nint)(&empty), FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
    }

    public static int fsmount(int fs, ulong attributes)
    {
        const int FSMOUNT_CLOEXEC = 1;
        return (int)Syscall.Invoke(SyscallNumber.fsmount, fs, FSMOUNT_CLOEXEC, (nint)attributes);
    }

    /// <summary>A detached clone of the mount at <paramref name="path"/>, with what is mounted below it if recursive.</summary>
    public static int open_tree_clone(int dirfd, byte* path, bool recursive)
    {
        const int OPEN_TREE_CLONE = 1;
        int flags = OPEN_TREE_CLONE | Files.O_CLOEXEC | Files.AT_EMPTY_PATH | (recursive ? Files.AT_RECURSIVE : 0);
        return (int)Syscall.Invoke(open_tree, dirfd, (nint)path, flags);
    }

    /// <summary>Attaches the mount of one descriptor on the place that the other refers to.</summary>
    public static int move_mount(int from, int onto)
    {
        byte empty = 0;
        return (int)Syscall.Invoke(SyscallNumber.move_mount, from, (nint)(&empty), onto, (nint)(&empty),
            (nint)(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
    }

    /// <summary>
    /// Changes the attributes and the propagation (one MS_ propagation flag, or 0) of the mount at a descriptor. Kernels
    /// before 5.12 have no mount_setattr: there the old remount does it, for what is attached somewhere and, but for its
    /// propagation, not recursive; else it is -ENOSYS.
    /// </summary>
    public static int SetAttributes(int mount, ulong set, ulong clear, ulong propagation, bool recursive)
    {
        mount_attr attr = new() { attr_set = set, attr_clr = clear, propagation = propagation };
        byte empty = 0;
        int flags = Files.AT_EMPTY_PATH | (recursive ? Files.AT_RECURSIVE : 0);
        int result = (int)Syscall.Invoke(mount_setattr, mount, (nint)(&empty), flags, (nint)(&attr), sizeof(mount_attr));
        if (result != -Errno.ENOSYS || (recursive && (set | clear) != 0)) return result;
        result = RemountThroughProc(mount, set, clear, propagation == 0 ? 0 : propagation | (recursive ? MS_REC : 0));
        return result == -Errno.EINVAL ? -Errno.ENOSYS : result; // EINVAL: it is attached nowhere
    }

    /// <summary>Has a detached mount, or all of its tree, show ids as the user namespace maps them.</summary>
    public static int SetIdMap(int mount, int userNamespace, bool recursive)
    {
        mount_attr attr = new() { attr_set = MOUNT_ATTR_IDMAP, userns_fd = (ulong)userNamespace };
        byte empty = 0;
        int flags = Files.AT_EMPTY_PATH | (recursive ? Files.AT_RECURSIVE : 0);
        return (int)Syscall.Invoke(mount_setattr, mount, (nint)(&empty), flags, (nint)(&attr), sizeof(mount_attr));
    }

    private static int RemountThroughProc(int mountFd, ulong set, ulong clear, ulong propagation)
    {
        byte* path = stackalloc byte[32];
        Text.FormatProcSelfFd(path, mountFd);
        if (propagation != 0)
        {
            int result = mount(null, path, null, propagation, null);
            if (result < 0) return result;
        }

        if ((set | clear) == 0) return 0;
        nint now = Files.MountFlags(mountFd); // those of the lowest four bits, which are the same here too
        if (now < 0) return (int)now;
        set |= (ulong)now & ~clear & (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
        return mount(null, path, null, MS_REMOUNT | MS_BIND | ToMountFlags(set), null);
    }

    /// <summary>MOUNT_ATTR_ bits as MS_ flags; the lowest four are the same in both.</summary>
    public static ulong ToMountFlags(ulong attributes) =>
        (attributes & (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC))
        | ((attributes & MOUNT_ATTR__ATIME) switch
        {
            MOUNT_ATTR_NOATIME => MS_NOATIME,
            MOUNT_ATTR_STRICTATIME => MS_STRICTATIME,
            _ => MS_RELATIME,
        })
        | ((attributes & MOUNT_ATTR_NODIRATIME) != 0 ? MS_NODIRATIME : 0)
        | ((attributes & MOUNT_ATTR_NOSYMFOLLOW) != 0 ? MS_NOSYMFOLLOW : 0);

    public static int mount(byte* source, byte* target, byte* type, ulong flags, byte* data) =>
        (int)Syscall.Invoke(SyscallNumber.mount, (nint)source, (nint)target, (nint)type, (nint)flags, (nint)data);

    public static int umount2(byte* target, int flags) => (int)Syscall.Invoke(SyscallNumber.umount2, (nint)target, flags);

    public static int pivot_root(byte* newRoot, byte* putOld) =>
        (int)Syscall.Invoke(SyscallNumber.pivot_root, (nint)newRoot, (nint)putOld);
}
