using Rt.Kernel;
using Rt.Plan;

namespace Rt.Cgroups;

/// <summary>
/// How a process gets into its cgroups of v1, which it can't be born into: it joins them itself, first of all. rt opens the
/// files, and whoever opened one is whom the kernel asks for permission.
/// </summary>
internal static class LegacyJoin
{
    /// <param name="mayLack">Those that are not there are left out: rt was refused to make them.</param>
    public static void Compile(PlanWriter plan, IEnumerable<LegacyDirectory> directories, bool mayLack)
    {
        foreach (LegacyDirectory directory in directories)
        {
            TasksOpening opening = new(plan.NextSlot, directory.Path, mayLack);
            plan.Openings.Add(opening);
            plan.Add(new JoinCgroup { Tasks = opening.Slot, Directory = plan.Text(directory.Path) }, opening.Origin);
        }
    }
}

/// <summary>The file of a cgroup that threads join by.</summary>
/// <param name="Optional">The cgroup need not be there.</param>
internal sealed record TasksOpening(Slot Slot, string Directory, bool Optional) : Opening(Slot, "linux.cgroupsPath")
{
    public override int Open()
    {
        string path = Directory + "/tasks";
        int file = FileContent.TryOpen(path, Files.O_WRONLY);
        if (file == -Errno.ENOENT && Optional) return -1;
        return file >= 0 ? file : throw new RtException($"{Origin}: open {path}: {Errno.Describe(-file)}");
    }

    public override StepDescription? Describe() => null;
}

/// <summary>
/// Joins a cgroup of v1. The file "tasks" moves the one thread that there is; "cgroup.procs" would first have the kernel see to
/// it that the process starts no other, which takes it 5 ms and more (an RCU grace period).
/// </summary>
internal unsafe struct JoinCgroup : IStep
{
    public static StepKind Kind => StepKind.JoinCgroup;

    public Slot Tasks;
    public PlanText Directory;

    public readonly int Run(ref Execution run)
    {
        if (run[Tasks] < 0) return 0; // rt has done without it
        byte self = (byte)'0';
        nint written = Files.write(run[Tasks], &self, 1);
        return written < 0 ? (int)written : 0;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("join-cgroup", plan.Text(Directory));
}
