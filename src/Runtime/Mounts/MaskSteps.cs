using Rt.Kernel;
using Rt.Plan;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>
/// A path to cover. One under /proc is resolved beneath the procfs that the plan itself mounted, so that a root file system
/// whose /proc leads elsewhere can't steer the mask away (CVE-2023-28642, CVE-2025-52881).
/// </summary>
internal unsafe struct CoveredPath
{
    public PlanText Path;

    /// <summary>Where <see cref="InBase"/> starts from: the root or the plan's procfs.</summary>
    public Slot Base;
    public PlanText InBase;

    public readonly int Open(ref Execution run) => Files.openat2(run[Base], run.At(InBase), Files.O_PATH,
        Files.RESOLVE_NO_MAGICLINKS | (Base == Slot.Proc ? Files.RESOLVE_BENEATH : Files.RESOLVE_IN_ROOT));

    public static CoveredPath Compile(PlanWriter plan, string path, bool underOwnProc) =>
        underOwnProc && path.StartsWith("/proc/", StringComparison.Ordinal)
        ? new CoveredPath { Path = plan.Text(path), Base = Slot.Proc, InBase = plan.Text(path["/proc/".Length..]) }
        : new CoveredPath { Path = plan.Text(path), Base = Slot.Root, InBase = plan.Text(path) };
}

/// <summary>
/// Hides a path: a file behind /dev/null, a directory behind an empty read-only tmpfs. One that is not there is hidden enough.
/// </summary>
internal unsafe struct MaskPath : IStep
{
    public static StepKind Kind => StepKind.MaskPath;

    public CoveredPath Covered;

    /// <summary>The empty directory's SELinux label and the option that sets it (see <see cref="MountLabel"/>); null: none.</summary>
    public PlanText ContextType, Context;

    public int Run(ref Execution run)
    {
        int target = Covered.Open(ref run);
        if (target is -Errno.ENOENT or -Errno.ENOTDIR) return 0;
        if (target < 0) return target;

        int result = Statx.Of(target, out Statx stat);
        if (result >= 0) result = stat.Type == Files.S_IFDIR ? CoverDirectory(ref run, target) : Cover(DevNull(ref run), target);
        Files.close(target);
        return result;
    }

    /// <summary>
    /// All masked directories share one tmpfs: a superblock is worth some 30 microseconds. Its first mount is attached itself,
    /// and only then cloned, since before Linux 6.15 a detached mount can't be.
    /// </summary>
    private readonly int CoverDirectory(ref Execution run, int target)
    {
        ref int slot = ref run[Slot.EmptyDirectory];
        if (slot >= 0) return Cover(slot, target);
        slot = EmptyDirectory(ref run);
        return slot < 0 ? slot : move_mount(slot, target);
    }

    /// <summary>Mounts what is at a path, or -errno in its place, on another.</summary>
    private static int Cover(int cover, int target)
    {
        byte empty = 0;
        int clone = cover < 0 ? cover : open_tree_clone(cover, &empty, recursive: false);
        int result = clone < 0 ? clone : move_mount(clone, target);
        if (clone >= 0) Files.close(clone);
        return result;
    }

    private readonly int EmptyDirectory(ref Execution run)
    {
        fixed (byte* tmpfs = "tmpfs\0"u8, inodes = "nr_inodes\0"u8, one = "1\0"u8)
        {
            int fs = fsopen(tmpfs);
            if (fs < 0) return fs;
            int result = fsconfig_string(fs, inodes, one);
            if (result >= 0 && !Context.IsNull) result = fsconfig_string(fs, run.At(ContextType), run.At(Context));
            if (result >= 0) result = fsconfig_create(fs);
            if (result >= 0) result = fsmount(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
            Files.close(fs);
            return result;
        }
    }

    /// <summary>
    /// The host's /dev/null, opened before pivot_root and looked at: the container's own may have been replaced by then
    /// (CVE-2025-31133).
    /// </summary>
    private static int DevNull(ref Execution run)
    {
        ref int slot = ref run[Slot.DevNull];
        if (slot >= 0) return slot;
        fixed (byte* path = "/dev/null\0"u8) slot = Files.open(path, Files.O_PATH | Files.O_NOFOLLOW);
        if (slot < 0) return slot;
        int result = Statx.Of(slot, out Statx stat);
        if (result < 0) return result;
        return stat.Type == Files.S_IFCHR && stat is { RdevMajor: 1, RdevMinor: 3 } ? slot : -Errno.ENODEV;
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new("mask", plan.Text(Covered.Path), (plan.Text(ContextType), plan.Text(Context)));
}

/// <summary>Makes a path and all below it read-only, by a bind mount onto itself.</summary>
internal unsafe struct ReadonlyPath : IStep
{
    public static StepKind Kind => StepKind.ReadonlyPath;

    public CoveredPath Covered;

    public int Run(ref Execution run)
    {
        int target = Covered.Open(ref run);
        if (target is -Errno.ENOENT or -Errno.ENOTDIR) return 0;
        if (target < 0) return target;

        byte empty = 0;
        int clone = open_tree_clone(target, &empty, recursive: true);
        int result = clone;
        if (clone >= 0)
        {
            result = SetAttributes(clone, MOUNT_ATTR_RDONLY, 0, 0, recursive: true);
            bool old = result == -Errno.ENOSYS; // a kernel before 5.12, which can make only the top read-only, and only in place
            if (result >= 0 || old) result = move_mount(clone, target);
            if (result >= 0 && old) result = SetAttributes(clone, MOUNT_ATTR_RDONLY, 0, 0, recursive: false);
            Files.close(clone);
        }

        Files.close(target);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("readonly", plan.Text(Covered.Path));
}
