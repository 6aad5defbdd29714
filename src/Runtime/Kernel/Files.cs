using System.Runtime.InteropServices;
using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>open(2), openat2(2), read(2), write(2), mkdir(2), mknod(2), statx(2), fcntl(2), flock(2) and their family.</summary>
internal static unsafe class Files
{
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100, AT_EACCESS = 0x200, AT_REMOVEDIR = 0x200,
        AT_EMPTY_PATH = 0x1000, AT_RECURSIVE = 0x8000;

    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NOCTTY = 0x100,
        O_TRUNC = 0x200, O_APPEND = 0x400, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000, O_PATH = 0x200000;

    /// <summary>Two flags whose bits arm64 swaps with O_DIRECT and O_LARGEFILE (arch/arm64/include/uapi/asm/fcntl.h).</summary>
    public static int O_DIRECTORY => Arm64 ? 0x4000 : 0x10000;

    public static int O_NOFOLLOW => Arm64 ? 0x8000 : 0x20000;

    public const ulong RESOLVE_NO_XDEV = 0x01, RESOLVE_NO_MAGICLINKS = 0x02, RESOLVE_NO_SYMLINKS = 0x04,
        RESOLVE_BENEATH = 0x08, RESOLVE_IN_ROOT = 0x10;

    public const uint S_IFMT = 0xF000, S_IFIFO = 0x1000, S_IFCHR = 0x2000, S_IFDIR = 0x4000, S_IFBLK = 0x6000,
        S_IFREG = 0x8000, S_IFLNK = 0xA000, S_IFSOCK = 0xC000;

    public const int F_GETFD = 1, F_SETFD = 2, F_SETFL = 4, F_ADD_SEALS = 1033, F_GET_SEALS = 1034, FD_CLOEXEC = 1;
    public const int F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8;
    public const uint MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_EXEC = 0x10;
    public const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;
    public const int X_OK = 1, W_OK = 2;

    private static bool Arm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    [StructLayout(LayoutKind.Sequential)]
    private struct open_how
    {
        public ulong flags, mode, resolve;
    }

    public static int open(byte* path, int flags, uint mode = 0) => openat(AT_FDCWD, path, flags, mode);

    public static int openat(int dirfd, byte* path, int flags, uint mode = 0) =>
        (int)Syscall.Invoke(SyscallNumber.openat, dirfd, (nint)path, flags | O_CLOEXEC, (nint)mode);

    /// <summary>Resolves <paramref name="path"/> under the given RESOLVE_ flags; the descriptor is always close-on-exec.</summary>
    public static int openat2(int dirfd, byte* path, int flags, ulong resolve, uint mode = 0)
    {
        open_how how = new() { flags = (ulong)(uint)(flags | O_CLOEXEC), mode = mode, resolve = resolve };
        while (true)
        {
            nint fd = Syscall.Invoke(SyscallNumber.openat2, dirfd, (nint)path, (nint)(&how), sizeof(open_how));
            // EAGAIN: a rename raced with the walk, so the kernel could not vouch for ".."; it asks to be called again.
            if (fd != -Errno.EAGAIN) return (int)fd;
        }
    }

    public static nint read(int fd, void* buffer, nint count) => Syscall.Invoke(SyscallNumber.read, fd, (nint)buffer, count);

    public static nint readBlocking(int fd, void* buffer, nint count) =>
        Syscall.InvokeBlocking(SyscallNumber.read, fd, (nint)buffer, count);

    public static nint ReadAt(int fd, void* buffer, nint count, nint offset) =>
        Syscall.Invoke(pread64, fd, (nint)buffer, count, offset);

    public static nint WriteAt(int fd, void* buffer, nint count, nint offset) =>
        Syscall.Invoke(pwrite64, fd, (nint)buffer, count, offset);

    /// <summary>Cuts a file off, or makes it longer by a hole (ftruncate(2)).</summary>
    public static int Truncate(int fd, nint size) => (int)Syscall.Invoke(ftruncate, fd, size);

    public static nint write(int fd, void* buffer, nint count) => Syscall.Invoke(SyscallNumber.write, fd, (nint)buffer, count);

    public static int close(int fd) => (int)Syscall.Invoke(SyscallNumber.close, fd);

