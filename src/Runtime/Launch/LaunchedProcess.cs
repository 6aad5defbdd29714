using System.Runtime.InteropServices;
using Rt.Kernel;
using Rt.Namespaces;
using Rt.Plan;

namespace Rt.Launch;

/// <summary>
/// A container's init, or for exec another process of a container, on its way: forked, and watched until it waits at the gate or has
/// become the program.
/// </summary>
internal sealed unsafe class LaunchedProcess
{
    private readonly LaunchPlan plan;
    private readonly IInitParent parent;
    private readonly int socket;

    /// <summary>Signals by which users and supervisors give up. All others stay in the inbox, for when the container runs.</summary>
    private readonly int interruptions = SignalInbox.OpenInterruptions();

    /// <summary>How many of the plan's steps may have begun, as far as reports tell.</summary>
    private int stepsBegun;

    /// <summary>The mount of its root, if that is among the mounts of others; else 0.</summary>
    public ulong RootMount { get; private set; }

    private LaunchedProcess(LaunchPlan plan, IInitParent parent, int pid, int socket)
    {
        this.plan = plan;
        this.parent = parent;
        this.socket = socket;
        Pid = pid;
    }

    /// <summary>The step that has failed; 0: none has.</summary>
    public StepKind FailedStep { get; private set; }

    /// <summary>In the pid namespace of this process; 0 once it has been found dead.</summary>
    public int Pid { get; private set; }

    /// <summary>Whether it may have begun to run hooks.</summary>
    public bool HooksBegan => plan.Reader.Steps().Take(stepsBegun).Any(place => place.Kind == StepKind.RunHook);

    /// <summary>
    /// Has <paramref name="parent"/> fork the init, which begins with the plan. The descriptors of <paramref name="cgroup"/>,
    /// <paramref name="gate"/> and <paramref name="console"/> (where a terminal's master is to be sent) are -1 for none; they stay the caller's.
    /// </summary>
    /// <param name="otherCgroup">Gives another cgroup after an errno, or null.</param>
    public static LaunchedProcess Start(
        LaunchPlan plan, IInitParent parent, int cgroup, int gate, int console, Func<int, int?>? otherCgroup = null)
    {
        int* pair = stackalloc int[2];
        KernelException.Check(Sockets.socketpair(pair), "socketpair");
        byte* block = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(plan.Block, 0);
        Execution run = new(block);
        List<int> opened = [];
        try
        {
            run[Slot.Report] = pair[1];
            run[Slot.Cgroup] = cgroup;
            run[Slot.Gate] = gate;
            run[Slot.ConsoleSocket] = console;
            foreach (Opening opening in plan.Openings) opened.Add(run[opening.Slot] = opening.Open());

            int pid = parent.Fork(plan, block);
            if (pid < 0 && otherCgroup?.Invoke(-pid) is { } other)
            {
                run[Slot.Cgroup] = other;
                pid = parent.Fork(plan, block);
            }

            if (pid < 0) throw new RtException(ForkSibling.Failure(-pid, plan.Cgroup?.Unified?.Path ?? ""));
            return new LaunchedProcess(plan, parent, pid, pair[0]);
        }
        catch
        {
            Files.close(pair[0]);
            throw;
        }
        finally
        {
            Files.close(pair[1]);
            opened.ForEach(file => Files.close(file));
        }
    }

    /// <summary>Waits for the first process to have forked the init, and gives the init the ids of its user namespace.</summary>
    /// <param name="forked">Is given the init's pid. If it is forked by a first process, it waits meanwhile.</param>
    public void EnterNamespaces(Action<int>? forked = null)
    {
        if (plan.ForksTwice)
        {
            AwaitReport();
            Report report = Report.Receive(socket) ?? throw Death();
            if (report.Kind != ReportKind.Forked) throw Failure(report);
            int first = Pid;
            Pid = (int)report.Value;
            parent.Forked(first, Pid);
        }

        forked?.Invoke(Pid);
        if (plan.ForksTwice) GoAhead();

        plan.UserNamespace?.Write(Pid);
        if (plan.HasUserNamespace) GoAhead();
    }

