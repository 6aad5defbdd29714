using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Rt.Kernel;

namespace Rt.Tests.Integration;

/// <summary>A person's terminal, on which commands are run: what they type and what they see.</summary>
internal sealed class UserTerminal : IDisposable
{
    private readonly TerminalMaster master;
    private readonly SafeFileHandle peer;
    private readonly string path;

    public UserTerminal()
    {
        int descriptor = FileContent.Open("/dev/ptmx", Files.O_RDWR | Files.O_NOCTTY);
        Terminals.Unlock(descriptor).Should().Be(0);
        peer = new SafeFileHandle(Terminals.OpenPeer(descriptor), ownsHandle: true); // so that it does not end with a command
        path = new FileInfo($"/proc/self/fd/{peer.DangerousGetHandle()}").LinkTarget!;
        master = new TerminalMaster(new SafeFileHandle(descriptor, ownsHandle: true), "");
    }

    public string Screen => master.Screen;

    /// <summary>All that was shown, when there are no more commands here; for none can be started here afterwards.</summary>
    public string ToEnd()
    {
        peer.Dispose();
        return master.ToEnd();
    }

    public string Owner => Command.Run("stat", "--format", "%u", path).ShouldEndWith(0).Out.TrimEnd();

    public (int Rows, int Columns) Size { get => master.Size; set => master.Size = value; }

    /// <summary>The terminal's modes in words (stty(1)).</summary>
    public string Modes => Command.Run("stty", "-a", "-F", path).ShouldEndWith(0).Out;

    public void Type(string keys) => master.Type(keys);

    public void ShouldShow(string text) => master.ShouldShow(text);

    /// <summary>Runs it with standard streams and controlling terminal here.</summary>
    public OnTerminal Start(params string[] command) => StartWith("<$0 >$0 2>&1", command);

    /// <param name="redirections">A shell's, with the terminal as $0.</param>
    public OnTerminal StartWith(string redirections, params string[] command)
    {
        ProcessStartInfo start = new("/bin/sh") { UseShellExecute = false };
        // The leader of a new session gets the terminal that it opens (pty(7)).
        foreach (string argument in (string[])
            ["-c", "script=$1; shift; exec setsid sh -c \"$script\" \"$0\" \"$@\"", path, $": <$0; exec \"$@\" {redirections}", .. command])
            start.ArgumentList.Add(argument);
        return new OnTerminal(System.Diagnostics.Process.Start(start)!);
    }

    public OnTerminal Start(Container container, params string[] arguments) =>
        Start([Repository.Binary, "--root", container.StateRoot, .. arguments]);

    public void Dispose()
    {
        peer.Dispose();
        master.Dispose();
    }
}

/// <summary>A command on a terminal.</summary>
internal sealed class OnTerminal(System.Diagnostics.Process process) : IDisposable
{
    public int Pid => process.Id;

    public bool HasExited => process.HasExited;

    public void ShouldEndWith(int code)
    {
        process.WaitForExit(Command.Patience).Should().BeTrue("the command must end");
        process.ExitCode.Should().Be(code);
    }

    public void Signal(string signal) => Command.Run("kill", "-" + signal, $"{Pid}").ShouldEndWith(0);

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }
}