    /// <summary>Makes <paramref name="to"/> refer to the same open file, without close-on-exec.</summary>
    public static int dup3(int from, int to) => (int)Syscall.Invoke(SyscallNumber.dup3, from, to, 0);

    /// <summary>Closes the descriptors from <paramref name="first"/> to <paramref name="last"/>, open or not.</summary>
    public static int close_range(uint first, uint last) => (int)Syscall.Invoke(SyscallNumber.close_range, (nint)first, (nint)last, 0);

    /// <summary>Closes all descriptors from <paramref name="first"/> on but the <paramref name="count"/> kept ones.</summary>
    public static int CloseAllBut(int first, int* kept, int count)
    {
        while (true)
        {
            int next = int.MaxValue;
            for (int i = 0; i < count; i++)
                if (kept[i] >= first && kept[i] < next)
                    next = kept[i];
            int result = next > first ? close_range((uint)first, (uint)next - 1) : 0;
            if (result < 0 || next == int.MaxValue) return result;
            first = next + 1;
        }
    }

    public static int mkdirat(int dirfd, byte* path, uint mode) =>
        (int)Syscall.Invoke(SyscallNumber.mkdirat, dirfd, (nint)path, (nint)mode);

    public static int mknodat(int dirfd, byte* path, uint mode, ulong device) =>
        (int)Syscall.Invoke(SyscallNumber.mknodat, dirfd, (nint)path, (nint)mode, (nint)device);

    /// <summary>The kernel's huge encoding of a device number (new_decode_dev): what mknod(2) takes.</summary>
    public static ulong DeviceNumber(uint major, uint minor) => (minor & 0xff) | (major << 8) | ((ulong)(minor & ~0xffu) << 12);

    public static int symlinkat(byte* target, int dirfd, byte* path) =>
        (int)Syscall.Invoke(SyscallNumber.symlinkat, (nint)target, dirfd, (nint)path);

    public static int unlinkat(int dirfd, byte* path, int flags) => (int)Syscall.Invoke(SyscallNumber.unlinkat, dirfd, (nint)path, flags);

    public static nint readlinkat(int dirfd, byte* path, byte* buffer, int size) =>
        Syscall.Invoke(SyscallNumber.readlinkat, dirfd, (nint)path, (nint)buffer, size);

    public static int rename(byte* from, byte* to) =>
        (int)Syscall.Invoke(renameat2, AT_FDCWD, (nint)from, AT_FDCWD, (nint)to, 0);

    public static int fchmod(int fd, uint mode) => (int)Syscall.Invoke(SyscallNumber.fchmod, fd, (nint)mode);

    public static int fchown(int fd, uint uid, uint gid) => (int)Syscall.Invoke(SyscallNumber.fchown, fd, (nint)uid, (nint)gid);

    public static int setxattr(byte* path, byte* name, byte* value, int size) =>
        (int)Syscall.Invoke(SyscallNumber.setxattr, (nint)path, (nint)name, (nint)value, size, 0);

    /// <summary>Bytes in an extended attribute (getxattr(2)), or -errno (ENODATA: there is none of that name).</summary>
    public static int AttributeSize(byte* path, byte* name) => (int)Syscall.Invoke(SyscallNumber.getxattr, (nint)path, (nint)name);

    /// <summary>An id with all bits set stays as it is.</summary>
    public static int fchownat(int dirfd, byte* path, uint uid, uint gid, int flags) =>
        (int)Syscall.Invoke(SyscallNumber.fchownat, dirfd, (nint)path, (nint)uid, (nint)gid, flags);

    /// <summary>fchown that takes an O_PATH descriptor.</summary>
    public static int ChownPath(int fd, uint uid, uint gid)
    {
        byte empty = 0;
        return fchownat(fd, &empty, uid, gid, AT_EMPTY_PATH);
    }

    public static int fcntl(int fd, int command, nint argument) => (int)Syscall.Invoke(SyscallNumber.fcntl, fd, command, argument);

    /// <summary>Waits for the lock unless LOCK_NB is set.</summary>
    public static int flock(int fd, int operation) => (int)Syscall.InvokeBlocking(SyscallNumber.flock, fd, operation);

