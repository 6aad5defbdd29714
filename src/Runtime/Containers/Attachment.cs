using Rt.Kernel;
using Rt.Shim;
using Rt.Terminal;

namespace Rt.Containers;

/// <summary>
/// <c>rt attach</c>: one of perhaps several viewers of a container. What it shows it reads from the log, at its own pace, so that none
/// can hold up the container; what is typed goes to the shim.
/// </summary>
internal sealed unsafe class Attachment : ITerminalPeer, IDisposable
{
    private readonly string id;
    private readonly ContainerEnd end;
    private readonly LogReader log;
    private long position;

    private Attachment(ContainerDirectory directory)
    {
        id = directory.Id;
        end = ContainerEnd.Open(directory);
        try
        {
            if (end.HasEnded) throw new RtException($"container not running: {id}");
            log = directory.OpenLog();
            position = log.End;
            OutputDescriptor = log.OpenChanges();
            InputDescriptor = directory.ConnectToShim();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int OutputDescriptor { get; } = -1;

    /// <summary>The socket to the shim; -1: the container has no terminal.</summary>
    public int InputDescriptor { get; } = -1;

    public int EndDescriptor => end.Descriptor;

    /// <summary>Returns the container's exit code, 0 if the viewer left before, or 128 plus the signal that ended it.</summary>
    /// <param name="inbox">See <see cref="SignalInbox"/>.</param>
    public static int Run(ContainerDirectory directory, int inbox, DetachKeys keys)
    {
        using Attachment attachment = new(directory);
        TerminalRelay relay = new(attachment, inbox, keys);
        return relay.Run() switch
        {
            RelayEnd.Over => attachment.end.Await(),
            RelayEnd.Interrupted => 128 + relay.Signal,
            RelayEnd.ReaderGone => 128 + Signals.SIGPIPE,
            _ => 0,
        };
    }

    public int Read(Span<byte> room)
    {
        int length = log.Read(ref position, room);
        if (length > 0) return length;
        Inotify.Clear(OutputDescriptor);
        return log.Read(ref position, room); // what came before that
    }

    public int Write(ReadOnlySpan<byte> input)
    {
        byte* message = stackalloc byte[AttachMessages.MaxSize];
        int count = Math.Min(input.Length, AttachMessages.MaxSize - 1);
        message[0] = (byte)AttachMessage.Input;
        input[..count].CopyTo(new Span<byte>(message + 1, count));
        nint sent = Sockets.TrySend(InputDescriptor, message, count + 1);
        return sent < 0 ? (int)sent : count;
    }

    public void Resize(ushort rows, ushort columns)
    {
        byte* message = stackalloc byte[AttachMessages.ResizeSize];
        message[0] = (byte)AttachMessage.Resize;
        *(ushort*)(message + 1) = rows;
        *(ushort*)(message + 3) = columns;
        Sockets.TrySend(InputDescriptor, message, AttachMessages.ResizeSize); // a shim that is gone is noticed by the poll
    }

    public void Finish() => end.AwaitRecord();

    public void InputClosed()
    {
        if (end.HasEnded) return; // and the shim with it
        throw new RtException($"container {id}: its shim takes no more viewers, or was killed");
    }

    public void Dispose()
    {
        end.Dispose();
        log?.Dispose();
        if (OutputDescriptor >= 0) Files.close(OutputDescriptor);
        if (InputDescriptor >= 0) Files.close(InputDescriptor);
    }
}
