using System.Runtime.InteropServices;
using Rt.Kernel;
using Rt.Plan;

namespace Rt.Launch;

/// <summary>A container's init on its way: started, and watched until it waits at the gate or has become the program.</summary>
internal sealed unsafe class ContainerInit
{
    private readonly LaunchPlan plan;
    private readonly GuardedInit? guarded;
    private readonly int socket;
    private readonly Action<string> onReady;
    private bool guardedIsGone;
    private Report? early;

    private ContainerInit(LaunchPlan plan, GuardedInit? guarded, int socket, Action<string> onReady)
    {
        this.plan = plan;
        this.guarded = guarded;
        this.socket = socket;
        this.onReady = onReady;
    }

    /// <summary>In the pid namespace of this process. 0 until <see cref="AwaitInit"/> has returned.</summary>
    public int Pid { get; private set; }

    /// <summary>
    /// Starts the init, by way of the guarded process if there is one. The descriptors of <paramref name="cgroup"/> and
    /// <paramref name="gate"/> are -1 for none; both stay the caller's.
    /// </summary>
    public static ContainerInit Start(LaunchPlan plan, GuardedInit? guarded, int cgroup, int gate, Action<string> debug)
    {
        List<int> opened = [];
        try
        {
            int[] descriptors = Array.ConvertAll(plan.Reader.Numbers(plan.Reader.Header.PassedSlots), slot =>
            {
                if ((Slot)slot == Slot.Cgroup) return cgroup;
                if ((Slot)slot == Slot.Gate) return gate;
                var join = plan.Joins.First(join => join.Slot == (Slot)slot);
                int file = FileContent.TryOpen(join.Path, Files.O_RDONLY);
                if (file < 0) throw new RtException($"{join.Origin}.path: open {join.Path}: {Errno.Describe(-file)}");
                opened.Add(file);
                return file;
            });

            if (guarded != null)
            {
                guarded.Send(plan.Block, descriptors);
                return new ContainerInit(plan, guarded, guarded.Socket, debug);
            }

            return ForkHere(plan, descriptors, debug);
        }
        finally
        {
            opened.ForEach(file => Files.close(file));
        }
    }

    /// <summary>Returns when the init exists, with <see cref="Pid"/> set.</summary>
    public void AwaitInit()
    {
        if (Pid != 0) return;
        Report report = Next();
        if (report.Kind != ReportKind.Cloned && report.Value >= 0)
        {
            // The init was quicker than the process that made it.
            early = report;
            report = Next();
        }

        if (report.Kind != ReportKind.Cloned) throw Failure(report);
        Pid = (int)report.Value;
        Timeline.Mark("init cloned", report.Nanoseconds);
        Processes.Reap(guarded!.Pid, block: true);
        guardedIsGone = true;
    }

    /// <summary>Returns when all steps before <see cref="Ready"/> are done. The init waits for <see cref="GoAhead"/>.</summary>
    public void AwaitReady()
    {
        Report report = early ?? Next();
        if (report.Kind != ReportKind.Ready) throw Failure(report);
        Timeline.Mark("init ready", report.Nanoseconds);
        onReady($"init {Pid} is ready: {plan.Reader.Header.StepCount} steps, {report.Value} bytes allocated on the heap between fork and execve");
    }

    public void GoAhead()
    {
        byte go = 1;
        Sockets.Send(socket, &go, 1, null, 0);
    }

    /// <summary>Returns when the init has become the program.</summary>
    public void AwaitExec()
    {
        if (Report.Receive(socket) is { } report) throw Failure(report);
        Timeline.Mark("executed");
    }

    /// <summary>Makes sure that nothing of the launch lives on.</summary>
    public void Abort()
    {
        Files.close(socket);
        if (guarded != null && !guardedIsGone)
        {
            Processes.kill(guarded.Pid, Signals.SIGKILL);
            Processes.Reap(guarded.Pid, block: true);
        }

        if (Pid == 0) return;
        Processes.kill(Pid, Signals.SIGKILL);
        Processes.Reap(Pid, block: true);
    }

    /// <summary>The error that a report of failure stands for, in words.</summary>
    public static RtException Failure(LaunchPlan plan, Report report)
    {
        int index = (int)report.Value;
        if (index == Forker.Clone) return new RtException(CloneFailure(report.Errno));
        if (index == Forker.JoinPidNamespace)
        {
            var (_, path, origin) = plan.Joins.First(join => join.Slot == Slot.PidNamespace);
            string cause = report.Errno == Errno.EINVAL ? "it is none of that type" : Errno.Describe(report.Errno);
            return new RtException($"{origin}: join pid namespace {path}: {cause}");
        }

        StepPlace place = plan.Reader.Steps().ElementAt(index);
        string words = Steps.Read(plan.Reader, place).Word(plan.Reader, report.Errno, report.DetailText);
        return new RtException(place.Origin.Length == 0 || place.Kind is StepKind.FindExecutable or StepKind.Execute ? words : $"{place.Origin}: {words}");
    }

    private static string CloneFailure(int errno) => "create the container's process: " + errno switch
    {
        Errno.EPERM => "operation not permitted (new namespaces need root or a user namespace)",
        Errno.ENOSPC or Errno.EUSERS => "no more namespaces of a kind are allowed (see /proc/sys/user/)",
        Errno.EBUSY => "the cgroup can't take processes: it hands controllers down (cgroup.subtree_control)",
        _ => Errno.Describe(errno),
    };

    private static ContainerInit ForkHere(LaunchPlan plan, int[] descriptors, Action<string> debug)
    {
        int* pair = stackalloc int[2];
        KernelException.Check(Sockets.socketpair(pair), "socketpair");
        byte* block = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(plan.Block, 0);
        Execution run = new(block);
        uint* slots = run.Numbers(run.Header->PassedSlots);
        for (int i = 0; i < descriptors.Length; i++) run[(Slot)slots[i]] = descriptors[i];
        run[Slot.Report] = pair[1];

        int pid = Forker.Fork(block, sibling: false, out int failed);
        Files.close(pair[1]);
        if (pid < 0) throw Failure(plan, new Report { Kind = ReportKind.Failed, Value = failed, Errno = -pid });
        return new ContainerInit(plan, null, pair[0], debug) { Pid = pid };
    }

    private RtException Failure(Report report) => Failure(plan, report);

    /// <summary>The next report; the init must not go without one.</summary>
    private Report Next()
    {
        if (Report.Receive(socket) is { } report) return report;
        Processes.Exit exit = Processes.Reap(Pid != 0 ? Pid : guarded!.Pid, block: true);
        guardedIsGone = true;
        Pid = 0;
        throw new RtException(exit.Code > 128
            ? $"the container's process was killed by {Signals.Name(exit.Code - 128)} while it was being set up{(exit.Code == 137 ? " (is its memory limit too low?)" : "")}"
            : $"the container's process ended with {exit.Code} while it was being set up");
    }
}