    public static int fchdir(int fd) => (int)Syscall.Invoke(SyscallNumber.fchdir, fd);

    public static int chdir(byte* path) => (int)Syscall.Invoke(SyscallNumber.chdir, (nint)path);

    public static int chroot(byte* path) => (int)Syscall.Invoke(SyscallNumber.chroot, (nint)path);

    public static uint umask(uint mask) => (uint)Syscall.Invoke(SyscallNumber.umask, (nint)mask);

    public static int memfd_create(byte* name, uint flags) => (int)Syscall.Invoke(SyscallNumber.memfd_create, (nint)name, (nint)flags);

    public static nint sendfile(int to, int from, nint count) => Syscall.Invoke(SyscallNumber.sendfile, to, from, 0, count);

    /// <summary>A pipe, read end first; both close-on-exec.</summary>
    public static int pipe2(int* pair) => (int)Syscall.Invoke(SyscallNumber.pipe2, (nint)pair, O_CLOEXEC);

    /// <summary>Bytes in a regular file, by seeking to its end (lseek(2)), or -errno.</summary>
    public static nint Size(int fd)
    {
        const int SEEK_END = 2;
        return Syscall.Invoke(lseek, fd, 0, SEEK_END);
    }

    /// <summary>Back to the start of the file (lseek(2)).</summary>
    public static int Rewind(int fd) => (int)Syscall.Invoke(lseek, fd, 0, 0);

    public static nint getdents64(int fd, byte* buffer, int size) => Syscall.Invoke(SyscallNumber.getdents64, fd, (nint)buffer, size);

    /// <summary>Whether the effective user may execute the file, by the kernel's own judgement (EACCES or ENOENT if not).</summary>
    public static int AccessExecutable(byte* path) => Access(path, X_OK);

    /// <summary>The same of writing; EROFS on a file system that is read-only.</summary>
    public static int AccessWritable(byte* path) => Access(path, W_OK);

    private static int Access(byte* path, int mode)
    {
        nint result = Syscall.Invoke(faccessat2, AT_FDCWD, (nint)path, mode, AT_EACCESS);
        // faccessat2 is younger than openat2 by two releases (5.8): a seccomp filter of an outer container may not know it.
        return result is -Errno.ENOSYS or -Errno.EPERM
            ? (int)Syscall.Invoke(faccessat, AT_FDCWD, (nint)path, mode)
            : (int)result;
    }

    /// <summary>The magic number (f_type) of the file system that a path is on, or -errno.</summary>
    public static nint FileSystemType(byte* path)
    {
        nint* statfs = stackalloc nint[StatfsWords];
        nint result = Syscall.Invoke(SyscallNumber.statfs, (nint)path, (nint)statfs);
        return result < 0 ? result : statfs[0];
    }

    /// <summary>The file system's magic number (fstatfs f_type), or -errno.</summary>
    public static nint FileSystemType(int fd) => FileSystemType(fd, out _);

    public static nint FileSystemType(int fd, out bool isReadonly)
    {
        const nint ST_RDONLY = 1;
        nint* statfs = stackalloc nint[StatfsWords];
        nint result = Syscall.Invoke(fstatfs, fd, (nint)statfs);
        isReadonly = result >= 0 && (statfs[10] & ST_RDONLY) != 0;
        return result < 0 ? result : statfs[0];
    }

    /// <summary>The flags of the mount that a descriptor is on, as statfs(2) has them (ST_RDONLY and others), or -errno.</summary>
    public static nint MountFlags(int fd)
    {
        nint* statfs = stackalloc nint[StatfsWords];
        nint result = Syscall.Invoke(fstatfs, fd, (nint)statfs);
        return result < 0 ? result : statfs[10];
    }

    /// <summary>struct statfs: f_type first, f_flags eleventh, 120 bytes on 64-bit kernels.</summary>
    private const int StatfsWords = 15;

    public const nint PROC_SUPER_MAGIC = 0x9fa0, CGROUP_SUPER_MAGIC = 0x27e0eb, CGROUP2_SUPER_MAGIC = 0x63677270,
        DEVPTS_SUPER_MAGIC = 0x1cd1;
}
