using static Rt.Spec.Validation;

namespace Rt.Spec;

/// <summary>Checks process.</summary>
internal static class ProcessValidation
{
    public static void Check(ContainerProcess process)
    {
        if (process.ConsoleSize is { } size) Size(size);
        Require(process.Args.Count > 0, "process.args", "args must not be empty");
        Require(process.Args[0].Length > 0, "process.args[0]", "the program's name must not be empty");
        Require(process.Cwd.Length > 0, "process.cwd", "is required");
        Require(process.Cwd[0] == '/', "process.cwd", $"\"{process.Cwd}\" must be an absolute path");
        for (int i = 0; i < process.Env.Count; i++)
            Require(process.Env[i].IndexOf('=') > 0, $"process.env[{i}]", $"\"{process.Env[i]}\" is not of the form NAME=value");
        Require(process.OomScoreAdj is null or (>= -1000 and <= 1000), "process.oomScoreAdj",
            $"{process.OomScoreAdj} is not between -1000 and 1000");
        Id(process.User.Uid, "process.user.uid");
        Id(process.User.Gid, "process.user.gid");
        for (int i = 0; i < process.User.AdditionalGids.Count; i++) Id(process.User.AdditionalGids[i], $"process.user.additionalGids[{i}]");
        Require((process.User.Umask ?? 0) <= 0x1ff, "process.user.umask", $"{process.User.Umask} is not between 0 and 511 (0777)");
        Limits(process.Rlimits);
        if (process.Scheduler is { } scheduler) Scheduler(scheduler);
        if (process.IoPriority is { } priority) IoPriority(priority);
        if (process.ExecCpuAffinity is { } affinity)
        {
            CpuList(affinity.Initial, "process.execCPUAffinity.initial");
            CpuList(affinity.Final, "process.execCPUAffinity.final");
        }
    }

    /// <summary>Numbers of 16 bits each in struct winsize (ioctl_tty(2)).</summary>
    private static void Size(ConsoleSize size)
    {
        Require(size.Height <= ushort.MaxValue, "process.consoleSize.height", $"{size.Height} is not between 0 and 65535");
        Require(size.Width <= ushort.MaxValue, "process.consoleSize.width", $"{size.Width} is not between 0 and 65535");
    }

    private static void Limits(List<Rlimit> limits)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < limits.Count; i++)
        {
            Rlimit limit = limits[i];
            string path = $"process.rlimits[{i}]";
            Require(Rlimits.Number(limit.Type) >= 0, path + ".type", $"\"{limit.Type}\" is no resource limit");
            Require(seen.Add(limit.Type), path + ".type", $"{limit.Type} is there twice");
            Require(limit.Soft <= limit.Hard, path + ".soft", $"{limit.Soft} is more than the hard limit {limit.Hard}");
        }
    }

    private static void Scheduler(Scheduler scheduler)
    {
        const string Path = "process.scheduler";
        Require(SchedulerWords.Policies.ContainsKey(scheduler.Policy), $"{Path}.policy", $"\"{scheduler.Policy}\" is no scheduling policy");
        for (int i = 0; i < scheduler.Flags.Count; i++)
            Require(SchedulerWords.Flags.ContainsKey(scheduler.Flags[i]), $"{Path}.flags[{i}]",
                $"\"{scheduler.Flags[i]}\" is no scheduling flag");
        Require(scheduler.Nice is >= -20 and <= 19, $"{Path}.nice", $"{scheduler.Nice} is not between -20 and 19");
        if (scheduler.Policy is "SCHED_FIFO" or "SCHED_RR")
            Require(scheduler.Priority is >= 1 and <= 99, $"{Path}.priority",
                $"{scheduler.Priority} is not between 1 and 99, as {scheduler.Policy} wants it");
        else Require(scheduler.Priority == 0, $"{Path}.priority", $"must be 0 with {scheduler.Policy}, not {scheduler.Priority}");
        bool deadline = scheduler.Policy == "SCHED_DEADLINE";
        Require(deadline || scheduler.Runtime == 0, $"{Path}.runtime", $"is for SCHED_DEADLINE, not {scheduler.Policy}");
        Require(deadline || scheduler.Deadline == 0, $"{Path}.deadline", $"is for SCHED_DEADLINE, not {scheduler.Policy}");
        Require(deadline || scheduler.Period == 0, $"{Path}.period", $"is for SCHED_DEADLINE, not {scheduler.Policy}");
    }

    private static void IoPriority(IoPriority priority)
    {
        Require(IoPriorityWords.Classes.ContainsKey(priority.Class), "process.ioPriority.class",
            $"\"{priority.Class}\" is no class of I/O priority");
        Require(priority.Priority is >= 0 and <= 7, "process.ioPriority.priority", $"{priority.Priority} is not between 0 and 7");
    }

    private static void CpuList(string list, string path) =>
        Require(list.Length == 0 || NumberList.Parse(list) != null, path, $"\"{list}\" is no list of CPUs such as 0-3,7");
}
