namespace Rt.Spec;

// process.scheduler, ioPriority and execCPUAffinity (config.md, "Linux Process").

internal sealed class Scheduler
{
    /// <summary>"SCHED_OTHER" and its like: see <see cref="SchedulerWords"/>.</summary>
    public string Policy { get; set; } = "";

    /// <summary>-20 to 19.</summary>
    public int Nice { get; set; }

    /// <summary>Of SCHED_FIFO and SCHED_RR: 1 to 99.</summary>
    public int Priority { get; set; }
    public List<string> Flags { get; set; } = [];

    /// <summary>Nanoseconds, of SCHED_DEADLINE.</summary>
    public ulong Runtime { get; set; }
    public ulong Deadline { get; set; }
    public ulong Period { get; set; }
}

internal sealed class IoPriority
{
    /// <summary>"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE" or "IOPRIO_CLASS_IDLE".</summary>
    public string Class { get; set; } = "";

    /// <summary>0 (highest) to 7.</summary>
    public int Priority { get; set; }
}

/// <summary>CPUs for processes that <c>exec</c> adds, as lists such as "0-3,7"; empty: not asked for.</summary>
internal sealed class ExecCpuAffinity
{
    /// <summary>Before the process is in the container's cgroup.</summary>
    public string Initial { get; set; } = "";

    /// <summary>Once it is.</summary>
    public string Final { get; set; } = "";
}
