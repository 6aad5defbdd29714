using System.Runtime.InteropServices;
using Rt.Kernel;
using Rt.Terminal;

namespace Rt.Containers;

/// <summary>Why a viewer has ended.</summary>
internal enum ViewerEnd
{
    /// <summary>The container has.</summary>
    Over,

    /// <summary>The detach keys were typed.</summary>
    Detached,

    /// <summary>A signal by which users and supervisors give up has come.</summary>
    Interrupted,

    /// <summary>Nobody reads standard output any more.</summary>
    ReaderGone,
}

/// <summary>
/// Connects this process's stdin and stdout to a container, in one poll(2). If stdin is a terminal, and the container has one, it is
/// raw meanwhile, and the container's gets its size, also when that changes. However this ends, the caller's terminal is as it was.
/// </summary>
internal sealed unsafe class Viewer
{
    private const int BufferSize = 4096;

    private readonly Attachment container;
    private readonly int inbox;
    private readonly DetachKeys keys;
    private readonly byte[] buffer = new byte[BufferSize];
    private readonly byte[] output = new byte[BufferSize];
    private int outputFrom, outputTo;
    private readonly List<byte> input = [];

    /// <summary>Where input comes from and where it goes; -1: nowhere any more.</summary>
    private int stdin, shim;

    private RawTerminal? terminal;
    private bool inputWaits;

    /// <param name="inbox">Where this process's signals come in (<see cref="SignalInbox"/>).</param>
    public Viewer(Attachment container, int inbox, DetachKeys keys)
    {
        this.container = container;
        this.inbox = inbox;
        this.keys = keys;
        shim = container.Shim;
        stdin = shim < 0 ? -1 : 0;
    }

    /// <summary>The signal that came, after <see cref="ViewerEnd.Interrupted"/>.</summary>
    public int Signal { get; private set; }

    private bool HasOutput => outputFrom < outputTo;

    public ViewerEnd Run()
    {
        int stdout = NonblockingOutput.Open();
        using (terminal = stdin == 0 ? RawTerminal.TryOpen(0) : null)
        {
            try
            {
                TellSize();
                return Run(stdout);
            }
            finally
            {
                if (stdout != 1) Files.close(stdout);
            }
        }
    }

    private ViewerEnd Run(int stdout)
    {
        Processes.pollfd* polls = stackalloc Processes.pollfd[6];
        for (bool over = false; ;)
        {
            polls[0] = new Processes.pollfd { fd = inbox, events = Processes.POLLIN };
            polls[1] = new Processes.pollfd { fd = input.Count > 0 || inputWaits ? -1 : stdin, events = Processes.POLLIN };
            polls[2] = new Processes.pollfd { fd = stdout, events = HasOutput ? Processes.POLLOUT : (short)0 };
            polls[3] = new Processes.pollfd { fd = HasOutput || over ? -1 : container.Changes, events = Processes.POLLIN };
            polls[4] = new Processes.pollfd { fd = over ? -1 : shim, events = input.Count > 0 ? Processes.POLLOUT : (short)0 };
            polls[5] = new Processes.pollfd { fd = over ? -1 : container.End.Descriptor, events = Processes.POLLIN };
            KernelException.Check(Processes.poll(polls, 6, over && !HasOutput ? 0 : -1), "poll");

            if (polls[0].revents != 0 && IsInterruption(SignalInbox.Take(inbox))) return ViewerEnd.Interrupted;
            if ((polls[2].revents & ~Processes.POLLOUT) != 0) return ViewerEnd.ReaderGone;
            if (polls[2].revents != 0 && !Flush(stdout)) return ViewerEnd.ReaderGone;
            if (polls[5].revents != 0)
            {
                container.End.AwaitRecord(); // then the log has all of the output
                over = true;
            }

            if (!HasOutput && (over || polls[3].revents != 0))
            {
                int length = container.Read(output);
                if (length < 0 || (length == 0 && over)) return ViewerEnd.Over;
                outputFrom = 0;
                outputTo = length;
                if (!Flush(stdout)) return ViewerEnd.ReaderGone;
            }

            if (polls[4].revents != 0) PassInput(polls[4].revents);
            if (polls[1].revents != 0 && ReadInput()) return ViewerEnd.Detached;
        }
    }

    private bool IsInterruption(int signal)
    {
        if (signal == Signals.SIGCONT)
        {
            inputWaits = false;
            terminal?.Enter();
        }

        if (signal is Signals.SIGCONT or Signals.SIGWINCH) TellSize();
        if (signal is not (Signals.SIGHUP or Signals.SIGINT or Signals.SIGQUIT or Signals.SIGTERM)) return false;
        Signal = signal;
        return true;
    }

    private void TellSize()
    {
        if (terminal?.Size is { } size) container.Resize(size.Rows, size.Columns);
    }

    /// <summary>True: the detach keys were among it.</summary>
    private bool ReadInput()
    {
        nint length;
        fixed (byte* room = buffer) length = Files.readBlocking(stdin, room, BufferSize);
        if (length == -Errno.EIO)
        {
            inputWaits = true; // a terminal in whose background this is, until SIGCONT
            return false;
        }

        if (length <= 0)
        {
            stdin = -1; // the container goes on without
            return false;
        }

        bool detaches = keys.Pass(buffer.AsSpan(0, (int)length), input);
        PassInput(0);
        return detaches;
    }

    private void PassInput(short events)
    {
        const short Gone = Processes.POLLHUP | Processes.POLLERR;
        int taken = (events & Gone) != 0 ? -Errno.EPIPE
            : input.Count == 0 ? 0
            : container.Write(CollectionsMarshal.AsSpan(input));
        if (taken >= 0) input.RemoveRange(0, taken);
        if (taken is >= 0 or -Errno.EAGAIN) return;
        container.ShimClosed();
        shim = stdin = -1;
        input.Clear();
    }

    /// <summary>Writes what stdout takes now; false if nobody reads it.</summary>
    private bool Flush(int stdout)
    {
        nint written;
        fixed (byte* bytes = output) written = Files.write(stdout, bytes + outputFrom, outputTo - outputFrom);
        if (written == -Errno.EAGAIN) return true;
        if (written is -Errno.EPIPE or -Errno.EIO) return false;
        outputFrom += (int)KernelException.Check(written, "write standard output");
        return true;
    }
}