    /// <summary>
    /// Returns when all steps before <see cref="Ready"/> are done. A signal by which a user or a supervisor gives up is an error here.
    /// </summary>
    /// <param name="atStop">Does what the init has stopped for, which then goes on.</param>
    public void AwaitReady(Action<Report> atStop)
    {
        while (true)
        {
            AwaitReport();
            Report report = Report.Receive(socket) ?? throw Death();
            if (report.Kind == ReportKind.Failed) throw Failure(report);
            if (report.Kind == ReportKind.Ready)
            {
                stepsBegun = int.MaxValue;
                Timeline.Mark("init ready", report.Nanoseconds);
                if (Log.DebugEnabled)
                    Log.Debug($"init {Pid} is ready: {plan.Reader.Header.StepCount} steps, "
                        + $"{report.Value} bytes allocated on the heap between fork and execve");
                return;
            }

            if (report.Kind == ReportKind.RootAttached)
            {
                RootMount = (ulong)report.Value;
                continue;
            }

            atStop(report);
            GoAhead();
        }
    }

    private void AwaitReport()
    {
        Processes.pollfd* polls = stackalloc Processes.pollfd[2];
        while (true)
        {
            polls[0] = new Processes.pollfd { fd = socket, events = Processes.POLLIN };
            polls[1] = new Processes.pollfd { fd = interruptions, events = Processes.POLLIN };
            Processes.poll(polls, 2);
            if (polls[0].revents != 0) return;
            int signal = SignalInbox.Take(interruptions);
            if (signal is Signals.SIGINT or Signals.SIGQUIT or Signals.SIGTERM or Signals.SIGHUP)
            {
                stepsBegun = int.MaxValue;
                throw new RtException($"interrupted by {Signals.Name(signal)}");
            }
        }
    }

    /// <summary>Lets the init go on after it has stopped or, once it is on record, after <see cref="Ready"/>.</summary>
    public void GoAhead()
    {
        byte go = 1;
        Sockets.Send(socket, &go, 1); // if it has died meanwhile, the next thing asked of it will tell
    }

    /// <summary>Returns when the init has become the program, or a signal of <see cref="AwaitReady"/>'s kind comes before.</summary>
    public void AwaitExec()
    {
        for (bool executing = false; ; executing = true)
        {
            AwaitReport();
            if (Report.Receive(socket) is not { } report)
            {
                Timeline.Mark("executed");
                if (!executing) throw Death();
                return;
            }

            if (report.Kind != ReportKind.Executing) throw Failure(report);
        }
    }

    /// <summary>Makes sure that nothing of it lives on.</summary>
    public void Abort()
    {
        Files.close(socket);
        if (Pid == 0) return;
        Processes.kill(Pid, Signals.SIGKILL);
        parent.AwaitEnd(Pid);
        Pid = 0;
    }

    /// <summary>The error that a report of failure stands for, in words.</summary>
    private RtException Failure(Report report)
    {
        StepPlace place = plan.Reader.Steps().ElementAt((int)report.Value);
        FailedStep = place.Kind;
        stepsBegun = (int)report.Value + 1;
        string words = Steps.Read(plan.Reader, place).Word(plan.Reader, report.Errno, report.DetailText);
        if (plan.UserNamespace != null && report.Errno is Errno.EPERM or Errno.EACCES) words += UserNamespaceLimits.Hint();
        bool inEnginesWords = place.Kind is StepKind.FindExecutable or StepKind.Execute or StepKind.ForkSibling;
        return new RtException(place.Origin.Length == 0 || inEnginesWords ? words : $"{place.Origin}: {words}");
    }

    /// <summary>The error for an init that went without a report.</summary>
    private RtException Death()
    {
        Processes.Exit exit = parent.AwaitEnd(Pid);
        Pid = 0;
        stepsBegun = int.MaxValue;
        return new RtException("the container's process " + (exit.Code > 128
            ? $"was killed by {Signals.Name(exit.Code - 128)} while it was being set up"
                + (exit.Code == 128 + Signals.SIGKILL ? " (is its memory limit too low?)" : "")
            : $"ended with {exit.Code} while it was being set up"));
    }
}
