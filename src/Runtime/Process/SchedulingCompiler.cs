using System.Runtime.InteropServices;
using Rt.Kernel;
using Rt.Plan;
using Rt.Spec;

namespace Rt.Process;

/// <summary>
/// What process.scheduler, process.ioPriority, process.execCPUAffinity, linux.memoryPolicy and linux.personality compile to. For steps while privileged
/// and unfiltered: most take CAP_SYS_NICE, and usual filters forbid some of the calls. Steps behind these run as the program will,
/// and under SCHED_DEADLINE can't fork unless SCHED_FLAG_RESET_ON_FORK is set (sched(7)).
/// </summary>
internal static class SchedulingCompiler
{
    /// <param name="cpus">On which CPUs the process is to run; empty: on all; null: where it may by now.</param>
    public static void Compile(PlanWriter plan, Config config, string? cpus)
    {
        if (cpus != null) Affinity(plan, cpus);
        if (config.Process!.Scheduler is { } scheduler) Scheduler(plan, scheduler);
        if (config.Process.IoPriority is { } priority)
            plan.Add(new SetIoPriority { Class = IoPriorityWords.Classes[priority.Class], Level = (uint)priority.Priority },
                "process.ioPriority");
        if (config.Linux.MemoryPolicy is { } policy) MemoryPolicy(plan, policy);
        if (config.Linux.Personality is { } personality)
            plan.Add(new SetPersonality { Domain = PersonalityWords.Domains[personality.Domain] }, "linux.personality");
    }

    /// <summary>Before the scheduling policy: a deadline can't be kept by a process that is kept to some CPUs.</summary>
    private static void Affinity(PlanWriter plan, string cpus) => plan.Add(
        cpus.Length == 0
            ? default
            : new SetAffinity { Cpus = plan.Text(cpus), Mask = plan.Numbers([.. MemoryMarshal.Cast<ulong, uint>(NumberList.Parse(cpus)!)]) },
        cpus.Length == 0 ? "" : "process.execCPUAffinity.final");

    private static void Scheduler(PlanWriter plan, Scheduler scheduler)
    {
        ulong flags = 0;
        foreach (string flag in scheduler.Flags) flags |= SchedulerWords.Flags[flag];
        plan.Add(new SetScheduler
        {
            Attributes = new Scheduling.sched_attr
            {
                policy = SchedulerWords.Policies[scheduler.Policy],
                flags = flags,
                nice = scheduler.Nice,
                priority = (uint)scheduler.Priority,
                runtime = scheduler.Runtime,
                deadline = scheduler.Deadline,
                period = scheduler.Period,
            },
        }, "process.scheduler");
    }

    private static void MemoryPolicy(PlanWriter plan, MemoryPolicy policy)
    {
        uint mode = MemoryPolicyWords.Modes[policy.Mode];
        foreach (string flag in policy.Flags) mode |= MemoryPolicyWords.Flags[flag];
        bool any = policy.Nodes.Length > 0;
        plan.Add(new SetMemoryPolicy
        {
            Mode = mode,
            Nodes = any ? plan.Text(policy.Nodes) : default,
            Mask = any ? plan.Numbers([.. MemoryMarshal.Cast<ulong, uint>(NumberList.Parse(policy.Nodes)!)]) : default,
        }, "linux.memoryPolicy");
    }
}
