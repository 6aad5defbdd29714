using Rt.Kernel;

namespace Rt.Shim;

/// <summary>
/// The terminal of a shim's container: takes its master from the init, and from viewers what they type and how large their windows
/// are. Runs in the shim.
/// </summary>
/// <remarks>
/// The shim has the terminal's other end open as well, so that the master does not end, and need not be looked after, while no process
/// of the container has it open. What does not fit into the terminal waits here, and what comes after it in the viewers' sockets.
/// </remarks>
internal unsafe struct ShimTerminal
{
    private const int MaxViewers = 16;

    /// <summary>Places in an array for poll(2) that <see cref="Watch"/> fills in.</summary>
    public const int Polled = 3 + MaxViewers;

    private readonly int listener;
    private int console, viewerCount, waitingFrom, waitingTo;
    private fixed int viewers[MaxViewers];
    private fixed byte waiting[AttachMessages.MaxSize];

    public ShimTerminal(int console, int listener)
    {
        this.console = console;
        this.listener = listener;
        Master = -1;
    }

    /// <summary>-1 while it has not come, or if there is none. Reads do not wait.</summary>
    public int Master { get; private set; }

    private readonly bool HasWaiting => waitingFrom < waitingTo;

    /// <summary>What to wait for; returns how many places it took.</summary>
    public readonly int Watch(Processes.pollfd* polls)
    {
        polls[0] = new Processes.pollfd { fd = console, events = Processes.POLLIN };
        polls[1] = new Processes.pollfd { fd = listener, events = Processes.POLLIN };
        polls[2] = new Processes.pollfd { fd = HasWaiting ? Master : -1, events = Processes.POLLOUT };
        for (int i = 0; i < viewerCount; i++)
            polls[3 + i] = new Processes.pollfd { fd = viewers[i], events = HasWaiting ? (short)0 : Processes.POLLIN };
        return 3 + viewerCount;
    }

    /// <summary>Does what the wait has found to do.</summary>
    public void Serve(Processes.pollfd* polls)
    {
        if (polls[0].revents != 0) TakeMaster();
        if (polls[2].revents != 0) WriteWaiting();
        // From the last to the first, since the last takes the place of one that goes.
        for (int i = viewerCount - 1; i >= 0; i--)
            if (polls[3 + i].revents != 0 && HasGone(viewers[i], polls[3 + i].revents))
            {
                Files.close(viewers[i]);
                viewers[i] = viewers[--viewerCount];
            }

        if (polls[1].revents != 0) Accept();
    }

    /// <summary>While input waits, a viewer is not heard, but noticed when it goes.</summary>
    private bool HasGone(int viewer, short events) =>
        HasWaiting ? (events & (Processes.POLLHUP | Processes.POLLERR)) != 0 : !Hear(viewer);

    public void HangUp()
    {
        Files.close(Master);
        Master = -1;
    }

    private void TakeMaster()
    {
        int master = Sockets.TryReceiveDescriptor(console);
        if (master == -Errno.EAGAIN) return;
        Files.close(console);
        console = -1;
        if (master < 0) return; // the init died before
        Files.fcntl(master, Files.F_SETFL, Files.O_RDWR | Files.O_NONBLOCK);
        Terminals.OpenPeer(master); // kept until the end
        Master = master;
    }

    private void Accept()
    {
        int viewer = Sockets.Accept(listener);
        if (viewer < 0) return; // it has gone again
        if (viewerCount < MaxViewers) viewers[viewerCount++] = viewer;
        else Files.close(viewer);
    }

    /// <summary>Takes one message of a viewer; false if it has gone.</summary>
    private bool Hear(int viewer)
    {
        byte* message = stackalloc byte[AttachMessages.MaxSize];
        nint length = Sockets.TryReceive(viewer, message, AttachMessages.MaxSize);
        if (length == -Errno.EAGAIN) return true;
        if (length <= 0) return false;
        if (*message == (byte)AttachMessage.Input) Type(message + 1, (int)length - 1);
        else if (*message == (byte)AttachMessage.Resize && length == AttachMessages.ResizeSize)
            Terminals.SetSize(Master, *(ushort*)(message + 1), *(ushort*)(message + 3));
        return true;
    }

    private void Type(byte* keys, int count)
    {
        nint written = Files.write(Master, keys, count);
        if (written < 0 && written != -Errno.EAGAIN) return; // there is no terminal any more
        if (written < 0) written = 0;
        waitingFrom = 0;
        waitingTo = count - (int)written;
        fixed (byte* room = waiting) Text.Copy(room, keys + written, waitingTo);
    }

    private void WriteWaiting()
    {
        nint written;
        fixed (byte* keys = waiting) written = Files.write(Master, keys + waitingFrom, waitingTo - waitingFrom);
        if (written > 0) waitingFrom += (int)written;
        else if (written != -Errno.EAGAIN) waitingFrom = waitingTo;
    }
}
