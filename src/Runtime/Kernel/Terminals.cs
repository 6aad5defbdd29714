using System.Runtime.InteropServices;

namespace Rt.Kernel;

/// <summary>
/// ioctl_tty(2) and pty(7). A pseudoterminal has two ends: the master, which opening ptmx of a devpts gives, and its peer, which
/// is the terminal to the programs on it. The request numbers are asm-generic's, which x86-64, arm64 and riscv64 share.
/// </summary>
internal static unsafe class Terminals
{
    private const uint TCGETS = 0x5401, TCSETS = 0x5402, TIOCSCTTY = 0x540E, TIOCGPGRP = 0x540F, TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414,
        TIOCSPTLCK = 0x40045431, TIOCGPTPEER = 0x5441;

    /// <summary>struct winsize: characters, and pixels, which nobody sets.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct winsize
    {
        public ushort ws_row, ws_col, ws_xpixel, ws_ypixel;
    }

    /// <summary>struct termios as the kernel has it (asm-generic/termbits.h): a terminal's modes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct termios
    {
        public uint c_iflag, c_oflag, c_cflag, c_lflag;
        public byte c_line;
        public fixed byte c_cc[19];

        /// <summary>
        /// With these modes every key goes through as it is typed and nothing is echoed or interpreted: cfmakeraw of termios(3).
        /// </summary>
        public readonly termios Raw()
        {
            const uint IGNBRK = 1, BRKINT = 2, PARMRK = 8, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IXON = 0x400;
            const uint OPOST = 1, CSIZE = 0x30, CS8 = 0x30, PARENB = 0x100;
            const uint ISIG = 1, ICANON = 2, ECHO = 8, ECHONL = 0x40, IEXTEN = 0x8000;
            const int VTIME = 5, VMIN = 6;
            termios raw = this;
            raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
            raw.c_oflag &= ~OPOST;
            raw.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
            raw.c_cflag = (raw.c_cflag & ~(CSIZE | PARENB)) | CS8;
            raw.c_cc[VMIN] = 1;
            raw.c_cc[VTIME] = 0;
            return raw;
        }
    }

    /// <summary>The modes (TCGETS); -ENOTTY: it is no terminal.</summary>
    public static int GetModes(int terminal, out termios modes)
    {
        fixed (termios* room = &modes) return Sockets.ioctl(terminal, TCGETS, room);
    }

    /// <summary>Sets the modes at once (TCSETS).</summary>
    public static int SetModes(int terminal, termios modes) => Sockets.ioctl(terminal, TCSETS, &modes);

    /// <summary>Whether this process may use it: its group is the foreground one (TIOCGPGRP), or the terminal is not its session's.</summary>
    public static bool IsInForeground(int terminal)
    {
        int group;
        return Sockets.ioctl(terminal, TIOCGPGRP, &group) < 0 || group == Processes.getpgid(0);
    }

    public static bool IsTerminal(int descriptor) => GetModes(descriptor, out _) >= 0;

    /// <summary>The size in characters (TIOCGWINSZ); 0 by 0: nobody has set one.</summary>
    public static int GetSize(int terminal, out ushort rows, out ushort columns)
    {
        winsize size = default;
        int result = Sockets.ioctl(terminal, TIOCGWINSZ, &size);
        rows = size.ws_row;
        columns = size.ws_col;
        return result;
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
