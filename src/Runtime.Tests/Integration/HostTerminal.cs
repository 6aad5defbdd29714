using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Rt.Tests.Integration;

/// <summary>A terminal of the host's, as a person has one: rt runs on it, the test types and looks at the screen.</summary>
public sealed class HostTerminal : IDisposable
{
    private const int O_RDWR = 2, O_NOCTTY = 0x100, O_CLOEXEC = 0x80000;

    private readonly string path;
    private readonly SafeFileHandle peer;

    public HostTerminal(int rows = 24, int columns = 80)
    {
        int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        master.Should().BePositive("there must be a pseudoterminal to be had");
        unlockpt(master).Should().Be(0);
        byte[] name = new byte[64];
        ptsname_r(master, name, name.Length).Should().Be(0);
        path = Encoding.ASCII.GetString(name, 0, Array.IndexOf(name, (byte)0));
        // Kept open, so that the terminal outlives the commands on it and its modes can be looked at.
        peer = new SafeFileHandle(open(path, O_RDWR | O_NOCTTY | O_CLOEXEC), ownsHandle: true);
        Screen = new TerminalMaster(new SafeFileHandle(master, ownsHandle: true), path) { Size = (rows, columns) };
    }

    public TerminalMaster Screen { get; }

    /// <summary>What tells raw mode from the one in which a shell finds its terminal: struct termios as stty prints it.</summary>
    public string Modes => Command.Shell("stty --save <\"$1\"", path).ShouldEndWith(0).Out;

    /// <summary>Starts a command that has the terminal as its controlling one, and as stdio.</summary>
    public Command.Running Start(params string[] command) => StartWith("exec setsid --ctty --wait \"$@\" <\"$0\" >\"$0\" 2>&1", command);

    /// <summary>As <see cref="Start"/>, with stdio as a shell script has it, to which the terminal is $0 and the command "$@".</summary>
    public Command.Running StartWith(string script, params string[] command) => Command.Start(["/bin/sh", "-c", script, path, .. command]);

    public void Dispose()
    {
        peer.Dispose();
        Screen.Dispose();
    }

    [DllImport("libc")]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc")]
    private static extern int posix_openpt(int flags);

    [DllImport("libc")]
    private static extern int unlockpt(int master);

    [DllImport("libc")]
    private static extern int ptsname_r(int master, byte[] name, nint length);
}
