using System.Globalization;
using Rt.Kernel;

namespace Rt;

/// <summary>When what was done, for --debug: the way to see where a container's start spends its time.</summary>
internal static class Timeline
{
    private static readonly List<(string Event, long Nanoseconds)> Events = new(16);

    public static void Mark(string what) => Mark(what, Clock.MonotonicNanoseconds());

    /// <summary>For what happened in another process; the clock is the same in all of them.</summary>
    public static void Mark(string what, long nanoseconds) => Events.Add((what, nanoseconds));

    /// <summary>"main 0, configuration read 412, ...": microseconds since the first event.</summary>
    public static string Describe()
    {
        Events.Sort((a, b) => a.Nanoseconds.CompareTo(b.Nanoseconds));
        return string.Join(", ",
            Events.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Event} {(e.Nanoseconds - Events[0].Nanoseconds) / 1000}")));
    }
}
