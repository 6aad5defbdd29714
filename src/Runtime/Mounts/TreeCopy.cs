using Rt.Kernel;

namespace Rt.Mounts;

/// <summary>
/// Copies a directory's content with owners and permission bits, for tmpcopyup. Symlinks are copied, never followed; sockets
/// are left out. Runs in the forked child.
/// </summary>
internal static unsafe class TreeCopy
{
    private const int MaxDepth = 200, BufferSize = 2048, NameOffset = 19, PathMax = 4096;

    /// <param name="from">A directory, O_PATH will do.</param>
    /// <param name="to">An empty directory.</param>
    /// <param name="withRoot">Whether that directory itself gets owner and permission bits, too.</param>
    public static int Copy(int from, int to, bool withRoot) => Copy(from, to, withRoot, 0);

    private static int Copy(int from, int to, bool withRoot, int depth)
    {
        if (depth > MaxDepth) return -Errno.ENAMETOOLONG;
        int source, target, result;
        fixed (byte* here = ".\0"u8)
        {
            source = Files.openat(from, here, Files.O_RDONLY | Files.O_DIRECTORY);
            target = source < 0 ? source : Files.openat(to, here, Files.O_RDONLY | Files.O_DIRECTORY);
        }

        result = target < 0 ? target : CopyEntries(source, target, depth);
        if (result >= 0 && withRoot) result = Statx.Of(source, out Statx stat) is < 0 and var failed ? failed : CopyOwner(target, stat);
        if (source >= 0) Files.close(source);
        if (target >= 0) Files.close(target);
        return result;
    }

    private static int CopyEntries(int source, int target, int depth)
    {
        byte* entries = stackalloc byte[BufferSize];
        while (true)
        {
            nint length = Files.getdents64(source, entries, BufferSize);
            if (length <= 0) return (int)length;
            // struct linux_dirent64: inode and offset (8 bytes each), length (2), type (1), name
            for (nint at = 0; at < length; at += *(ushort*)(entries + at + 16))
            {
                byte* name = entries + at + NameOffset;
                if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0))) continue;
                int result = CopyEntry(source, target, name, depth);
                if (result < 0) return result;
            }
        }
    }

    private static int CopyEntry(int source, int target, byte* name, int depth)
    {
        int result = Statx.At(source, name, Files.AT_SYMLINK_NOFOLLOW, out Statx stat);
        if (result < 0) return result;
        return stat.Type switch
        {
            Files.S_IFDIR => CopyDirectory(source, target, name, depth),
            Files.S_IFREG => CopyFile(source, target, name),
            Files.S_IFLNK => CopyLink(source, target, name, stat),
            Files.S_IFSOCK => 0,
            _ => CopyNode(target, name, stat),
        };
    }

    private static int CopyDirectory(int source, int target, byte* name, int depth)
    {
        int result = Files.mkdirat(target, name, 0x1c0); // 0700, until it is filled
        if (result < 0) return result;
        const int Flags = Files.O_PATH;
        int from = Files.openat(source, name, Flags | Files.O_DIRECTORY | Files.O_NOFOLLOW);
        int to = from < 0 ? from : Files.openat(target, name, Flags | Files.O_DIRECTORY | Files.O_NOFOLLOW);
        result = to < 0 ? to : Copy(from, to, withRoot: true, depth + 1);
        if (from >= 0) Files.close(from);
        if (to >= 0) Files.close(to);
        return result;
    }

    private static int CopyFile(int source, int target, byte* name)
    {
        int from = Files.openat(source, name, Files.O_RDONLY | Files.O_NOFOLLOW | Files.O_NONBLOCK);
        if (from < 0) return from;
        // Owner and mode of what is copied: since it was looked at, something else may have taken its place.
        int looked = Statx.Of(from, out Statx stat);
        if (looked < 0 || stat.Type != Files.S_IFREG)
        {
            Files.close(from);
            return looked < 0 ? looked : -Errno.ESTALE;
        }

        int to = Files.openat(target, name, Files.O_WRONLY | Files.O_CREAT | Files.O_EXCL | Files.O_NOFOLLOW, 0x180); // 0600
        nint result = to;
        const nint Piece = 1 << 30;
        if (to >= 0)
        {
            do result = Files.sendfile(to, from, Piece);
            while (result > 0);
            if (result >= 0) result = CopyOwner(to, stat);
            Files.close(to);
        }

        Files.close(from);
        return (int)result;
    }

    private static int CopyLink(int source, int target, byte* name, in Statx stat)
    {
        byte* text = stackalloc byte[PathMax];
        nint length = Files.readlinkat(source, name, text, PathMax - 1);
        if (length < 0) return (int)length;
        text[length] = 0;
        int result = Files.symlinkat(text, target, name);
        return result < 0 ? result : Mapped(Files.fchownat(target, name, stat.Uid, stat.Gid, Files.AT_SYMLINK_NOFOLLOW));
    }

    private static int CopyNode(int target, byte* name, in Statx stat)
    {
        int result = Files.mknodat(target, name, stat.Mode, Files.DeviceNumber(stat.RdevMajor, stat.RdevMinor));
        if (result == -Errno.EPERM) return 0; // no device can be made in a user namespace
        return result < 0 ? result : Mapped(Files.fchownat(target, name, stat.Uid, stat.Gid, Files.AT_SYMLINK_NOFOLLOW));
    }

    /// <summary>What belongs to an id that the user namespace does not map becomes its root's.</summary>
    private static int Mapped(int chowned) => chowned == -Errno.EINVAL ? 0 : chowned;

    /// <summary>The owner first: changing it takes away set-user-ID bits.</summary>
    private static int CopyOwner(int to, in Statx stat)
    {
        int result = Mapped(Files.fchown(to, stat.Uid, stat.Gid));
        return result < 0 ? result : Files.fchmod(to, stat.Mode & 0xfffu);
    }
}
