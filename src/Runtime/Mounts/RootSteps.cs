using Rt.Kernel;
using Rt.Plan;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>Cuts the new mount namespace off from the host's, so that nothing mounted from here on shows up there.</summary>
internal unsafe struct HostPropagation : IStep
{
    public static StepKind Kind => StepKind.HostPropagation;

    /// <summary>One MS_ propagation flag and MS_REC.</summary>
    public uint Flags;

    public int Run(ref Execution run)
    {
        fixed (byte* root = "/\0"u8) return mount(null, root, null, Flags, null);
    }

    public readonly StepDescription Describe(PlanReader plan) => new("propagation", "/", ("set", MountWords.Propagation(Flags)));
}

/// <summary>
/// Clones the root file system's mounts and attaches them over themselves: pivot_root needs a mount point, and what is
/// mounted in it later must not land in the original.
/// </summary>
internal unsafe struct OpenRoot : IStep
{
    public static StepKind Kind => StepKind.OpenRoot;

    /// <summary>Relative to <see cref="Base"/> and then free of symbolic links, or absolute.</summary>
    public PlanText Path;

    /// <summary>The bundle; null for an absolute path.</summary>
    public PlanText Base;

    /// <summary>
    /// Makes the mount that holds the root file system private first. Needed where the host's mounts stay shared, or else the
    /// clone would propagate there.
    /// </summary>
    public bool PrivateParent;

    /// <summary>
    /// Keeps what is mounted in the root from propagating. For a container without a mount namespace of its own, whose root is
    /// attached among the mounts of others.
    /// </summary>
    public bool Private;

    public int Run(ref Execution run)
    {
        int directory = Open(run.At(Base), run.At(Path));
        if (directory < 0) return directory;
        int result = PrivateParent ? MakeMountPrivate(directory) : 0;
        byte empty = 0;
        int root = result < 0 ? result : open_tree_clone(directory, &empty, recursive: true);
        if (root < 0) return root;
        result = move_mount(root, directory);
        if (result >= 0 && Private) result = TellAndMakePrivate(ref run, root);
        Files.close(directory);
        run[Slot.Root] = root;
        return result;
    }

    private static int TellAndMakePrivate(ref Execution run, int root)
    {
        int result = Statx.Of(root, out Statx stat);
        if (result >= 0) result = Report.Send(ref run, ReportKind.RootAttached, (long)stat.MountId, 0);
        return result < 0 ? result : SetAttributes(root, 0, 0, MS_PRIVATE, recursive: true);
    }

    /// <summary>
    /// The root file system's directory. Below the bundle no symbolic link is followed: the bundle may come from someone who is
    /// not to choose among the host's directories.
    /// </summary>
    public static int Open(byte* bundle, byte* path)
    {
        if (bundle == null) return Files.open(path, Files.O_PATH | Files.O_DIRECTORY | Files.O_NOFOLLOW);
        int start = Files.open(bundle, Files.O_PATH | Files.O_DIRECTORY);
        if (start < 0) return start;
        int directory = Files.openat2(start, path, Files.O_PATH | Files.O_DIRECTORY, Files.RESOLVE_NO_SYMLINKS);
        Files.close(start);
        return directory;
    }

    /// <summary>Goes up to the root of the mount that a directory is on, and makes that private.</summary>
    private static int MakeMountPrivate(int directory)
    {
        int result = Statx.Of(directory, out Statx start);
        if (result < 0) return result;
        ulong inode = start.Inode;
        fixed (byte* here = ".\0"u8, above = "..\0"u8)
        {
            int top = Files.openat(directory, here, Files.O_PATH | Files.O_DIRECTORY);
            while (top >= 0)
            {
                int parent = Files.openat(top, above, Files.O_PATH | Files.O_DIRECTORY);
                if (parent < 0) return parent;
                result = Statx.Of(parent, out Statx stat);
                if (result < 0) return result;
                bool atTop = stat.MountId != start.MountId || stat.Inode == inode;
                if (atTop)
                {
                    Files.close(parent);
                    result = SetAttributes(top, 0, 0, MS_PRIVATE, recursive: false);
                    Files.close(top);
                    return result;
                }

                Files.close(top);
                top = parent;
                inode = stat.Inode;
            }

            return top;
        }
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new("root", plan.Text(Path), ("in", plan.Text(Base)), ("parent", PrivateParent ? "private" : ""),
            ("propagation", Private ? "rprivate" : ""));

    public readonly string Word(PlanReader plan, int errno, string detail) =>
        $"open root file system {plan.Text(Path)}: {Errno.Describe(errno)}";
}

/// <summary>Makes the container's root "/" and lets go of the host's.</summary>
internal unsafe struct PivotRoot : IStep
{
    public static StepKind Kind => StepKind.PivotRoot;

