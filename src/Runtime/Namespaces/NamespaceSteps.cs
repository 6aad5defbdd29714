using Rt.Kernel;
using Rt.Plan;

namespace Rt.Namespaces;

/// <summary>Joins a namespace that exists.</summary>
internal struct JoinNamespace : IStep
{
    public static StepKind Kind => StepKind.JoinNamespace;

    /// <summary>The CLONE_NEW flag of its type: the kernel refuses a descriptor of another one.</summary>
    public ulong Type;
    public Slot Namespace;
    public PlanText Path;

    public readonly unsafe int Run(ref Execution run)
    {
        // In a user namespace that its maker was not root for, the caller's groups could not be dropped any more.
        if (Type == Processes.CLONE_NEWUSER) Credentials.setgroups(0, null);
        return Processes.setns(run[Namespace], Type);
    }

    public readonly StepDescription Describe(PlanReader plan) => new("setns", plan.Text(Path), ("type", NamespaceTypes.Name(Type)));

    public readonly string Word(PlanReader plan, int errno, string detail) => errno == Errno.EINVAL
        ? $"join {NamespaceTypes.Name(Type)} namespace {plan.Text(Path)}: it is none of that type"
        : $"join {NamespaceTypes.Name(Type)} namespace {plan.Text(Path)}: {Errno.Describe(errno)}";
}

/// <summary>
/// Joins the namespaces of a container's init at once (setns(2) with a pidfd, Linux 5.8): all of them, or none if one refuses.
/// </summary>
internal struct JoinContainer : IStep
{
    public static StepKind Kind => StepKind.JoinContainer;

    /// <summary>CLONE_NEW flags. A new pid namespace only takes in children.</summary>
    public ulong Types;

    /// <summary>A pidfd of the init.</summary>
    public Slot Init;

    public readonly unsafe int Run(ref Execution run)
    {
        // From here on processes of the container may see this one, and are not to look into it (CVE-2016-9962).
        int result = Credentials.prctl(Credentials.PR_SET_DUMPABLE, 0);
        if (result < 0) return result;
        // As with JoinNamespace.
        if ((Types & Processes.CLONE_NEWUSER) != 0) Credentials.setgroups(0, null);
        return Processes.setns(run[Init], Types);
    }

    public readonly StepDescription Describe(PlanReader plan) => new("setns", "", ("types", NamespaceTypes.Names(Types)));

    public readonly string Word(PlanReader plan, int errno, string detail) => "join the container's namespaces: "
        + (errno == Errno.ESRCH ? "its init has ended" : Errno.Describe(errno));
}

/// <summary>
/// Forks the init as another child of rt's, with the new namespaces, and ends this process. For when namespaces must be joined
/// before: a pid namespace only takes in children, and new namespaces belong to the user namespace that the forking process is
/// in.
/// </summary>
internal struct ForkSibling : IStep
{
    public static StepKind Kind => StepKind.ForkSibling;

    /// <summary>CLONE_NEW flags.</summary>
    public ulong Flags;

    /// <summary>This process is in the container's cgroup already (<see cref="NamespaceCompiler.JoinsCgroups"/>).</summary>
    public bool InCgroup;

    public readonly int Run(ref Execution run)
    {
        // Not a directory of the host's in the hands of a process that the container sees, and may be allowed to trace.
        if (InCgroup) run.Close(Slot.Cgroup);
        int pid = Processes.clone3(Flags | Processes.CLONE_PARENT, run[Slot.Cgroup]);
        if (pid < 0) return pid;
        if (pid == 0) return Report.AwaitAnswer(ref run); // its reports come after the one that tells of it
        Report.Send(ref run, ReportKind.Forked, pid, 0); // a parent that is gone is noticed by the init
        Processes.exit_group(0);
        return 0;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("clone3", "", ("new", NamespaceTypes.Names(Flags)));

    public readonly string Word(PlanReader plan, int errno, string detail) => Failure(errno);

    /// <summary>Why clone3 refused to make the init, in <paramref name="cgroup"/> if that is known.</summary>
    public static string Failure(int errno, string cgroup = "") => "create the container's process: " + errno switch
    {
        Errno.EPERM or Errno.EACCES or Errno.ENOSPC when UserNamespaceLimits.Hint() is { Length: > 0 } hint =>
            Errno.Describe(errno) + hint,
        Errno.EPERM => "operation not permitted (new namespaces need root or a user namespace)",
        Errno.ENOSPC or Errno.EUSERS => "no more namespaces of a kind are allowed (see /proc/sys/user/)",
        Errno.EOPNOTSUPP => $"{Named(cgroup)} can't take processes: it or one above it is threaded (cgroup.type)",
        Errno.EBUSY => $"{Named(cgroup)} can't take processes: it hands controllers down (cgroup.subtree_control)",
        _ => Errno.Describe(errno),
    };

    private static string Named(string cgroup) => cgroup.Length == 0 ? "the cgroup" : "the cgroup " + cgroup;
}

/// <summary>
/// Becomes the user namespace's root, as soon as rt has written the namespace's mappings: without them no id means anything.
/// </summary>
internal struct BecomeRoot : IStep
{
    public static StepKind Kind => StepKind.BecomeRoot;

