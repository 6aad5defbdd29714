using Rt.Kernel;

namespace Rt.Doctor;

/// <summary>
/// Whether a container as <c>rt spec</c> writes it (for an ordinary user: <c>rt spec --rootless</c>) can be had: its namespaces, its file
/// systems, and entering its root.
/// </summary>
/// <param name="Trials">What was tried, in order, and 0 or -errno.</param>
/// <param name="Hint">What of the host's settings is in the way of user namespaces, in parentheses; may be empty.</param>
internal sealed unsafe record ContainerSubject(Caller Caller, IReadOnlyList<(string What, int Result)> Trials, string Hint)
{
    private const string Name = "containers", Namespaces = "namespaces", Mounting = "mounting", Entering = "pivot_root";

    private static readonly string[] FileSystems = ["proc", "tmpfs", "devpts", "mqueue"];

    public static ContainerSubject Examine(Caller caller)
    {
        ulong flags = Processes.CLONE_NEWNS | Processes.CLONE_NEWPID | Processes.CLONE_NEWIPC | Processes.CLONE_NEWUTS
            | Processes.CLONE_NEWCGROUP | (caller.IsOrdinary ? Processes.CLONE_NEWUSER : Processes.CLONE_NEWNET);
        List<(string, int)> trials = [(Namespaces, ForkedProbe.Run(flags)), (Mounting, ForkedProbe.Run(flags, &MakePrivate))];
        foreach (string type in FileSystems)
            fixed (byte* name = FileContent.Terminated(type))
                trials.Add((type, ForkedProbe.Run(flags, &Mount, name)));
        if (!caller.IsOrdinary)
            fixed (byte* name = "sysfs\0"u8)
                trials.Add(("sysfs", ForkedProbe.Run(flags, &Mount, name)));
        trials.Add((Entering, ForkedProbe.Run(flags, &Enter)));
        return new ContainerSubject(caller, trials, Rt.Namespaces.UserNamespaceLimits.Hint());
    }

    public Finding Judge()
    {
        foreach ((string what, int result) in Trials)
            if (result < 0)
                return Failure(what, -result);
        string rootless = Caller.IsOrdinary ? " --rootless" : "";
        return new Finding(Name, Grade.Ok, $"what a container of rt spec{rootless} takes can be had: namespaces, mounts, pivot_root");
    }

    private Finding Failure(string what, int errno)
    {
        string cause = Errno.Describe(errno);
        (string found, string lost, string remedy) = what switch
        {
            Namespaces or Mounting => ($"{(what == Namespaces ? "new namespaces" : "mounting in a new namespace")}: {cause}{Hint}",
                "no container can be started", NamespaceRemedy(errno)),
            Entering => ($"pivot_root: {cause}", "every container, but with --no-pivot, which is weaker",
                "boot from a root file system that is no initial ramdisk; in a chroot, make its root a mount. Else --no-pivot "
                + "(Docker: DOCKER_RAMDISK=1 in its daemon's environment)"),
            "proc" => ($"mounting proc: {cause}", "containers with a /proc of their own, as nearly all have",
                "if this is a container: parts of its /proc are masked; have its engine leave them "
                + "(Docker: --security-opt systempaths=unconfined, Podman: --security-opt unmask=ALL)"),
            _ => ($"mounting {what}: {cause}", $"containers with a {what}, as of rt spec", $"a kernel with {what}, and the right to it"),
        };
        return new Finding(Name, Grade.Missing, found, lost, remedy) { IsFatal = true };
    }

    private string NamespaceRemedy(int errno) => errno switch
    {
        Errno.EPERM or Errno.EACCES when Hint.Length > 0 => "as root, give the setting its other value by sysctl(8)",
        Errno.EPERM or Errno.EACCES when Caller.IsOrdinary =>
            "if this is a container: have its engine allow user namespaces (its seccomp profile forbids them)",
        Errno.EPERM or Errno.EACCES => "run rt with CAP_SYS_ADMIN: in a container, a privileged one",
        Errno.ENOSPC or Errno.EUSERS => "raise user.max_user_namespaces and its neighbours (namespaces(7)) by sysctl(8)",
        Errno.ENOSYS => "if this is a container: a seccomp profile that allows clone3 (Docker's does with CAP_SYS_ADMIN); else a kernel of "
            + "Linux 5.10 or later",
        _ => "a kernel of Linux 5.10 or later with all namespaces",
    };

    private static int MakePrivate(byte* unused)
    {
        fixed (byte* root = "/\0"u8) return MountApi.mount(null, root, null, MountApi.MS_PRIVATE | MountApi.MS_REC, null);
    }

    /// <summary>Attached nowhere.</summary>
    private static int Mount(byte* type)
    {
        int fs = MountApi.fsopen(type);
        if (fs < 0) return fs;
        int result = MountApi.fsconfig_create(fs);
        const ulong Attributes = MountApi.MOUNT_ATTR_NOSUID | MountApi.MOUNT_ATTR_NODEV | MountApi.MOUNT_ATTR_NOEXEC;
        return result < 0 ? result : MountApi.fsmount(fs, Attributes);
    }

    /// <summary>Into an empty tmpfs, over /proc: a directory that is there in any case.</summary>
    private static int Enter(byte* unused)
    {
        int result = MakePrivate(null);
        if (result < 0) return result;
        fixed (byte* type = "tmpfs\0"u8, over = "/proc\0"u8, here = ".\0"u8)
        {
            int root = Mount(type);
            int place = Files.open(over, Files.O_PATH | Files.O_DIRECTORY);
            if (root < 0 || place < 0) return Math.Min(root, place);
            result = MountApi.move_mount(root, place);
            if (result >= 0) result = Files.fchdir(root);
            return result < 0 ? result : MountApi.pivot_root(here, here);
        }
    }
}
