using Rt.Kernel;
using Rt.Shim;
using Rt.Terminal;

namespace Rt.Containers;

/// <summary>
/// <c>rt attach</c>: one of perhaps several viewers of a container. What it shows it reads from the log, at its own pace, so that none
/// can hold up the container; what is typed goes to the shim.
/// </summary>
internal sealed unsafe class Attachment : IDisposable
{
    private readonly string id;
    private readonly LogReader log;
    private long position;

    private Attachment(ContainerDirectory directory)
    {
        id = directory.Id;
        End = ContainerEnd.Open(directory);
        try
        {
            if (End.HasEnded) throw new RtException($"container not running: {id}");
            log = directory.OpenLog();
            position = log.End;
            Changes = log.OpenChanges();
            Shim = directory.ConnectToShim();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ContainerEnd End { get; }

    /// <summary>Readable when there is output that was not read.</summary>
    public int Changes { get; } = -1;

    /// <summary>The socket on which input goes; -1: the container has no terminal.</summary>
    public int Shim { get; } = -1;

    /// <summary>Returns the container's exit code, 0 if the viewer left before, or 128 plus the signal that ended it.</summary>
    public static int Run(ContainerDirectory directory, DetachKeys keys)
    {
        using Attachment attachment = new(directory);
        Viewer viewer = new(attachment, SignalInbox.Open(), keys);
        return viewer.Run() switch
        {
            ViewerEnd.Over => attachment.End.Await(),
            ViewerEnd.Interrupted => 128 + viewer.Signal,
            ViewerEnd.ReaderGone => 128 + Signals.SIGPIPE,
            _ => 0,
        };
    }

    /// <summary>Reads output without waiting; 0: there is none now.</summary>
    public int Read(Span<byte> room)
    {
        int length = log.Read(ref position, room);
        if (length > 0) return length;
        Inotify.Clear(Changes);
        return log.Read(ref position, room); // what came before that
    }

    /// <summary>Passes input on without waiting: how many bytes were taken, or -errno (-EAGAIN: none now).</summary>
    public int Write(ReadOnlySpan<byte> input)
    {
        byte* message = stackalloc byte[AttachMessages.MaxSize];
        int count = Math.Min(input.Length, AttachMessages.MaxSize - 1);
        message[0] = (byte)AttachMessage.Input;
        input[..count].CopyTo(new Span<byte>(message + 1, count));
        nint sent = Sockets.TrySend(Shim, message, count + 1);
        return sent < 0 ? (int)sent : count;
    }

    /// <summary>Tells the size of the viewer's window in characters. Of several viewers, the last one to tell counts.</summary>
    public void Resize(ushort rows, ushort columns)
    {
        byte* message = stackalloc byte[AttachMessages.ResizeSize];
        message[0] = (byte)AttachMessage.Resize;
        *(ushort*)(message + 1) = rows;
        *(ushort*)(message + 3) = columns;
        Sockets.TrySend(Shim, message, AttachMessages.ResizeSize); // a shim that is gone is noticed by the poll
    }

    /// <summary>The shim takes nothing any more; an error, unless that is because the container has ended.</summary>
    public void ShimClosed()
    {
        if (End.HasEnded) return;
        throw new RtException($"container {id}: its shim takes no more viewers, or was killed");
    }

    public void Dispose()
    {
        End.Dispose();
        log?.Dispose();
        if (Changes >= 0) Files.close(Changes);
        if (Shim >= 0) Files.close(Shim);
    }
}
