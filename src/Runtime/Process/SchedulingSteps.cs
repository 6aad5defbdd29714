using Rt.Kernel;
using Rt.Plan;
using Rt.Spec;

namespace Rt.Process;

/// <summary>How the kernel's scheduler treats the process (sched(7)).</summary>
internal struct SetScheduler : IStep
{
    public static StepKind Kind => StepKind.SetScheduler;

    public Scheduling.sched_attr Attributes;

    public readonly int Run(ref Execution run) => Scheduling.sched_setattr(Attributes);

    public readonly StepDescription Describe(PlanReader plan)
    {
        bool deadline = Policy == "SCHED_DEADLINE";
        return new StepDescription("sched_setattr", Policy,
            ("flags", SchedulingWords.Names(SchedulerWords.Flags, Attributes.flags)),
            ("nice", Attributes.nice == 0 ? "" : Attributes.nice.ToString()),
            ("priority", Attributes.priority == 0 ? "" : Attributes.priority.ToString()),
            ("runtime", deadline ? $"{Attributes.runtime}ns" : ""),
            ("deadline", deadline ? $"{Attributes.deadline}ns" : ""),
            ("period", deadline ? $"{Attributes.period}ns" : ""));
    }

    public readonly string Word(PlanReader plan, int errno, string detail) =>
        $"set scheduler {Policy}: {Errno.Describe(errno)}" + (errno, Policy) switch
        {
            (Errno.EPERM, "SCHED_DEADLINE") => " (it takes CAP_SYS_NICE and all CPUs: not with linux.resources.cpu.cpus)",
            (Errno.EPERM, _) => " (it takes CAP_SYS_NICE and, for a real-time policy, a cgroup with real-time runtime)",
            (Errno.EBUSY, "SCHED_DEADLINE") => " (the CPUs have not that much time left)",
            (Errno.EINVAL, "SCHED_DEADLINE") => " (1024 ns at least, runtime <= deadline <= period)",
            _ => "",
        };

    private readonly string Policy => SchedulingWords.Name(SchedulerWords.Policies, Attributes.policy);
}

/// <summary>
/// On which CPUs the process may run (sched_setaffinity(2)). Without a choice on all that its cgroup has: whichever those were that
/// rt's caller may run on, the container's are its own (since Linux 6.2 a cpuset no longer takes them back by itself).
/// </summary>
internal unsafe struct SetAffinity : IStep
{
    public static StepKind Kind => StepKind.SetAffinity;

    /// <summary>As in "0-3,7"; null: all.</summary>
    public PlanText Cpus;

    /// <summary>The same in bits, in whole 64-bit words.</summary>
    public PlanList Mask;

    public readonly int Run(ref Execution run)
    {
        const int AllBytes = Spec.NumberList.Max / 8;
        if (!Cpus.IsNull) return Scheduling.sched_setaffinity(run.Numbers(Mask), Mask.Count * sizeof(uint));
        ulong* all = stackalloc ulong[AllBytes / sizeof(ulong)];
        new Span<byte>(all, AllBytes).Fill(0xff);
        return Scheduling.sched_setaffinity(all, AllBytes);
    }

    public readonly StepDescription Describe(PlanReader plan) => new("affinity", Cpus.IsNull ? "all" : plan.Text(Cpus));

    public readonly string Word(PlanReader plan, int errno, string detail) => $"run on CPUs {plan.Text(Cpus)}: "
        + (errno == Errno.EINVAL ? "none of them is there, or the container's cgroup has none of them" : Errno.Describe(errno));
}

/// <summary>Whose reads and writes go first (ioprio_set(2)).</summary>
internal struct SetIoPriority : IStep
{
    public static StepKind Kind => StepKind.SetIoPriority;

    /// <summary>An IOPRIO_CLASS_ number.</summary>
    public uint Class;

    /// <summary>0 (highest) to 7; the kernel ignores it in the idle class.</summary>
    public uint Level;

    public readonly int Run(ref Execution run) => Scheduling.SetIoPriority(Class << 13 | Level);

    public readonly StepDescription Describe(PlanReader plan) =>
        new("ioprio_set", SchedulingWords.Name(IoPriorityWords.Classes, Class), ("level", Level.ToString()));

    public readonly string Word(PlanReader plan, int errno, string detail) => $"{Describe(plan)}: {Errno.Describe(errno)}"
        + (errno == Errno.EPERM ? " (it takes CAP_SYS_NICE on the host)" : "");
}

/// <summary>From which NUMA nodes the process gets its memory (set_mempolicy(2)).</summary>
internal unsafe struct SetMemoryPolicy : IStep
{
    public static StepKind Kind => StepKind.SetMemoryPolicy;

    private const uint ModeMask = 0xff;

    /// <summary>An MPOL_ mode with its MPOL_F_ flags.</summary>
    public uint Mode;

    /// <summary>The nodes as config.json has them, for people; null: none.</summary>
    public PlanText Nodes;

    /// <summary>The same, a bit a node.</summary>
    public PlanList Mask;

    public readonly int Run(ref Execution run) => Scheduling.set_mempolicy(Mode, run.Numbers(Mask), Mask.Count * 32);

    public readonly StepDescription Describe(PlanReader plan) =>
        new("set_mempolicy", SchedulingWords.Name(MemoryPolicyWords.Modes, Mode & ModeMask), ("nodes", plan.Text(Nodes)),
            ("flags", SchedulingWords.Names(MemoryPolicyWords.Flags, Mode & ~ModeMask)));

    public readonly string Word(PlanReader plan, int errno, string detail) =>
        $"{Describe(plan)}: {Errno.Describe(errno)}" + errno switch
        {
            Errno.EINVAL when !Nodes.IsNull =>
                $" (a node of \"{plan.Text(Nodes)}\" that is not there or not the container's, or a newer kernel's mode)",
            Errno.ENOSYS => " (this kernel knows no NUMA)",
            _ => "",
        };
}

/// <summary>What machine the process is told that it runs on (personality(2)).</summary>
internal struct SetPersonality : IStep
{
    public static StepKind Kind => StepKind.SetPersonality;

    public uint Domain;

    public readonly int Run(ref Execution run) => Scheduling.personality(Domain);

    public readonly StepDescription Describe(PlanReader plan) =>
        new("personality", SchedulingWords.Name(PersonalityWords.Domains, Domain));
}

/// <summary>Numbers back in the words of config.json.</summary>
internal static class SchedulingWords
{
    public static string Name(IReadOnlyDictionary<string, uint> words, uint number) => words.First(word => word.Value == number).Key;

    public static string Names(IReadOnlyDictionary<string, ulong> words, ulong bits) =>
        string.Join(' ', words.Where(word => (word.Value & bits) != 0).Select(word => word.Key));

    public static string Names(IReadOnlyDictionary<string, uint> words, uint bits) =>
        string.Join(' ', words.Where(word => (word.Value & bits) != 0).Select(word => word.Key));
}
