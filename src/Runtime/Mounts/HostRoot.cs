using Rt.Kernel;

namespace Rt.Mounts;

/// <summary>
/// The root of a container without a mount namespace of its own: a mount among the host's, over the root file system's
/// directory, with all the container's mounts below it. It does not go by itself when the container ends.
/// </summary>
internal static unsafe class HostRoot
{
    /// <summary>The mount that the directory is on; 0 if it can't be told.</summary>
    public static ulong MountOf(string directory)
    {
        fixed (byte* path = FileContent.Terminated(directory))
            return Statx.At(Files.AT_FDCWD, path, Files.AT_SYMLINK_NOFOLLOW, out Statx stat) < 0 ? 0 : stat.MountId;
    }

    /// <summary>Takes the root away. What others have mounted over the directory since stays, and the root below it.</summary>
    /// <param name="root">
    /// The root's mount; 0 if its creator died before it knew: then it is the one above <paramref name="under"/>.
    /// </param>
    /// <param name="under">The mount that the directory was on before; 0: the container has a mount namespace.</param>
    public static void Remove(string directory, ulong root, ulong under)
    {
        ulong top = under == 0 ? 0 : MountOf(directory);
        if (top == 0 || (root != 0 ? top != root : top == under)) return;
        fixed (byte* path = FileContent.Terminated(directory))
        {
            int result = MountApi.umount2(path, MountApi.MNT_DETACH | MountApi.UMOUNT_NOFOLLOW);
            if (result is not (-Errno.EINVAL or -Errno.ENOENT)) KernelException.Check(result, $"unmount {directory}"); // gone already
        }
    }
}
