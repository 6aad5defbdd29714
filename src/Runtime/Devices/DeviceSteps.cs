using Rt.Kernel;
using Rt.Mounts;
using Rt.Plan;

namespace Rt.Devices;

/// <summary>Makes a device node or a FIFO.</summary>
internal unsafe struct MakeDevice : IStep
{
    public static StepKind Kind => StepKind.MakeDevice;

    public PlanText Directory, Name;

    /// <summary>The device of the host's to bind where none can be made.</summary>
    public PlanText HostPath;

    /// <summary>S_IFCHR, S_IFBLK or S_IFIFO, and the permission bits.</summary>
    public uint Mode;
    public uint Major, Minor;
    public uint Uid, Gid;

    public int Run(ref Execution run)
    {
        int directory = InRoot.OpenOrMake(run[Slot.Root], run.At(Directory), directory: true);
        if (directory < 0) return directory;
        int result = Files.mknodat(directory, run.At(Name), Mode, Files.DeviceNumber(Major, Minor));
        bool made = result >= 0;
        if (result == -Errno.EPERM && (Mode & Files.S_IFMT) != Files.S_IFIFO) result = BindFromHost(ref run, directory);
        else if (result == -Errno.EEXIST || (made && (Uid | Gid) != 0)) result = Adopt(directory, run.At(Name), made);
        Files.close(directory);
        return result;
    }

    /// <summary>
    /// Where making device nodes is not allowed, as in a user namespace, the host's is bound onto an empty file. Its owner and
    /// mode stay the host's, and nothing more is to be done about them.
    /// </summary>
    private readonly int BindFromHost(ref Execution run, int directory)
    {
        int tree = MountApi.open_tree_clone(Files.AT_FDCWD, run.At(HostPath), recursive: false);
        if (tree < 0) return tree == -Errno.ENOENT ? -Errno.EPERM : tree;
        int result = Statx.Of(tree, out Statx stat);
        bool isIt = stat.Type == (Mode & Files.S_IFMT) && stat.RdevMajor == Major && stat.RdevMinor == Minor;
        if (result >= 0 && !isIt) result = -Errno.EPERM;
        if (result >= 0) result = Files.mknodat(directory, run.At(Name), Files.S_IFREG | 0x1a4, 0); // 0644
        if (result is -Errno.EEXIST) result = 0;
        int target = result < 0 ? result : Files.openat(directory, run.At(Name), Files.O_PATH | Files.O_NOFOLLOW);
        result = target < 0 ? target : MountApi.move_mount(tree, target);
        if (target >= 0) Files.close(target);
        Files.close(tree);
        return result;
    }

    /// <summary>Gives the new node its owner, or makes sure that one that was there is what it should be.</summary>
    private readonly int Adopt(int directory, byte* name, bool made)
    {
        int node = Files.openat(directory, name, Files.O_PATH | Files.O_NOFOLLOW);
        if (node < 0) return node;
        int result = Statx.Of(node, out Statx stat);
        if (result >= 0 && (stat.Type != (Mode & Files.S_IFMT) || stat.RdevMajor != Major || stat.RdevMinor != Minor))
            result = -Errno.EEXIST;
        else if (result >= 0 && made) result = Files.ChownPath(node, Uid, Gid);

        Files.close(node);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new("mknod", $"{plan.Text(Directory).TrimEnd('/')}/{plan.Text(Name)}",
            ("type", (Mode & Files.S_IFMT) switch { Files.S_IFCHR => "c", Files.S_IFBLK => "b", _ => "p" }),
            ("number", (Mode & Files.S_IFMT) == Files.S_IFIFO ? "" : $"{Major}:{Minor}"),
            ("mode", "0" + Convert.ToString(Mode & ~Files.S_IFMT, 8)),
            ("owner", (Uid | Gid) == 0 ? "" : $"{Uid}:{Gid}"));

    public readonly string Word(PlanReader plan, int errno, string detail) => $"{Describe(plan)}: " + errno switch
    {
        Errno.EEXIST => "something else is there already",
        Errno.EPERM => $"operation not permitted (and {plan.Text(HostPath)}, to be bound instead, is not this device on the host)",
        _ => Errno.Describe(errno),
    };
}
