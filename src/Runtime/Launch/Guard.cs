using System.Text;
using Rt.Kernel;

namespace Rt.Launch;

/// <summary>
/// Keeps the host's rt binary from being overwritten from inside a container (CVE-2019-5736). Until execve, the container's
/// init is a process whose /proc/PID/exe is rt; whoever opens that for writing must get a file that has no way to be written.
/// So before rt forks, it turns itself into a process of a protected view of its own binary: an overlay of lower layers only,
/// attached nowhere, or a sealed copy in memory.
/// </summary>
/// <remarks>
/// A read-only bind mount would not do: CAP_SYS_ADMIN can clear its flag. What it costs: the overlay 0.1 ms, the copy 4 ms,
/// becoming the view's process 0.3 ms (<see cref="ExecutableSwap"/>) or, where the kernel won't, a second start of rt.
/// </remarks>
internal static unsafe class Guard
{
    /// <summary>File systems without any writing (statfs(2)).</summary>
    private const long SQUASHFS_MAGIC = 0x73717368, EROFS_SUPER_MAGIC_V1 = 0xe0f5e1e2, CRAMFS_MAGIC = 0x28cd3d45,
        ISOFS_SUPER_MAGIC = 0x9660;

    /// <summary>
    /// Where a second lower layer may be taken from: an overlay without an upper one wants two. What is in it does not matter.
    /// The root of a user namespace may take none that has mounts below it, which /tmp rarely has.
    /// </summary>
    private static readonly string[] SecondLayers = ["/tmp", "/run", "/dev"];

    /// <summary>
    /// Returns when this process's executable is protected. Where that takes starting rt anew from the protected view, it does
    /// not return, so that it must be called before anything is made.
    /// </summary>
    public static void Protect()
    {
        if (Try(out int copy) == GuardWay.Copy) Restart(copy);
    }

    /// <summary>Protects this process's executable as far as that can be done without starting rt anew.</summary>
    /// <param name="copy">For <see cref="GuardWay.Copy"/>, what rt has to be started from.</param>
    public static GuardWay Try(out int copy)
    {
        copy = -1;
        int self = FileContent.Open("/proc/self/exe", Files.O_RDONLY);
        KernelException.Check(Statx.Of(self, out Statx stat), "stat /proc/self/exe");
        if (IsProtected(self, stat))
        {
            Files.close(self);
            return GuardWay.NoneNeeded;
        }

        int view = OpenThroughOverlay(stat);
        bool copied = view < 0;
        if (copied) view = Copy(self, (nint)stat.Size);
        if (!ExecutableSwap.To(view))
        {
            // The new process must see that it is protected, which it does by the seals of a copy.
            copy = copied ? view : Copy(self, (nint)stat.Size);
            return GuardWay.Copy;
        }

        Files.close(self);
        Files.close(view);
        return GuardWay.View;
    }

    /// <summary>
    /// Whether the file that this process runs from can't be written by anyone: it is sealed, fs-verity vouches for it, or its
    /// file system knows no writing. One that is only mounted read-only does not count, nor does an immutable flag: privileged
    /// processes can undo both.
    /// </summary>
    private static bool IsProtected(int self, in Statx stat)
    {
        int seals = Files.fcntl(self, Files.F_GET_SEALS, 0);
        return (stat.Attributes & Statx.STATX_ATTR_VERITY) != 0 || (seals >= 0 && (seals & Files.F_SEAL_WRITE) != 0)
            || (long)Files.FileSystemType(self) is SQUASHFS_MAGIC or EROFS_SUPER_MAGIC_V1 or CRAMFS_MAGIC or ISOFS_SUPER_MAGIC;
    }

    /// <summary>-errno where there are no overlays to be had, or where the binary was replaced or removed while this one runs.</summary>
    private static int OpenThroughOverlay(in Statx self)
    {
        string path = SelfPath();
        if (Path.GetDirectoryName(path) is not { Length: > 1 } directory) return -Errno.ENOENT;
        string? second = Array.Find(SecondLayers,
            layer => !IsWithin(directory, layer) && !IsWithin(layer, directory) && Directory.Exists(layer));
        if (second == null) return -Errno.ENOENT;

        fixed (byte* type = "overlay\0"u8, key = "lowerdir\0"u8, layers = FileContent.Terminated($"{Escape(directory)}:{second}"))
        {
            int fs = MountApi.fsopen(type);
            if (fs < 0) return fs;
            int result = MountApi.fsconfig_string(fs, key, layers);
            if (result >= 0) result = MountApi.fsconfig_create(fs);
            int mount = result < 0 ? result : MountApi.fsmount(fs, MountApi.MOUNT_ATTR_NODEV | MountApi.MOUNT_ATTR_NOSUID);
            if (mount < 0) return mount;

            int file = FileContent.TryOpenAt(mount, Path.GetFileName(path), Files.O_RDONLY | Files.O_NOFOLLOW);
            if (file < 0) return file;
            bool same = Statx.Of(file, out Statx stat) >= 0 && stat.Inode == self.Inode && stat.Size == self.Size;
            // The mount's descriptors stay open until rt exits: taking the last one away costs another 0.1 ms.
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

    /// <summary>Starts rt anew from the view, with the same arguments, environment and descriptors.</summary>
    private static void Restart(int view)
    {
        byte[] argv = FileContent.Read("/proc/self/cmdline", 1 << 24), environment = FileContent.Read("/proc/self/environ", 1 << 24);
        byte* path = stackalloc byte[32];
        Text.FormatProcSelfFd(path, view);
        int result = Processes.ExecuteWith(path, argv, environment);
        throw new KernelException("start rt from its protected binary", -result);
    }

    /// <summary>Where this process's executable lies.</summary>
    public static string SelfPath()
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

/// <summary>How rt's executable comes to be protected.</summary>
internal enum GuardWay
{
    /// <summary>Nobody can write to it as it is.</summary>
    NoneNeeded,

    /// <summary>The process becomes one of a protected view, in place.</summary>
    View,

    /// <summary>rt is started anew from a sealed copy.</summary>
    Copy,
}
