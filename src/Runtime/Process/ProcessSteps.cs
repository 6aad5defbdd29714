using Rt.Kernel;
using Rt.Plan;

namespace Rt.Process;

/// <summary>A session of its own, so that no terminal of the host is the container's (setsid(2)).</summary>
internal struct NewSession : IStep
{
    public static StepKind Kind => StepKind.NewSession;

    public readonly int Run(ref Execution run) => (int)Syscall.Invoke(SyscallNumber.setsid);

    public readonly StepDescription Describe(PlanReader plan) => new("setsid", "");
}

/// <summary>One resource limit (setrlimit(2)).</summary>
internal struct SetRlimit : IStep
{
    public static StepKind Kind => StepKind.SetRlimit;

    public int Resource;
    public ulong Soft, Hard;

    public readonly int Run(ref Execution run) => Credentials.SetLimit(Resource, Soft, Hard);

    public readonly StepDescription Describe(PlanReader plan) =>
        new("setrlimit", Spec.Rlimits.Name(Resource), ("soft", Words(Soft)), ("hard", Words(Hard)));

    public readonly string Word(PlanReader plan, int errno, string detail) => $"{Describe(plan)}: {Errno.Describe(errno)}"
        + (errno == Errno.EPERM ? " (a higher limit than the caller's own takes CAP_SYS_RESOURCE on the host)" : "");

    private static string Words(ulong limit) => limit == ulong.MaxValue ? "unlimited" : limit.ToString();
}

/// <summary>
/// Enters the working directory. Resolved inside the root without magic links, so that a cwd
/// of /proc/self/fd/N leads nowhere (CVE-2024-21626).
/// </summary>
internal unsafe struct WorkingDirectory : IStep
{
    public static StepKind Kind => StepKind.WorkingDirectory;

    public PlanText Path;

    /// <summary>It is made if it is missing.</summary>
    public bool Make;

    /// <summary>Gets root's errno if that is refused, for the user to try again (<see cref="ClosedDirectory"/>). Null: it counts.</summary>
    public PlanText Refusal;

    public readonly int Run(ref Execution run)
    {
        int result = Enter(Make
            ? Mounts.InRoot.OpenOrMake(run[Slot.Root], run.At(Path), directory: true)
            : Mounts.InRoot.Open(run[Slot.Root], run.At(Path)));
        if (Refusal.IsNull || result is not (-Errno.EACCES or -Errno.EPERM)) return result;
        *(int*)run.At(Refusal) = result;
        return 0;
    }

    /// <param name="directory">An errno in place of a descriptor is handed on.</param>
    public static int Enter(int directory)
    {
        if (directory < 0) return directory;
        int result = Files.fchdir(directory);
        Files.close(directory);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("chdir", plan.Text(Path));
}

/// <summary>
/// Enters as the container's user a working directory that root was refused: on NFS, root may be nobody; file systems in user space
/// (FUSE) may let in nobody but their owner.
/// </summary>
internal unsafe struct ClosedDirectory : IStep
{
    public static StepKind Kind => StepKind.ClosedDirectory;

    public WorkingDirectory Directory;

    public readonly int Run(ref Execution run)
    {
        int refusal = *(int*)run.At(Directory.Refusal);
        if (refusal == 0) return 0;
        int result = default(Mounts.FindRoot).Run(ref run);
        if (result >= 0) result = WorkingDirectory.Enter(Mounts.InRoot.Open(run[Slot.Root], run.At(Directory.Path)));
        run.Close(Slot.Root);
        return Directory.Make && result == -Errno.ENOENT ? refusal : result; // it could not be made
    }

    public readonly StepDescription Describe(PlanReader plan) => new("chdir", plan.Text(Directory.Path), ("if", "root was refused"));
}

/// <summary>
/// Becomes the container's user: supplementary groups, then gid, then uid. Permitted capabilities are kept for the steps to come.
/// </summary>
internal unsafe struct SetUser : IStep
{
    public static StepKind Kind => StepKind.SetUser;

    public uint Uid, Gid, Umask;
    public PlanList Groups;

    /// <summary>The standard streams are a terminal of the container's own.</summary>
    public bool OwnTerminal;

    /// <summary>The caller's supplementary groups stay.</summary>
    public bool KeepGroups;

    /// <summary>
    /// There are none any more (<see cref="Namespaces.JoinNamespace"/>): it is no harm if the kernel refuses to drop them.
    /// </summary>
    public bool NoGroups;

    public readonly int Run(ref Execution run)
    {
        Files.umask(Umask);
        for (int fd = 0; fd <= 2; fd++) GiveStream(fd);
        int result = Credentials.prctl(Credentials.PR_SET_KEEPCAPS, 1);
        if (result >= 0 && !KeepGroups)
        {
            result = Credentials.setgroups(Groups.Count, run.Numbers(Groups));
            if (result == -Errno.EPERM && NoGroups && Groups.Count == 0) result = 0;
        }

        if (result >= 0) result = Credentials.SetGid(Gid);
        if (result >= 0) result = Credentials.SetUid(Uid);
        if (result >= 0) result = Credentials.prctl(Credentials.PR_SET_KEEPCAPS, 0);
        return result;
    }

    /// <summary>
    /// Makes a standard stream the user's, who else could not open /dev/stdout. Devices of the host stay as they are: /dev/null is
    /// everyone's already, and the caller's terminal must not come to belong to whoever has this id on the host. So does what can't be
    /// given away (another file system's rules, a read-only one), as under runc.
    /// </summary>
    private readonly void GiveStream(int fd)
    {
        if (Statx.Of(fd, out Statx stat) < 0 || stat.Uid == Uid) return;
        if (stat.Type == Files.S_IFCHR && !OwnTerminal) return;
        Files.fchown(fd, Uid, stat.Gid);
    }

    public readonly string Word(PlanReader plan, int errno, string detail) => $"{Describe(plan)}: {Errno.Describe(errno)}" + errno switch
    {
        Errno.EINVAL => " (an id that the user namespace does not map)",
        Errno.EPERM when Groups.Count > 0 =>
            " (cannot set any additional groups: setgroups(2) is denied to who maps his own group alone, without newgidmap)",
        _ => "",
    };

    public readonly StepDescription Describe(PlanReader plan) =>
        new("user", $"{Uid}:{Gid}", ("groups", KeepGroups ? "kept" : string.Join(',', plan.Numbers(Groups))),
            ("umask", "0" + Convert.ToString(Umask, 8)));
}
