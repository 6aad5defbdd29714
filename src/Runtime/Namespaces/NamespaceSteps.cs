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

    public readonly int Run(ref Execution run) => Processes.setns(run[Namespace], Type);

    public readonly StepDescription Describe(PlanReader plan) => new("setns", plan.Text(Path), ("type", NamespaceTypes.Name(Type)));

    public readonly string Word(PlanReader plan, int errno, string detail) => errno == Errno.EINVAL
        ? $"join {NamespaceTypes.Name(Type)} namespace {plan.Text(Path)}: it is none of that type"
        : $"join {NamespaceTypes.Name(Type)} namespace {plan.Text(Path)}: {Errno.Describe(errno)}";
}

/// <summary>
/// A new cgroup namespace. Not made by clone3: there its root would be the parent's cgroup, not the one that the child is
/// born into.
/// </summary>
internal struct NewCgroupNamespace : IStep
{
    public static StepKind Kind => StepKind.NewCgroupNamespace;

    public readonly int Run(ref Execution run) => Processes.unshare(Processes.CLONE_NEWCGROUP);

    public readonly StepDescription Describe(PlanReader plan) => new("unshare", "cgroup");
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
