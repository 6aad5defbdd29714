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
        Slot there = run.Header->PidNamespaceOf;
        return there == Slot.None ? Clone(ref run, block, intoCgroup) : CloneIn(run[there], ref run, block, intoCgroup);
    }

    private static int Clone(ref Execution run, byte* block, bool intoCgroup)
    {
        ulong flags = run.Header->CloneFlags | Processes.CLONE_CLEAR_SIGHAND;
        int pid = Processes.clone3(flags, intoCgroup ? run[Slot.Cgroup] : -1);
        if (pid == 0) Interpreter.Run(block);
        return pid;
    }

    /// <summary>setns(2) with a pid namespace moves the caller's future children only.</summary>
    private static int CloneIn(int there, ref Execution run, byte* block, bool intoCgroup)
    {
        // The child is born among processes that are not to look into it (CVE-2016-9962).
        int result = Credentials.prctl(Credentials.PR_SET_DUMPABLE, 0);
        int here = result < 0 ? result : Processes.pidfd_open(Processes.getpid());
        if (here < 0) return here;
        result = Processes.setns(there, Processes.CLONE_NEWPID);
        if (result >= 0)
        {
            result = Clone(ref run, block, intoCgroup);
            Processes.setns(here, Processes.CLONE_NEWPID); // the way back is always open; without it, no threads could be started
        }

        Files.close(here);
        return result;
    }
}
