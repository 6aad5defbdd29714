using Rt.Kernel;
using Rt.Plan;

namespace Rt.Launch;

/// <summary>The fork: from here on, one process goes on as rt and the other executes the plan.</summary>
internal static unsafe class Forker
{
    /// <summary>Starts the process that executes the plan: its pid, or -errno.</summary>
    /// <param name="intoCgroup">It is to be born into the container's cgroup.</param>
    public static int Fork(byte* block, bool intoCgroup)
    {
        Execution run = new(block);
        ulong flags = run.Header->CloneFlags | Processes.CLONE_CLEAR_SIGHAND;
        int pid = Processes.clone3(flags, intoCgroup ? run[Slot.Cgroup] : -1);
        if (pid == 0) Interpreter.Run(block);
        return pid;
    }
}
