using Rt.Kernel;
using Rt.Plan;

namespace Rt.Launch;

/// <summary>The fork: from here on, one process goes on as rt and the other executes the plan.</summary>
internal static unsafe class Forker
{
    /// <summary>What can fail here.</summary>
    public const int JoinPidNamespace = -2, Clone = -1;

    /// <summary>
    /// Starts the init: the pid, or -errno with <paramref name="failed"/> telling which of the two calls it was.
    /// </summary>
    public static int Fork(byte* block, out int failed)
    {
        Execution run = new(block);
        failed = JoinPidNamespace;
        if (run[Slot.PidNamespace] >= 0)
        {
            int joined = Processes.setns(run[Slot.PidNamespace], Processes.CLONE_NEWPID);
            if (joined < 0) return joined;
        }

        failed = Clone;
        ulong flags = run.Header->CloneFlags | Processes.CLONE_CLEAR_SIGHAND;
        int pid = Processes.clone3(flags, run[Slot.Cgroup]);
        if (pid == 0) Interpreter.Run(block);
        return pid;
    }
}
