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

    /// <summary>Takes away what was mounted over the directory since it was on the mount <paramref name="before"/>.</summary>
    public static void Remove(string directory, ulong before)
    {
        const int MaxLayers = 100; // a bound for the loop: someone may be mounting there at the same time
        fixed (byte* path = FileContent.Terminated(directory))
        {
            for (int i = 0; i < MaxLayers && MountOf(directory) is var mount && mount != 0 && mount != before; i++)
                KernelException.Check(MountApi.umount2(path, MountApi.MNT_DETACH | MountApi.UMOUNT_NOFOLLOW), $"unmount {directory}");
        }
    }
}
