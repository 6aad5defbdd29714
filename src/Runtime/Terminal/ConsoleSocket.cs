using Rt.Kernel;

namespace Rt.Terminal;

/// <summary>--console-socket: the socket of whoever will serve the container's terminal, such as an engine's monitor.</summary>
internal static unsafe class ConsoleSocket
{
    /// <summary>
    /// Checks that somebody will have the terminal's other end, and that no socket is given in vain. The errors are runc's, word for
    /// word.
    /// </summary>
    /// <param name="terminal">process.terminal.</param>
    /// <param name="detach">rt ends before the container does: create, or run --detach.</param>
    /// <param name="path">The socket's path; empty: none is given.</param>
    /// <param name="shim">A shim stays and keeps the terminal.</param>
    public static void Check(bool terminal, bool detach, string path, bool shim = false)
    {
        if (path.Length > 0 && !(terminal && detach))
            throw new RtException("cannot use console socket if runc will not detach or allocate tty");
        if (terminal && detach && !shim && path.Length == 0)
            throw new RtException("cannot allocate tty if runc will detach without setting console socket");
    }

    /// <summary>A descriptor connected to the socket at the path; -1 for an empty one.</summary>
    public static int Connect(string path)
    {
        if (path.Length == 0) return -1;
        int socket;
        fixed (byte* name = FileContent.Terminated(path)) socket = Sockets.Connect(name);
        return (int)KernelException.Check(socket, $"--console-socket {path}");
    }
}
