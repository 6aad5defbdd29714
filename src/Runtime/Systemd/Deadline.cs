using Rt.Kernel;

namespace Rt.Systemd;

/// <summary>How long an exchange may take in all, and what cuts it short.</summary>
/// <param name="milliseconds">From now.</param>
/// <param name="interruptions"><see cref="SignalInbox.OpenInterruptions"/>; -1: nothing.</param>
internal sealed unsafe class Deadline(long milliseconds, int interruptions)
{
    private readonly long end = Clock.MonotonicNanoseconds() / 1_000_000 + milliseconds;

    /// <summary>Returns when the descriptor is ready.</summary>
    /// <param name="events"><see cref="Processes.POLLIN"/>, <see cref="Processes.POLLOUT"/>.</param>
    /// <exception cref="TimeoutException">The time is over.</exception>
    /// <exception cref="RtException">A signal came by which a user or a supervisor gives up.</exception>
    public void Await(int descriptor, short events)
    {
        if (!Poll(descriptor, events, Left())) throw Over();
    }

    /// <summary>Lets some time pass, where nothing tells when to try again. Exceptions as for <see cref="Await"/>.</summary>
    public void Pause(long milliseconds)
    {
        if (Left() <= milliseconds) throw Over();
        Poll(-1, 0, milliseconds);
    }

    private long Left() => Math.Max(0, end - Clock.MonotonicNanoseconds() / 1_000_000);

    private TimeoutException Over() => new($"no answer within {milliseconds / 1000.0:0.###} s");

    private bool Poll(int descriptor, short events, long most)
    {
        Processes.pollfd* polls = stackalloc Processes.pollfd[2];
        polls[0] = new Processes.pollfd { fd = descriptor, events = events };
        polls[1] = new Processes.pollfd { fd = interruptions, events = Processes.POLLIN };
        int ready = (int)KernelException.Check(Processes.poll(polls, 2, most), "poll");
        if (ready > 0 && polls[1].revents != 0) throw new RtException($"interrupted by {Signals.Name(SignalInbox.Take(interruptions))}");
        return ready > 0;
    }
}
