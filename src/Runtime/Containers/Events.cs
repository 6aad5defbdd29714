using System.Buffers;
using System.Text.Json;
using Rt.Cgroups;
using Rt.Kernel;
using Rt.Resctrl;

namespace Rt.Containers;

/// <summary>
/// <c>rt events</c>: what a container uses, and when processes of it are killed for want of memory, as lines of JSON. Between two
/// lines it sleeps in one poll(2).
/// </summary>
internal sealed unsafe class Events : IDisposable
{
    private readonly ContainerState state;
    private readonly ContainerCgroup cgroup;

    /// <summary>Stands for the init, and with it for the container: it is readable when that has ended.</summary>
    private readonly int pidfd;

    private Events(ContainerState state, ContainerCgroup cgroup, int pidfd)
    {
        this.state = state;
        this.cgroup = cgroup;
        this.pidfd = pidfd;
    }

    /// <exception cref="RtException">The container has stopped, or has no cgroup.</exception>
    public static Events Open(ContainerDirectory directory)
    {
        ContainerState state = directory.Read();
        // A creation that is under way, or was cut off, has nothing to tell of yet.
        int pidfd = state.Pid == 0 ? -Errno.ESRCH : new InitProcess(state.Pid, state.StartTime).Open();
        if (pidfd == -Errno.ESRCH) throw NotRunning(state);
        KernelException.Check(pidfd, $"open process {state.Pid} of container {state.Id}");
        if (state.Cgroup.IfStillThere is { } cgroup) return new Events(state, cgroup, pidfd);
        Files.close(pidfd);
        throw new RtException($"container {state.Id} has no cgroup{(state.Cgroup.Exists ? " any more" : "")}: nothing is counted for it");
    }

    public void Dispose() => Files.close(pidfd);

    /// <summary>Prints the statistics; false if nobody is there to read them.</summary>
    public bool PrintOnce(int output) => TryReadStats() is { } line ? Print(output, line) : throw NotRunning(state);

    /// <summary>
    /// Prints the statistics at every interval, and each kill for want of memory when it happens, until the container ends. False
    /// if whoever read them has gone before.
    /// </summary>
    /// <param name="output">Also watched, so that nothing stays behind that waits to write to nobody.</param>
    /// <param name="interval">In nanoseconds, kept to the millisecond. Intervals that have passed meanwhile are left out.</param>
    public bool PrintUntilEnd(int output, long interval)
    {
        using OomWatch? oom = cgroup.WatchOom();
        if (oom == null) Log.Warn($"container {state.Id} has no memory controller: there are no events of type oom");
        byte[] oomLine = Line("oom", null);
        long now = Clock.MonotonicNanoseconds(), next = now + Math.Min(interval, long.MaxValue - now);
        Processes.pollfd* polled = stackalloc Processes.pollfd[3];
        while (true)
        {
            polled[0] = new Processes.pollfd { fd = pidfd, events = Processes.POLLIN };
            polled[1] = new Processes.pollfd { fd = output };
            polled[2] = new Processes.pollfd { fd = oom?.Descriptor ?? -1, events = oom?.Event ?? 0 };
            KernelException.Check(Processes.poll(polled, 3, MillisecondsUntil(next, now)), "poll");
            bool ended = polled[0].revents != 0;
            if (polled[1].revents != 0) return false;

            // Also when it has ended: such a kill may be how.
            for (ulong kills = oom?.Take() ?? 0; kills > 0; kills--)
                if (!Print(output, oomLine))
                    return false;
            if (ended) return true;
            now = Clock.MonotonicNanoseconds();
            if (now < next) continue;
            if (TryReadStats() is { } line && !Print(output, line)) return false;
            now = Clock.MonotonicNanoseconds();
            next += ((now - next) / interval + 1) * interval;
        }
    }

    /// <summary>
    /// Null if the container has ended by then. As long as it has not, nobody else's cgroup can have come to be where its was, so
    /// what was read is its own.
    /// </summary>
    private byte[]? TryReadStats()
    {
        try
        {
            byte[] line = Line("stats", json =>
            {
                StatsJson.Write(json, cgroup.ReadStats());
                json.WriteStartObject("intel_rdt");
                ResctrlStats.Of(state.Pid).WriteTo(json);
                json.WriteEndObject();
                json.WriteNull("network_interfaces"); // runc knows only interfaces that it made, and specifications ask for none
            });
            return HasEnded ? null : line;
        }
        catch (Exception e) when (e is KernelException or IOException && HasEnded)
        {
            return null;
        }
    }

    private bool HasEnded
    {
        get
        {
            Processes.pollfd poll = new() { fd = pidfd, events = Processes.POLLIN };
            return Processes.poll(&poll, 1, 0) == 1;
        }
    }

    private byte[] Line(string type, Action<Utf8JsonWriter>? data)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("id", state.Id);
            if (data != null)
            {
                json.WriteStartObject("data");
                data(json);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static bool Print(int output, byte[] line) => FileContent.TryWrite(output, line, "standard output");

    /// <summary>Rounded up, since to wake up early would be to wake up twice.</summary>
    private static long MillisecondsUntil(long time, long now)
    {
        const long Millisecond = 1_000_000;
        long left = Math.Max(0, time - now);
        return left / Millisecond + (left % Millisecond > 0 ? 1 : 0);
    }

    private static RtException NotRunning(ContainerState state) => new($"container with id {state.Id} is not running");
}
