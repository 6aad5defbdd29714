using Rt.Kernel;
using Rt.Plan;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>Attributes and propagation to give to a mount while nobody can see it yet.</summary>
internal unsafe struct MountChanges
{
    public ulong Set, Clear, RecursiveSet, RecursiveClear;

    /// <summary>MOUNT_ATTR_ bits that go as well, unless one of them is locked by a user namespace above (mount_namespaces(7)).</summary>
    public ulong ClearUnlessLocked;

    /// <summary>MS_ propagation flags, each with or without MS_REC, in the order in which they are set.</summary>
    public PlanList Propagation;

    /// <summary>Attaches a detached mount, changed before anyone can see it; on kernels that can't do that, right after.</summary>
    public readonly int Attach(ref Execution run, int mount, int target)
    {
        int changed = Apply(ref run, mount);
        if (changed is < 0 and not -Errno.ENOSYS) return changed;
        int result = move_mount(mount, target);
        return result >= 0 && changed < 0 ? Apply(ref run, mount) : result;
    }

    public readonly int Apply(ref Execution run, int mount)
    {
        int result = 0;
        if ((Set | Clear | ClearUnlessLocked) != 0) result = SetAttributes(mount, Set, Clear | ClearUnlessLocked, 0, recursive: false);
        if (result == -Errno.EPERM && ClearUnlessLocked != 0) result = SetAttributes(mount, Set, Clear, 0, recursive: false);
        if (result >= 0 && (RecursiveSet | RecursiveClear) != 0)
            result = SetAttributes(mount, RecursiveSet, RecursiveClear, 0, recursive: true);
        uint* propagation = run.Numbers(Propagation);
        for (int i = 0; i < Propagation.Count && result >= 0; i++)
            result = SetAttributes(mount, 0, 0, propagation[i] & ~(uint)MS_REC, (propagation[i] & MS_REC) != 0);
        return result;
    }
}

/// <summary>Mounts a file or directory of the host in the container.</summary>
internal unsafe struct BindMount : IStep
{
    public static StepKind Kind => StepKind.BindMount;

    public PlanText Source, Target;

    /// <summary>The source as rt has cloned it; <see cref="Slot.None"/>: it is cloned here.</summary>
    public Slot From;
    public bool Recursive;
    public MountChanges Changes;

    public int Run(ref Execution run)
    {
        int tree = From == Slot.None ? open_tree_clone(Files.AT_FDCWD, run.At(Source), Recursive) : run[From];
        if (tree < 0) return tree;
        int result = Statx.Of(tree, out Statx stat);
        // A file system of another user's (FUSE) may let nobody look at it; the target then has to be there.
        bool isClosed = result == -Errno.EACCES;
        if (result < 0 && !isClosed) return result;
        int target = isClosed ? InRoot.Open(run[Slot.Root], run.At(Target))
            : InRoot.OpenOrMake(run[Slot.Root], run.At(Target), stat.Type == Files.S_IFDIR);
        if (target < 0) return isClosed ? result : target;

        result = Changes.Attach(ref run, tree, target);
        // mount(2) says so of itself; engines read the error.
        if (result == -Errno.EINVAL && !isClosed && Statx.Of(target, out Statx at) >= 0
            && (at.Type == Files.S_IFDIR) != (stat.Type == Files.S_IFDIR))
            result = -Errno.ENOTDIR;
        Files.close(tree);
        Files.close(target);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new(Recursive ? "rbind" : "bind", plan.Text(Target), ("source", plan.Text(Source)),
            ("attributes", MountWords.Attributes(Changes.Set, Changes.Clear | Changes.ClearUnlessLocked)),
            ("recursively", MountWords.Attributes(Changes.RecursiveSet, Changes.RecursiveClear)),
            ("propagation", MountWords.Propagation(plan.Numbers(Changes.Propagation))));

    public readonly string Word(PlanReader plan, int errno, string detail) =>
        $"bind mount {plan.Text(Source)} on {plan.Text(Target)}: {Errno.Describe(errno)}";
}

/// <summary>Makes a mount read-only that had to be written to while the container was built, such as /dev.</summary>
internal unsafe struct MountReadonly : IStep
{
    public static StepKind Kind => StepKind.MountReadonly;

    public PlanText Target;

    public int Run(ref Execution run)
    {
        int mount = InRoot.Open(run[Slot.Root], run.At(Target));
        if (mount < 0) return mount;
        int result = SetAttributes(mount, MOUNT_ATTR_RDONLY, 0, 0, recursive: false);
        Files.close(mount);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("remount-readonly", plan.Text(Target));
}
