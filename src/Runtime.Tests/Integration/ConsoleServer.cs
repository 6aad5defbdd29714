using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Rt.Tests.Integration;

/// <summary>The other side of --console-socket: what an engine's monitor does.</summary>
public sealed class ConsoleServer : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("rt-tty-").FullName;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public ConsoleServer()
    {
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen(1);
    }

    public string Path => System.IO.Path.Combine(directory, "console");

    /// <summary>Whether somebody has connected.</summary>
    public bool HasConnection => listener.Poll(0, SelectMode.SelectRead);

    /// <summary>Accepts a connection and takes the terminal that comes over it.</summary>
    public TerminalMaster Receive()
    {
        listener.Poll(TimeSpan.FromMilliseconds(Command.Patience), SelectMode.SelectRead).Should().BeTrue("somebody must connect to the socket");
        using Socket connection = listener.Accept();
        (byte[] name, int[] descriptors) = PassedDescriptors.Receive((int)connection.Handle);
        name.Should().NotBeEmpty("a message must come");
        int descriptor = descriptors.Should().ContainSingle("it must be one descriptor").Subject;
        return new TerminalMaster(new SafeFileHandle(descriptor, ownsHandle: true), Encoding.ASCII.GetString(name));
    }

    public void Dispose()
    {
        listener.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}

/// <summary>The master of a container's terminal: what is written to it was typed, what is read from it goes to the screen.</summary>
public sealed class TerminalMaster : IDisposable
{
    private const nint TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414;

    private readonly FileStream master;
    private readonly StringBuilder screen = new();
    private readonly Thread reader;
    private volatile bool ended;

    public TerminalMaster(SafeFileHandle master, string name)
    {
        this.master = new FileStream(master, FileAccess.ReadWrite, bufferSize: 0);
        Name = name;
        reader = new Thread(Read) { IsBackground = true };
        reader.Start();
    }

    /// <summary>The bytes that came beside the descriptor.</summary>
    public string Name { get; }

    /// <summary>All that was printed so far, with lines that end as elsewhere.</summary>
    public string Screen
    {
        get
        {
            lock (screen) return screen.ToString().Replace("\r\n", "\n");
        }
    }

    /// <summary>Characters (ioctl_tty(2), TIOCGWINSZ and TIOCSWINSZ).</summary>
    public (int Rows, int Columns) Size
    {
        get
        {
            ushort[] size = new ushort[4];
            ioctl(master.SafeFileHandle, TIOCGWINSZ, size).Should().Be(0);
            return (size[0], size[1]);
        }
        set => ioctl(master.SafeFileHandle, TIOCSWINSZ, [(ushort)value.Rows, (ushort)value.Columns, 0, 0]).Should().Be(0);
    }

    public void Type(string keys) => master.Write(Encoding.UTF8.GetBytes(keys));

    public void ShouldShow(string text) => SpinWait.SpinUntil(() => Screen.Contains(text), Command.Patience)
        .Should().BeTrue("\"{0}\" must appear on the terminal, which shows \"{1}\"", text, Screen);

    /// <summary>All that was printed until the last process let go of the terminal.</summary>
    public string ToEnd()
    {
        SpinWait.SpinUntil(() => ended, Command.Patience).Should().BeTrue("the terminal must end, which shows \"{0}\"", Screen);
        return Screen;
    }

    [DllImport("libc")]
    private static extern int ioctl(SafeFileHandle file, nint request, [In, Out] ushort[] size);

    private void Read()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (master.Read(buffer) is > 0 and var length)
                lock (screen)
                    screen.Append(Encoding.UTF8.GetString(buffer, 0, length));
        }
        catch (IOException)
        {
            // EIO: nobody has the other end open any more
        }

        ended = true;
    }

    /// <summary>The descriptor is closed when the reader has come back, at the latest when the container ends.</summary>
    public void Dispose() => master.Dispose();
}
