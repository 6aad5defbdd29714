using Rt.Kernel;
using Rt.Launch;

namespace Rt.Shim;

/// <summary>
/// The tiny parent that stays with a container when rt has ended: it reaps the container's processes, records how the init ended, and
/// keeps the log and the terminal. As the interpreter it runs in a forked child of a managed program: it allocates nothing, throws
/// nothing, takes no lock. It sleeps in one poll(2) and sets no timers.
/// </summary>
internal unsafe struct Shim
{
    private const int BufferSize = 4096;

    /// <summary>More than a pipe holds (pipe(7), pipe-max-size).</summary>
    private const int MaxReadsAtEnd = 256;

    private readonly int init, signals, exitRecord;
    private readonly byte* title;
    private int control, pipe;
    private LogWriter log;
    private ShimTerminal terminal;
    private bool hasEnded, hasNoChildren, isGivenUp;
    private int exitCode;

    private Shim(in ShimParameters parameters, byte* title, int init)
    {
        this.init = init;
        this.title = title;
        signals = Signals.OpenDescriptor(1UL << (Signals.SIGCHLD - 1));
        exitRecord = parameters[ShimSlot.ExitRecord];
        control = parameters[ShimSlot.Control];
        pipe = parameters[ShimSlot.Output];
        log = new LogWriter(parameters[ShimSlot.EvenLog], parameters[ShimSlot.OddLog]);
        terminal = new ShimTerminal(parameters[ShimSlot.Console], parameters[ShimSlot.Listener]);
    }

    /// <summary>
    /// Forks the init, which begins with the plan, and stays until it has ended, and with it all processes that have become the shim's
    /// children. Does not return: exits with the init's exit code as a shell counts it.
    /// </summary>
    /// <param name="intoCgroup">The process that the shim forks is to be born into the container's cgroup.</param>
    /// <param name="forksTwice">That process forks the init, and ends.</param>
    public static void Run(ref ShimParameters parameters, byte* plan, bool intoCgroup, bool forksTwice)
    {
        // Nobody's signals end it, neither a terminal's nor a session's: it ends with the container.
        Signals.SetMask(ulong.MaxValue);
        Syscall.Invoke(SyscallNumber.setsid);
        Credentials.prctl(Credentials.PR_SET_CHILD_SUBREAPER, 1);
        parameters.UseStreams();
        int pid = Forker.Fork(plan, intoCgroup);
        parameters.CloseOthers(); // before rt goes on, which waits for others to close what this process has inherited
        Sockets.Send(parameters[ShimSlot.Control], &pid, sizeof(int));
        if (pid < 0) Processes.exit_group(1);
        if (forksTwice) pid = AwaitInit(parameters[ShimSlot.Control], pid);

        fixed (byte* name = "rt-shim\0"u8, title = parameters.Title)
        {
            Credentials.prctl(Credentials.PR_SET_NAME, (nint)name);
            new Shim(parameters, title, pid).Serve();
        }
    }

    /// <summary>rt says which process the init is; without an answer there is none.</summary>
    private static int AwaitInit(int control, int first)
    {
        int init;
        bool told = Files.read(control, &init, sizeof(int)) == sizeof(int) && init > 0;
        Processes.Exit exit = Processes.Reap(first, block: true);
        if (!told) Processes.exit_group(exit.Code);
        return init;
    }

    /// <summary>
    /// Lets go of what belongs to rt: working directory, command line, memory. It is time for that when rt has ended: before, memory is
    /// shared with it, and both are in a hurry.
    /// </summary>
    private readonly void BecomeSmall()
    {
        fixed (byte* root = "/\0"u8) Files.chdir(root);
        ShimMemory.SetTitle(title);
        ShimMemory.Release();
    }

    private void Serve()
    {
        Processes.pollfd* polls = stackalloc Processes.pollfd[3 + ShimTerminal.Polled];
        Reap(); // what has ended by now
        while (!hasEnded || !(hasNoChildren || isGivenUp))
        {
            int output = Output;
            polls[0] = new Processes.pollfd { fd = signals, events = Processes.POLLIN };
            polls[1] = new Processes.pollfd { fd = control, events = Processes.POLLIN };
            polls[2] = new Processes.pollfd { fd = output, events = Processes.POLLIN };
            int count = 3 + terminal.Watch(polls + 3);
            if (Processes.PollInChild(polls, count) < 0) continue;
            if (polls[1].revents != 0) HearRt();
            if (polls[2].revents != 0) CopyOutput();
            terminal.Serve(polls + 3);
            if (polls[0].revents != 0) Signals.Take(signals);
            if (polls[0].revents != 0 || polls[1].revents != 0) Reap();
        }

        CopyRest();
        Processes.exit_group(exitCode);
    }

    /// <summary>Where the output for the log comes from; -1: nowhere.</summary>
    private readonly int Output => pipe >= 0 ? pipe : terminal.Master;

    private void Reap()
    {
        // Until then rt looks after the init by its files in /proc, and has to find them even if it has died.
        bool isCreated = control < 0 || isGivenUp;
        while (!hasNoChildren)
        {
            // The init may end at any moment: each child is looked at before it is reaped, lest the init's end be lost among others.
            Processes.Exit exit = Processes.Peek(isCreated ? 0 : init);
            hasNoChildren = exit.Pid == -Errno.ECHILD;
            if (exit.Pid <= 0) return;
            if (exit.Pid == init && !hasEnded) End(exit.Code);
            if (!isCreated) return;
            Processes.Reap(exit.Pid, block: false);
        }
    }

    /// <summary>Records the end. Whoever has waited for that finds all of the output in the log.</summary>
    private void End(int code)
    {
        hasEnded = true;
        exitCode = code;
        CopyRest();
        ExitRecord.Finish(exitRecord, code);
    }

    /// <summary>rt has ended, or undoes the creation and waits for this process.</summary>
    private void HearRt()
    {
        int word;
        nint length = Sockets.TryReceive(control, &word, sizeof(int));
        if (length > 0) isGivenUp = true;
        if (length > 0 || length == -Errno.EAGAIN) return;
        Files.close(control);
        control = -1;
        BecomeSmall();
    }

    private void CopyRest()
    {
        for (int i = 0; i < MaxReadsAtEnd && CopyOutput(); i++)
        {
            // until there is no more
        }
    }

    /// <summary>Copies some output to the log; false if there is none now.</summary>
    private bool CopyOutput()
    {
        byte* buffer = stackalloc byte[BufferSize];
        nint length = Files.read(Output, buffer, BufferSize);
        if (length > 0) log.Append(buffer, length);
        if (length > 0 || length == -Errno.EAGAIN) return length > 0;

        // Nobody has the other end any more.
        if (pipe >= 0) Files.close(pipe);
        else terminal.HangUp();
        pipe = -1;
        return false;
    }
}
