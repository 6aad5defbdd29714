using System.Runtime.InteropServices;

namespace Rt.Kernel;

/// <summary>
/// ioctl_tty(2) and pty(7). A pseudoterminal has two ends: the master, which opening ptmx of a devpts gives, and its peer, which
/// is the terminal to the programs on it. The request numbers are asm-generic's, which x86-64, arm64 and riscv64 share.
/// </summary>
internal static unsafe class Terminals
{
    private const uint TIOCSCTTY = 0x540E, TIOCSWINSZ = 0x5414, TIOCSPTLCK = 0x40045431, TIOCGPTPEER = 0x5441;

    /// <summary>struct winsize: characters, and pixels, which nobody sets.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct winsize
    {
        public ushort ws_row, ws_col, ws_xpixel, ws_ypixel;
    }

    /// <summary>Lets the peer of a new master be opened (TIOCSPTLCK).</summary>
    public static int Unlock(int master)
    {
        int locked = 0;
        return Sockets.ioctl(master, TIOCSPTLCK, &locked);
    }

    /// <summary>
    /// The master's peer, for reading and writing and as nobody's controlling terminal yet. No path is involved, so that it is the
    /// right one whatever is mounted where (TIOCGPTPEER, Linux 4.13). EIO: the master is still locked.
    /// </summary>
    public static int OpenPeer(int master) =>
        Sockets.ioctl(master, TIOCGPTPEER, (void*)(Files.O_RDWR | Files.O_NOCTTY | Files.O_CLOEXEC));

    /// <summary>Sets the size in characters (TIOCSWINSZ); either end will do.</summary>
    public static int SetSize(int terminal, ushort rows, ushort columns)
    {
        winsize size = new() { ws_row = rows, ws_col = columns };
        return Sockets.ioctl(terminal, TIOCSWINSZ, &size);
    }

    /// <summary>
    /// Makes it the controlling terminal of the calling process's session (TIOCSCTTY). EPERM: the process does not lead its session,
    /// or has one already, or the terminal is another session's.
    /// </summary>
    public static int MakeControlling(int terminal) => Sockets.ioctl(terminal, TIOCSCTTY, null);
}