    /// <summary>0, or where the mappings have none, the container's user, who has all capabilities to begin with as well.</summary>
    public uint Uid, Gid;

    /// <summary>The container's user, for a namespace that is joined and turns out to map no 0.</summary>
    public uint OrUid, OrGid;

    public readonly int Run(ref Execution run)
    {
        int result = Report.AwaitAnswer(ref run);
        if (result >= 0) result = Credentials.SetGid(Gid);
        if (result == -Errno.EINVAL) result = Credentials.SetGid(OrGid);
        if (result >= 0) result = Credentials.SetUid(Uid);
        return result == -Errno.EINVAL ? Credentials.SetUid(OrUid) : result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("become-root", $"{Uid}:{Gid}");

    public readonly string Word(PlanReader plan, int errno, string detail) =>
        $"become {Uid}:{Gid} in the user namespace: {(errno == Errno.EINVAL ? "it maps no such id" : Errno.Describe(errno))}";
}

/// <summary>
/// A new time namespace. setns(2) then, since a process never enters by unshare(2) itself (time_namespaces(7)). clone3 takes the flag
/// from Linux 6.3 on only, and can't leave time to set clocks, which has to be done before anyone is in.
/// </summary>
internal unsafe struct NewTimeNamespace : IStep
{
    public static StepKind Kind => StepKind.NewTimeNamespace;

    /// <summary>The process stops for rt, which sets them.</summary>
    public bool HasClocks;

    public readonly int Run(ref Execution run)
    {
        int result = Processes.unshare(Processes.CLONE_NEWTIME);
        if (result >= 0 && HasClocks) result = Report.Stop(ref run, ReportKind.TimeNamespace);
        if (result < 0) return result;
        int file;
        fixed (byte* path = "/proc/self/ns/time_for_children\0"u8) file = Files.open(path, Files.O_RDONLY);
        if (file < 0) return file;
        result = Processes.setns(file, Processes.CLONE_NEWTIME);
        Files.close(file);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("unshare", "time");
}

/// <summary>
/// A new namespace that clone3 would make too early. A cgroup namespace's root would be the parent's cgroup, not the one that the
/// child is born into; the mqueue of an ipc namespace would be the host's root's, not that of the user namespace's root.
/// </summary>
internal struct NewNamespace : IStep
{
    public static StepKind Kind => StepKind.NewNamespace;

    /// <summary>A CLONE_NEW flag.</summary>
    public ulong Type;

    public readonly int Run(ref Execution run) => Processes.unshare(Type);

    public readonly StepDescription Describe(PlanReader plan) => new("unshare", NamespaceTypes.Name(Type));
}

/// <summary>The host's name in the container's UTS namespace.</summary>
internal unsafe struct Hostname : IStep
{
    public static StepKind Kind => StepKind.Hostname;

    public PlanText Name;

    public readonly int Run(ref Execution run) => Credentials.sethostname(run.At(Name), Text.Length(run.At(Name)));

    public readonly StepDescription Describe(PlanReader plan) => new("sethostname", plan.Text(Name));
}

/// <summary>The NIS domain name in the container's UTS namespace.</summary>
internal unsafe struct Domainname : IStep
{
    public static StepKind Kind => StepKind.Domainname;

    public PlanText Name;

    public readonly int Run(ref Execution run) => Credentials.setdomainname(run.At(Name), Text.Length(run.At(Name)));

    public readonly StepDescription Describe(PlanReader plan) => new("setdomainname", plan.Text(Name));
}

/// <summary>Writes a file of /proc/sys, through the procfs that the plan itself mounted.</summary>
internal unsafe struct WriteSysctl : IStep
{
    public static StepKind Kind => StepKind.WriteSysctl;

    /// <summary>Relative to /proc, as in "sys/net/ipv4/ip_forward".</summary>
    public PlanText Path;
    public PlanText Value;

    public readonly int Run(ref Execution run)
    {
        int file = Files.openat2(run[Slot.Proc], run.At(Path), Files.O_WRONLY,
            Files.RESOLVE_BENEATH | Files.RESOLVE_NO_SYMLINKS | Files.RESOLVE_NO_XDEV);
        if (file < 0) return file;
        byte* value = run.At(Value);
        nint written = Files.write(file, value, Text.Length(value));
        Files.close(file);
        return written < 0 ? (int)written : 0;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("sysctl", "/proc/" + plan.Text(Path), ("value", plan.Text(Value)));
}
