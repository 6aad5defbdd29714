using Rt.Kernel;
using Rt.Launch;

namespace Rt.Shim;

/// <summary>A shim as rt sees it: made ready, started by the fork that makes the init, left alone when the container is there.</summary>
internal sealed unsafe class ShimProcess : IInitParent, IDisposable
{
    /// <summary>Connections that wait for the shim to take them.</summary>
    private const int Backlog = 16;

    private readonly string directory;
    private ShimParameters parameters;
    private int control = -1, pid;

    private ShimProcess(string directory)
    {
        this.directory = directory;
        parameters = new ShimParameters($"rt-shim {directory}");
    }

    /// <summary>On which the init is to send its terminal's master; -1: it has none. The caller's to close.</summary>
    public int ConsoleSocket { get; private set; } = -1;

    /// <summary>Makes all that a shim works with in a container's state directory.</summary>
    /// <param name="terminal">The container has a terminal, which the shim keeps.</param>
    /// <param name="mode">Without a terminal: where the container's standard streams go.</param>
    public static ShimProcess Prepare(string directory, bool terminal, StdioMode mode)
    {
        ShimProcess shim = new(directory);
        try
        {
            shim.parameters[ShimSlot.ExitRecord] = ExitRecord.Create($"{directory}/{ShimFiles.ExitRecord}");
            shim.parameters[ShimSlot.DevNull] = FileContent.Open("/dev/null", Files.O_RDWR);
            if (terminal) shim.PrepareTerminal();
            else shim.PrepareStreams(ShimStreams.Choose(mode, Terminals.IsTerminal));
            return shim;
        }
        catch
        {
            shim.Dispose();
            throw;
        }
    }

    private void PrepareTerminal()
    {
        PrepareLog();
        int* pair = stackalloc int[2];
        KernelException.Check(Sockets.socketpair(pair), "socketpair");
        parameters[ShimSlot.Console] = pair[0];
        ConsoleSocket = pair[1];
        parameters[ShimSlot.Listener] = UnixSocket.Listen(directory, ShimFiles.AttachSocket, Backlog);
    }

    private void PrepareStreams(StreamKind[] streams)
    {
        int pipe = -1;
        if (streams.Contains(StreamKind.Log))
        {
            PrepareLog();
            pipe = PreparePipe();
        }

        for (int stream = 0; stream <= 2; stream++)
            if (streams[stream] != StreamKind.Callers)
                parameters[ShimSlot.Stdin + stream] = streams[stream] == StreamKind.Log ? pipe : parameters[ShimSlot.DevNull];
    }

    private void PrepareLog()
    {
        for (int i = 0; i < ShimFiles.Logs.Length; i++)
            parameters[ShimSlot.EvenLog + i] =
                FileContent.Open($"{directory}/{ShimFiles.Logs[i]}", Files.O_RDWR | Files.O_CREAT | Files.O_EXCL, 0x180); // 0600
    }

    /// <summary>
    /// The container's end of the pipe to the log. It is open for reading as well: should the shim be killed, writers then wait when the
    /// pipe is full, instead of being struck by SIGPIPE.
    /// </summary>
    private int PreparePipe()
    {
        int* pair = stackalloc int[2];
        KernelException.Check(Files.pipe2(pair), "pipe");
        parameters[ShimSlot.Output] = pair[0];
        Files.fcntl(pair[0], Files.F_SETFL, Files.O_NONBLOCK);
        try
        {
            return FileContent.Open($"/proc/self/fd/{pair[1]}", Files.O_RDWR);
        }
        finally
        {
            Files.close(pair[1]);
        }
    }

    public int Fork(LaunchPlan plan, byte* block)
    {
        int* pair = stackalloc int[2];
        KernelException.Check(Sockets.socketpair(pair, Sockets.SOCK_SEQPACKET), "socketpair");
        ShimParameters handedOver = parameters;
        handedOver[ShimSlot.Control] = pair[1];
        bool intoCgroup = plan.ForksIntoCgroup, forksTwice = plan.ForksTwice;
        pid = Processes.clone3(Processes.CLONE_CLEAR_SIGHAND, cgroup: -1);
        if (pid == 0) Shim.Run(ref handedOver, block, intoCgroup, forksTwice);

        control = pair[0];
        Files.close(pair[1]);
        parameters.Close();
        if (pid < 0) return pid;
        int init;
        bool told = Files.readBlocking(control, &init, sizeof(int)) == sizeof(int);
        if (told && init > 0) return init;
        Processes.Reap(pid, block: true);
        return told ? init : -Errno.ESRCH; // somebody has killed it
    }

    public void Forked(int first, int init) => Sockets.Send(control, &init, sizeof(int));

    /// <summary>The shim exits as the init did, and then waits for no other children.</summary>
    public Processes.Exit AwaitEnd(int init)
    {
        int word = 0;
        Sockets.Send(control, &word, sizeof(int));
        return Processes.Reap(pid, block: true);
    }

    public void Dispose()
    {
        parameters.Close();
        if (control >= 0) Files.close(control);
        control = -1;
    }
}
