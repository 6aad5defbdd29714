using Rt.Kernel;
using Rt.Spec;

namespace Rt.Terminal;

/// <summary>
/// The terminal of a process that rt stays with: what is typed on rt's standard input goes to it, what it shows goes to rt's standard
/// output. rt's own terminal, if it has one, is in raw mode meanwhile, and as it was before afterwards.
/// </summary>
internal sealed unsafe class ForegroundTerminal : IDisposable
{
    private const int BufferSize = 4096;

    /// <summary>What a process leaves behind on its terminal is shown up to so many bytes: others may go on to write there.</summary>
    private const int MaxRest = 4 << 20;

    private readonly byte[] typed = new byte[BufferSize], shown = new byte[BufferSize];
    private readonly int host = FindHost();
    private readonly int ours, theirs;
    private readonly int output = NonblockingOutput.Open();
    private RawTerminal? raw;
    private int master = -1, peer = -1;
    private int typedFrom, typedTo, shownFrom, shownTo;
    private bool inputEnded, inputWaits, outputEnded;
    private byte lastTyped = (byte)'\n';

    public ForegroundTerminal()
    {
        int* pair = stackalloc int[2];
        KernelException.Check(Sockets.socketpair(pair), "socketpair");
        (ours, theirs) = (pair[0], pair[1]);
    }

    /// <summary>The size of rt's own terminal; null if there is none, or it has no size.</summary>
    public static ConsoleSize? HostSize()
    {
        int host = FindHost();
        bool known = Terminals.GetSize(host, out ushort rows, out ushort columns) >= 0 && rows > 0 && columns > 0;
        Close(host);
        return known ? new ConsoleSize { Height = rows, Width = columns } : null;
    }

    /// <summary>The socket that the process is to send its terminal's master to.</summary>
    public int Socket => theirs;

    private bool HasTyped => typedFrom < typedTo;

    private bool HasShown => shownFrom < shownTo;

    /// <summary>
    /// Takes the master, which must have been sent. From here on the terminal on standard input, if it is one, is in raw mode: until now
    /// Ctrl-C was rt's.
    /// </summary>
    public void Receive()
    {
        master = (int)KernelException.Check(Sockets.TryReceiveDescriptor(ours), "receive the terminal");
        KernelException.Check(Files.fcntl(master, Files.F_SETFL, Files.O_RDWR | Files.O_NONBLOCK), "use the terminal");
        // With an end of its own open, the terminal does not hang up while nobody else has one.
        peer = Terminals.OpenPeer(master);
        raw = RawTerminal.TryOpen(0);
        Resize(); // it may have changed since the terminal was made
    }

    /// <summary>Waits until there is a signal in the inbox, and serves the terminal meanwhile.</summary>
    public void ServeUntilSignal(int inbox)
    {
        Processes.pollfd* polls = stackalloc Processes.pollfd[4];
        do
        {
            polls[0] = new Processes.pollfd { fd = inbox, events = Processes.POLLIN };
            polls[1] = new Processes.pollfd { fd = inputEnded || inputWaits || HasTyped ? -1 : 0, events = Processes.POLLIN };
            polls[2] = new Processes.pollfd { fd = HasShown ? output : -1, events = Processes.POLLOUT };
            polls[3] = new Processes.pollfd
            {
                fd = HasShown && !HasTyped ? -1 : master,
                events = (short)((HasShown ? 0 : Processes.POLLIN) | (HasTyped ? Processes.POLLOUT : 0)),
            };
            Processes.poll(polls, 4);
            if (polls[1].revents != 0) ReadTyped();
            if (polls[2].revents != 0) WriteShown();
            if ((polls[3].revents & Processes.POLLOUT) != 0) WriteTyped();
            if ((polls[3].revents & Processes.POLLIN) != 0) ReadShown();
        }
        while (polls[0].revents == 0);
    }

    /// <summary>The window of rt's own terminal has changed.</summary>
    public void Resize()
    {
        if (Terminals.GetSize(host, out ushort rows, out ushort columns) >= 0) Terminals.SetSize(master, rows, columns);
    }

