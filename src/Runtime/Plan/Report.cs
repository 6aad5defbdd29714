using System.Text;
using Rt.Kernel;

namespace Rt.Plan;

internal enum ReportKind
{
    /// <summary>All is prepared; <see cref="Report.Value"/> is how many bytes the init allocated on the GC heap, which must be 0.</summary>
    Ready = 1,

    /// <summary>A step failed; <see cref="Report.Value"/> is its index.</summary>
    Failed,

    /// <summary>Only the filter and the program are still to come. Who ends without having said so has died.</summary>
    Executing,

    /// <summary>The container's root is attached among the mounts of others, as the mount <see cref="Report.Value"/>.</summary>
    RootAttached,

    /// <summary>The init is another child of rt's, whose pid is <see cref="Report.Value"/>; the sender ends.</summary>
    Forked,

    /// <summary>There is a new time namespace whose clocks rt is to set. The init waits.</summary>
    TimeNamespace,

    /// <summary>
    /// The container's namespaces and mounts are there: rt may change them from outside, and hooks as well. The init waits.
    /// </summary>
    Environment,

    /// <summary>A seccomp filter is loaded whose listener is the init's descriptor <see cref="Report.Value"/>. The init waits.</summary>
    SeccompListener,
}

/// <summary>What the init tells its parent: 520 bytes, below PIPE_BUF, so that a write is never split.</summary>
internal unsafe struct Report
{
    public const int Size = 32 + Execution.DetailSize;

    public ReportKind Kind;

    /// <summary>The kind of the step that failed.</summary>
    public StepKind Step;
    public int Errno;
    public long Value;

    /// <summary>When it was sent (CLOCK_MONOTONIC).</summary>
    public long Nanoseconds;
    public fixed byte Detail[Execution.DetailSize];

    public readonly string DetailText
    {
        get
        {
            fixed (byte* text = Detail) return Encoding.UTF8.GetString(text, Text.Length(text));
        }
    }

    /// <summary>Sends it over the socket to the parent; once that is gone, into the start gate, where <c>rt start</c> reads it.</summary>
    public static int Send(ref Execution run, ReportKind kind, long value, int errno, StepKind step = 0)
    {
        Report report = new() { Kind = kind, Step = step, Value = value, Errno = errno, Nanoseconds = Clock.MonotonicNanoseconds() };
        run.CopyDetail(report.Detail);
        nint sent = Sockets.Send(run[Slot.Report], &report, Size);
        if (sent < 0 && run[Slot.Gate] >= 0) sent = Files.write(run[Slot.Gate], &report, Size);
        return sent < 0 ? (int)sent : 0;
    }

    /// <summary>Tells the parent what it is to do, and waits until it has.</summary>
    public static int Stop(ref Execution run, ReportKind kind, long value = 0)
    {
        int result = Send(ref run, kind, value, 0);
        return result < 0 ? result : AwaitAnswer(ref run);
    }

    /// <summary>Waits until the parent has done what the last report asks of it; -EPIPE if it is gone.</summary>
    public static int AwaitAnswer(ref Execution run)
    {
        byte answer;
        nint read = Files.read(run[Slot.Report], &answer, 1);
        return read == 1 ? 0 : -Kernel.Errno.EPIPE;
    }

    /// <summary>The next report from a socket or FIFO; null at its end.</summary>
    public static Report? Receive(int from)
    {
        Report report = default;
        for (nint have = 0; have < Size;)
        {
            nint read = Files.readBlocking(from, (byte*)&report + have, Size - have);
            if (read <= 0) return null;
            have += read;
        }

        return report;
    }
}
