using Rt.Kernel;

namespace Rt.Shim;

/// <summary>--stdio: where the standard streams of a container go that has a shim and no terminal.</summary>
internal enum StdioMode
{
    /// <summary>What is a terminal of the caller's is replaced, by /dev/null and the log; the rest is the caller's.</summary>
    Auto,

    /// <summary>The caller's, whatever they are.</summary>
    Inherit,

    /// <summary>Output goes to the log; input is as with <see cref="Auto"/>.</summary>
    Log,

    /// <summary>/dev/null, all of them.</summary>
    Null,
}

internal enum StreamKind
{
    Callers,
    Log,
    Null,
}

internal static class ShimStreams
{
    /// <summary>What standard streams 0 to 2 are to be.</summary>
    /// <param name="isTerminal">Whether the caller's are terminals.</param>
    public static StreamKind[] Choose(StdioMode mode, Func<int, bool> isTerminal) =>
        [Choose(mode, 0, isTerminal), Choose(mode, 1, isTerminal), Choose(mode, 2, isTerminal)];

    private static StreamKind Choose(StdioMode mode, int stream, Func<int, bool> isTerminal)
    {
        StreamKind own = stream == 0 ? StreamKind.Null : StreamKind.Log;
        return mode switch
        {
            StdioMode.Inherit => StreamKind.Callers,
            StdioMode.Null => StreamKind.Null,
            StdioMode.Log when stream != 0 => StreamKind.Log,
            _ => isTerminal(stream) ? own : StreamKind.Callers,
        };
    }

    /// <summary>Refuses what could not be done: only a shim can replace streams, and a terminal replaces them all itself.</summary>
    public static void Check(StdioMode mode, bool shim, bool terminal)
    {
        string word = mode.ToString().ToLowerInvariant();
        if (mode is StdioMode.Log or StdioMode.Null && !shim)
            throw new RtException($"--stdio {word}: takes a shim, which stays with containers that are created or run with --detach, and "
                + "without --no-shim, --pid-file, --console-socket and --pidfd-socket");
        if (mode is StdioMode.Inherit or StdioMode.Null && shim && terminal)
            throw new RtException($"--stdio {word}: the container has a terminal (process.terminal), whose output goes to the log");
    }

    /// <summary>Null: there is no such mode.</summary>
    public static StdioMode? Parse(string text) => text switch
    {
        "" => StdioMode.Auto,
        "inherit" => StdioMode.Inherit,
        "log" => StdioMode.Log,
        "null" => StdioMode.Null,
        _ => null,
    };
}
