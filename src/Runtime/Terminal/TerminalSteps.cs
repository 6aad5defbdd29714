using Rt.Kernel;
using Rt.Mounts;
using Rt.Plan;

namespace Rt.Terminal;

/// <summary>
/// Makes a pseudoterminal in the container's devpts. What the root file system has at /dev/pts may be anything: it is looked at
/// before it is opened, and in a real devpts nobody can put another file in the place of ptmx (CVE-2025-52565 and its kin).
/// </summary>
internal unsafe struct OpenTerminal : IStep
{
    public static StepKind Kind => StepKind.OpenTerminal;

    /// <summary>Where the devpts should be.</summary>
    public PlanText Directory;

    /// <summary>Characters; as the kernel has it (0 and 0) unless <see cref="HasSize"/>.</summary>
    public ushort Rows, Columns;
    public bool HasSize;

    /// <summary>Newlines are shown as they are, without a carriage return before: what is shown does not go to a terminal.</summary>
    public bool PlainNewlines;

    public readonly int Run(ref Execution run)
    {
        int directory = InRoot.Open(run[Slot.Root], run.At(Directory));
        if (directory < 0) return directory;
        int master = Files.FileSystemType(directory) == Files.DEVPTS_SUPER_MAGIC ? OpenMaster(directory) : -Errno.ENODEV;
        Files.close(directory);
        if (master < 0) return master;

        run[Slot.PtyMaster] = master;
        int result = Terminals.Unlock(master);
        int peer = result < 0 ? result : Terminals.OpenPeer(master);
        if (peer < 0) return peer;
        run[Slot.PtyPeer] = peer;
        result = HasSize ? Terminals.SetSize(peer, Rows, Columns) : 0;
        return result >= 0 && PlainNewlines ? ClearNewlineMapping(peer) : result;
    }

    private static int ClearNewlineMapping(int terminal)
    {
        const uint ONLCR = 4;
        int result = Terminals.GetModes(terminal, out Terminals.termios modes);
        modes.c_oflag &= ~ONLCR;
        return result < 0 ? result : Terminals.SetModes(terminal, modes);
    }

    /// <summary>Nothing mounted over it (EXDEV) is taken for the devpts's own file.</summary>
    private static int OpenMaster(int directory)
    {
        fixed (byte* name = "ptmx\0"u8)
            return Files.openat2(directory, name, Files.O_RDWR | Files.O_NOCTTY,
                Files.RESOLVE_BENEATH | Files.RESOLVE_NO_SYMLINKS | Files.RESOLVE_NO_XDEV);
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new("terminal", $"{plan.Text(Directory)}/ptmx",
            ("columns", HasSize ? Columns.ToString() : ""), ("rows", HasSize ? Rows.ToString() : ""),
            ("newlines", PlainNewlines ? "plain" : ""));

    public readonly string Word(PlanReader plan, int errno, string detail) => $"open {plan.Text(Directory)}/ptmx: " + errno switch
    {
        Errno.ENODEV or Errno.ENOENT or Errno.ENOTDIR => $"there is no devpts at {plan.Text(Directory)}; a terminal needs one in mounts",
        Errno.EXDEV => "something is mounted over it",
        Errno.ENOSPC => "no more pseudoterminals are allowed (see /proc/sys/kernel/pty/max)",
        _ => Errno.Describe(errno),
    };
}

/// <summary>
/// Binds the terminal onto /dev/console. Source and target are descriptors; the target is an empty file made for it or what was
/// there already, but never the end of a symlink (CVE-2025-52565).
/// </summary>
internal unsafe struct BindConsole : IStep
{
    public static StepKind Kind => StepKind.BindConsole;

    public PlanText Directory, Name;

    public readonly int Run(ref Execution run)
    {
        int directory = InRoot.OpenOrMake(run[Slot.Root], run.At(Directory), directory: true);
        if (directory < 0) return directory;
        int target = OpenOrMake(directory, run.At(Name));
        Files.close(directory);
        if (target < 0) return target;

        byte empty = 0;
        int clone = MountApi.open_tree_clone(run[Slot.PtyPeer], &empty, recursive: false);
        int result = clone < 0 ? clone : MountApi.move_mount(clone, target);
        if (clone >= 0) Files.close(clone);
        Files.close(target);
        return result;
    }

    /// <summary>EEXIST: it is neither a file nor a character device.</summary>
    private static int OpenOrMake(int directory, byte* name)
    {
        int made = Files.mknodat(directory, name, Files.S_IFREG | 0x1a4, 0); // 0644
        if (made is < 0 and not -Errno.EEXIST) return made;
        int target = Files.openat2(directory, name, Files.O_PATH, Files.RESOLVE_BENEATH | Files.RESOLVE_NO_SYMLINKS);
        if (target < 0) return target == -Errno.ELOOP ? -Errno.EEXIST : target;
        int result = Statx.Of(target, out Statx stat);
        if (result >= 0 && stat.Type is Files.S_IFREG or Files.S_IFCHR) return target;
        Files.close(target);
        return result < 0 ? result : -Errno.EEXIST;
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new("bind", $"{plan.Text(Directory)}/{plan.Text(Name)}", ("source", "terminal"));

    public readonly string Word(PlanReader plan, int errno, string detail) =>
        $"bind the terminal on {plan.Text(Directory)}/{plan.Text(Name)}: "
        + (errno == Errno.EEXIST ? "something else is there already" : Errno.Describe(errno));
}

/// <summary>
/// Makes the terminal the controlling one of the session, which <see cref="Process.NewSession"/> made, and standard input, output
/// and error. The caller's own are let go of. It becomes the user's with <see cref="Process.SetUser"/>, as any stream does.
/// </summary>
internal struct UseTerminal : IStep
{
    public static StepKind Kind => StepKind.UseTerminal;

    public readonly int Run(ref Execution run)
    {
        int result = Terminals.MakeControlling(run[Slot.PtyPeer]);
        for (int fd = 0; fd <= 2 && result >= 0; fd++) result = Files.dup3(run[Slot.PtyPeer], fd);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("controlling-tty", "", ("stdio", "yes"));

    public readonly string Word(PlanReader plan, int errno, string detail) =>
        $"make the terminal the controlling one: {Errno.Describe(errno)}";
}

/// <summary>
/// Sends the terminal's master over the console socket. The bytes beside it name the file, without a NUL, as runc's do
/// (SendFile); its receiver takes up to 4095 of them.
/// </summary>
internal unsafe struct SendTerminal : IStep
{
    public static StepKind Kind => StepKind.SendTerminal;

    public readonly int Run(ref Execution run)
    {
        ReadOnlySpan<byte> name = "/dev/ptmx"u8;
        fixed (byte* bytes = name)
            return (int)Sockets.SendDescriptor(run[Slot.ConsoleSocket], run[Slot.PtyMaster], bytes, name.Length);
    }

    public readonly StepDescription Describe(PlanReader plan) => new("send-terminal", "", ("over", "console-socket"));

    public readonly string Word(PlanReader plan, int errno, string detail) =>
        $"send the terminal over the console socket: {Errno.Describe(errno)}";
}