    /// <summary>The host's mounts are still shared: taking the old root away must not take it away there.</summary>
    public bool HostShared;

    public int Run(ref Execution run)
    {
        fixed (byte* slash = "/\0"u8, here = ".\0"u8)
        {
            int old = Files.open(slash, Files.O_PATH | Files.O_DIRECTORY);
            if (old < 0) return old;
            int result = Files.fchdir(run[Slot.Root]);
            // pivot_root(2), "pivot_root(".", ".")": the old root ends up stacked on the new one, so no directory is needed for it.
            if (result >= 0) result = pivot_root(here, here);
            if (result >= 0) result = Files.fchdir(old);
            if (result >= 0 && HostShared) result = mount(null, here, null, MS_SLAVE | MS_REC, null);
            if (result >= 0) result = umount2(here, MNT_DETACH);
            if (result >= 0) result = Files.chdir(slash);
            Files.close(old);
            return result;
        }
    }

    public readonly StepDescription Describe(PlanReader plan) => new("pivot_root", "");
}

/// <summary>
/// Enters the root of a container in a mount namespace of others, the host's or one that it joins, where nothing may be taken
/// away or moved. Weaker than pivot_root: a process with CAP_SYS_CHROOT may get out.
/// </summary>
internal unsafe struct ChangeRoot : IStep
{
    public static StepKind Kind => StepKind.ChangeRoot;

    public readonly int Run(ref Execution run)
    {
        fixed (byte* here = ".\0"u8)
        {
            int result = Files.fchdir(run[Slot.Root]);
            return result < 0 ? result : Files.chroot(here);
        }
    }

    public readonly StepDescription Describe(PlanReader plan) => new("chroot", "");
}

/// <summary>The root of a container that has just been joined: that of its mount namespace, where setns(2) leads.</summary>
internal unsafe struct FindRoot : IStep
{
    public static StepKind Kind => StepKind.FindRoot;

    public readonly int Run(ref Execution run)
    {
        int root;
        fixed (byte* slash = "/\0"u8) root = Files.open(slash, Files.O_PATH | Files.O_DIRECTORY);
        run[Slot.Root] = root;
        return root;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("root", "/");
}

/// <summary>
/// What --no-pivot asks for, where the host runs from an initial ramdisk, which pivot_root(2) refuses: the root is moved
/// over "/" and entered by chroot. Weaker: a process with CAP_SYS_CHROOT may get out.
/// </summary>
internal unsafe struct MoveRoot : IStep
{
    public static StepKind Kind => StepKind.MoveRoot;

    public int Run(ref Execution run)
    {
        fixed (byte* slash = "/\0"u8, here = ".\0"u8)
        {
            int top = Files.open(slash, Files.O_PATH | Files.O_DIRECTORY);
            if (top < 0) return top;
            int result = Files.fchdir(run[Slot.Root]);
            if (result >= 0) result = move_mount(run[Slot.Root], top);
            if (result >= 0) result = Files.chroot(here);
            if (result >= 0) result = Files.chdir(slash);
            Files.close(top);
            return result;
        }
    }

    public readonly StepDescription Describe(PlanReader plan) => new("move-root", "");
}

/// <summary>Gives the container's root mount its final propagation and, if asked for, makes it read-only.</summary>
internal unsafe struct RootAttributes : IStep
{
    public static StepKind Kind => StepKind.RootAttributes;

    public bool Readonly;

    /// <summary>One MS_ propagation flag, with or without MS_REC, or 0.</summary>
    public uint Propagation;

    public int Run(ref Execution run)
    {
        int root = run[Slot.Root];
        int result = 0;
        if (Propagation != 0) result = SetAttributes(root, 0, 0, Propagation & ~(uint)MS_REC, (Propagation & MS_REC) != 0);
        if (result >= 0 && Readonly) result = SetAttributes(root, MOUNT_ATTR_RDONLY, 0, 0, recursive: false);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new("root-attributes", "", ("attributes", Readonly ? "ro" : ""),
            ("propagation", Propagation == 0 ? "" : MountWords.Propagation(Propagation)));
}