    /// <summary>rt was stopped, and goes on: whoever had the terminal meanwhile has set its modes as he likes.</summary>
    public void Continue()
    {
        inputWaits = false;
        raw?.Enter();
        Resize();
    }

    /// <summary>The process has ended: shows what it has left, unless a signal comes by which rt is to end.</summary>
    public void Finish(int inbox)
    {
        Processes.pollfd* polls = stackalloc Processes.pollfd[2];
        for (int rest = 0; rest < MaxRest;)
        {
            if (!HasShown) rest += ReadShown();
            if (!HasShown) return;
            polls[0] = new Processes.pollfd { fd = inbox, events = Processes.POLLIN };
            polls[1] = new Processes.pollfd { fd = output, events = Processes.POLLOUT };
            Processes.poll(polls, 2);
            if (polls[1].revents != 0) WriteShown();
            else if (polls[0].revents != 0
                && SignalInbox.Take(inbox) is Signals.SIGINT or Signals.SIGQUIT or Signals.SIGTERM or Signals.SIGHUP) return;
        }
    }

    public void Dispose()
    {
        raw?.Dispose();
        foreach (int file in (ReadOnlySpan<int>)[ours, theirs, master, peer, host, output]) Close(file);
    }

    /// <summary>Standard streams stay open.</summary>
    private static void Close(int file)
    {
        if (file > 2) Files.close(file);
    }

    /// <summary>The standard streams may be redirected in part, or all of them: then it is the session's terminal, if any.</summary>
    private static int FindHost()
    {
        for (int fd = 0; fd <= 2; fd++)
            if (Terminals.IsTerminal(fd))
                return fd;
        return FileContent.TryOpen("/dev/tty", Files.O_RDWR | Files.O_NOCTTY);
    }

    private void ReadTyped()
    {
        nint read;
        fixed (byte* room = typed) read = Files.read(0, room, BufferSize);
        if (read is -Errno.EAGAIN or -Errno.EINTR) return;
        if (read == -Errno.EIO)
        {
            inputWaits = true; // a terminal in whose background this is, until SIGCONT
            return;
        }

        (typedFrom, typedTo) = (0, (int)Math.Max(read, 0));
        inputEnded = read <= 0;
        if (read > 0) lastTyped = typed[read - 1];
        else if (read == 0) TypeEnd();
        WriteTyped();
    }

    /// <summary>
    /// The end of a file or a pipe is typed, as a person would: in a terminal that reads lines, once for a line that has been begun,
    /// and once for the end (termios(3), VEOF).
    /// </summary>
    private void TypeEnd()
    {
        const uint ICANON = 2;
        const int VEOF = 4;
        bool hadContent = Statx.Of(0, out Statx input) >= 0 && input.Type is Files.S_IFREG or Files.S_IFIFO or Files.S_IFSOCK;
        if (!hadContent) return; // /dev/null says that there is no input, and not that it ends
        if (Terminals.GetModes(master, out Terminals.termios modes) < 0 || (modes.c_lflag & ICANON) == 0) return;
        typedTo = lastTyped == (byte)'\n' ? 1 : 2;
        typed[0] = typed[1] = modes.c_cc[VEOF];
    }

    private void WriteTyped()
    {
        if (!HasTyped) return;
        nint written;
        fixed (byte* keys = typed) written = Files.write(master, keys + typedFrom, typedTo - typedFrom);
        if (written > 0) typedFrom += (int)written;
        else if (written is not (-Errno.EAGAIN or -Errno.EINTR)) typedFrom = typedTo; // there is no terminal any more
    }

    private int ReadShown()
    {
        nint read;
        fixed (byte* room = shown) read = Files.read(master, room, BufferSize);
        (shownFrom, shownTo) = (0, outputEnded ? 0 : (int)Math.Max(read, 0));
        return shownTo;
    }

    private void WriteShown()
    {
        nint written;
        fixed (byte* room = shown) written = Files.write(output, room + shownFrom, shownTo - shownFrom);
        if (written > 0) shownFrom += (int)written;
        // Nobody reads any more. The process goes on.
        else if (written is not (-Errno.EAGAIN or -Errno.EINTR)) (outputEnded, shownTo) = (true, 0);
    }
}
