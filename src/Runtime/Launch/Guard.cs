using System.Text;
using Rt.Kernel;

namespace Rt.Launch;

/// <summary>
/// Keeps the host's rt binary from being overwritten from inside a container (CVE-2019-5736). The process that enters a
/// container must not have been started from a file that someone in there could open for writing by way of /proc/PID/exe. So
/// it is started from a view of the file that has no way to be written: an overlay of lower layers only, attached nowhere.
/// </summary>
/// <remarks>
/// A read-only bind mount would not do, since CAP_SYS_ADMIN can clear its flag. The overlay costs about 0.1 ms. Where it can't
/// be had, a sealed copy in memory serves, at about 4 ms. Nothing is done where the file can't be written by anyone.
/// </remarks>
internal static unsafe class Guard
{
    private const long SQUASHFS_MAGIC = 0x73717368, EROFS_SUPER_MAGIC_V1 = 0xe0f5e1e2, CRAMFS_MAGIC = 0x28cd3d45, ISOFS_SUPER_MAGIC = 0x9660;

    /// <summary>Where a second lower layer may be taken from: an overlay without an upper one wants two. What is in it does not matter.</summary>
    private static readonly string[] SecondLayers = ["/run", "/dev", "/tmp"];

    /// <summary>A descriptor of rt's own binary to start from, or -1 if the file itself is safe.</summary>
    public static int OpenProtected()
    {
        int self = FileContent.Open("/proc/self/exe", Files.O_RDONLY);
        Statx.Of(self, out Statx stat);
        if (IsUnwritable(self, stat))
        {
            Files.close(self);
            return -1;
        }

        int overlay = OpenThroughOverlay(stat);
        if (overlay >= 0)
        {
            Files.close(self);
            return overlay;
        }

        int copy = Copy(self, (nint)stat.Size);
        Files.close(self);
        return copy;
    }

    /// <summary>Protected by fs-verity, or on a file system that knows no writing. (An immutable file is not: CAP_LINUX_IMMUTABLE undoes it.)</summary>
    private static bool IsUnwritable(int file, in Statx stat) =>
        (stat.Attributes & Statx.STATX_ATTR_VERITY) != 0
        || (long)Files.FileSystemType(file) is SQUASHFS_MAGIC or EROFS_SUPER_MAGIC_V1 or CRAMFS_MAGIC or ISOFS_SUPER_MAGIC;

    /// <summary>-errno where there are no overlays to be had, or where the binary was replaced or removed while this one runs.</summary>
    private static int OpenThroughOverlay(in Statx self)
    {
        if (Path.GetDirectoryName(SelfPath()) is not { Length: > 1 } directory) return -Errno.ENOENT;
        string? second = Array.Find(SecondLayers, layer => !IsWithin(directory, layer) && !IsWithin(layer, directory) && Directory.Exists(layer));
        if (second == null) return -Errno.ENOENT;

        fixed (byte* type = "overlay\0"u8, key = "lowerdir\0"u8, layers = FileContent.Terminated($"{Escape(directory)}:{second}"))
        {
            int fs = MountApi.fsopen(type);
            if (fs < 0) return fs;
            int result = MountApi.fsconfig_string(fs, key, layers);
            if (result >= 0) result = MountApi.fsconfig_create(fs);
            int mount = result < 0 ? result : MountApi.fsmount(fs, MountApi.MOUNT_ATTR_NODEV | MountApi.MOUNT_ATTR_NOSUID);
            if (mount < 0) return mount;

            int file = FileContent.TryOpenAt(mount, Path.GetFileName(SelfPath()), Files.O_PATH | Files.O_NOFOLLOW);
            if (file < 0) return file;
            bool same = Statx.Of(file, out Statx stat) >= 0 && stat.Inode == self.Inode && stat.Size == self.Size;
            // The descriptors of the mount stay open until rt exits: taking the last one of a mount away takes 0.1 ms.
            return same ? file : -Errno.ESTALE;
        }
    }

    private static int Copy(int self, nint size)
    {
        int copy;
        fixed (byte* name = "rt\0"u8)
        {
            copy = Files.memfd_create(name, Files.MFD_CLOEXEC | Files.MFD_ALLOW_SEALING | Files.MFD_EXEC);
            if (copy == -Errno.EINVAL) copy = Files.memfd_create(name, Files.MFD_CLOEXEC | Files.MFD_ALLOW_SEALING); // before Linux 6.3
        }

        KernelException.Check(copy, "protect rt's binary: memfd_create");
        for (nint done = 0; done < size;)
        {
            nint sent = KernelException.Check(Files.sendfile(copy, self, size - done), "protect rt's binary: copy");
            if (sent == 0) throw new RtException("protect rt's binary: the file ended early");
            done += sent;
        }

        const int Seals = Files.F_SEAL_SEAL | Files.F_SEAL_SHRINK | Files.F_SEAL_GROW | Files.F_SEAL_WRITE;
        KernelException.Check(Files.fcntl(copy, Files.F_ADD_SEALS, Seals), "protect rt's binary: seal");
        return copy;
    }

    private static string SelfPath()
    {
        byte[] target = new byte[4096];
        fixed (byte* link = "/proc/self/exe\0"u8, room = target)
        {
            nint length = KernelException.Check(Files.readlinkat(Files.AT_FDCWD, link, room, target.Length), "read /proc/self/exe");
            return Encoding.UTF8.GetString(target, 0, (int)length);
        }
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);

    private static string Escape(string layer) => layer.Replace("\\", "\\\\").Replace(":", "\\:").Replace(",", "\\,");
}
