using Rt.Kernel;
using Rt.Shim;

namespace Rt.Containers;

/// <summary><c>rt logs</c>: a container's log, copied as it is.</summary>
internal sealed unsafe class LogOutput : IDisposable
{
    private readonly ContainerDirectory directory;
    private readonly LogReader log;
    private readonly int output;
    private readonly byte[] buffer = new byte[64 << 10];
    private long position;

    private LogOutput(ContainerDirectory directory, LogReader log, int output)
    {
        this.directory = directory;
        this.log = log;
        this.output = output;
    }

    /// <exception cref="RtException">The container has no log.</exception>
    public static LogOutput Open(ContainerDirectory directory, int output) => new(directory, directory.OpenLog(), output);

    public void Dispose() => log.Dispose();

    /// <summary>Leaves out all but so many lines at the end.</summary>
    public void SkipToTail(int lines)
    {
        // There may be more of it with each read, but no more than two segments are kept.
        long end = log.End, at = 0, start = end;
        List<byte> all = [];
        while (at < end && log.Read(ref at, buffer) is > 0 and var length)
        {
            long from = at - length;
            if (all.Count == 0 || from != start + all.Count) // there is a gap
            {
                all.Clear();
                start = from;
            }

            all.AddRange(buffer.AsSpan(0, length));
        }

        position = start + TailOf(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all), lines);
    }

    /// <summary>Where the last lines of a text begin; a last line without its end counts.</summary>
    public static int TailOf(ReadOnlySpan<byte> text, int lines)
    {
        if (lines == 0) return text.Length;
        int from = text.EndsWith("\n"u8) ? text.Length - 1 : text.Length;
        for (int line = 0; line < lines; line++)
        {
            from = text[..from].LastIndexOf((byte)'\n');
            if (from < 0) return 0;
        }

        return from + 1;
    }

    /// <summary>Prints what there is; false if nobody is there to read it.</summary>
    public bool Print()
    {
        for (long end = log.End; position < end;)
        {
            int length = log.Read(ref position, buffer);
            if (length == 0) return true;
            if (!FileContent.TryWrite(output, buffer.AsSpan(0, length), "standard output")) return false;
        }

        return true;
    }

    /// <summary>Prints what there is and what comes, until the container has ended; false if nobody is there to read it any more.</summary>
    public bool PrintUntilEnd()
    {
        using ContainerEnd end = ContainerEnd.Open(directory);
        int changes = log.OpenChanges();
        try
        {
            Processes.pollfd* polls = stackalloc Processes.pollfd[3];
            while (!end.HasEnded)
            {
                Inotify.Clear(changes); // before it is read: what comes after is told anew
                if (!Print()) return false;
                polls[0] = new Processes.pollfd { fd = changes, events = Processes.POLLIN };
                polls[1] = new Processes.pollfd { fd = end.Descriptor, events = Processes.POLLIN };
                polls[2] = new Processes.pollfd { fd = output };
                KernelException.Check(Processes.poll(polls, 3), "poll");
                if (polls[2].revents != 0) return false;
            }

            end.AwaitRecord();
            return Print();
        }
        finally
        {
            Files.close(changes);
        }
    }
}
