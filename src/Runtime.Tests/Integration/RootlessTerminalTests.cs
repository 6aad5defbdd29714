using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>An ordinary user's containers with terminals: in the foreground, over a console socket, with a shim.</summary>
[BeyondTheSpec("terminals of containers that an ordinary user starts")]
public sealed class RootlessTerminalTests : IDisposable
{
    private readonly OrdinaryUser user = new();

    public void Dispose() => user.Dispose();

    private void Prepare(string script) => user.Prepare(script, config => config["process"]!["terminal"] = true);

    [Fact]
    public void In_the_foreground_run_and_exec_show_the_containers_terminal_and_type_on_it()
    {
        using UserTerminal terminal = new();
        Prepare("tty; stat -c %u /dev/console; echo ready; read name; echo hello, $name; exit 5");
        using OnTerminal run = terminal.Start(user.RtCommand("run", "--bundle", user.Bundle, "mine"));
        terminal.ShouldShow("/dev/pts/0\n0\nready");

        using UserTerminal second = new();
        using OnTerminal exec = second.Start(user.RtCommand("exec", "-t", "mine", "sh", "-c", "tty; read line; echo got $line"));
        second.ShouldShow("/dev/pts/1");
        second.Type("it\r");
        exec.ShouldEndWith(0);
        second.ShouldShow("got it");

        terminal.Type("Ada\r");
        run.ShouldEndWith(5);
        terminal.ShouldShow("hello, Ada");
        user.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_console_socket_gets_the_terminal()
    {
        using ConsoleServer server = new();
        Command.Run("chmod", "-R", "a+rwX", Path.GetDirectoryName(server.Path)!).ShouldEndWith(0);
        Prepare("echo your name; read name; echo hello, $name");
        user.Rt("create", "--bundle", user.Bundle, "--console-socket", server.Path, "mine").ShouldEndWith(0);
        using TerminalMaster terminal = server.Receive();
        user.Rt("start", "mine").ShouldEndWith(0);
        terminal.ShouldShow("your name");
        terminal.Type("Ada\n");
        terminal.ToEnd().Should().Be("your name\nAda\nhello, Ada\n");
    }

    [Fact]
    public void His_shim_keeps_terminal_log_and_exit_code()
    {
        Prepare("while read line; do echo got $line; [ $line != quit ] || exit 7; done");
        user.RunBundle("--detach").ShouldEndWith(0);
        using UserTerminal terminal = new();
        using OnTerminal viewer = terminal.Start(user.RtCommand("attach", "mine"));
        SpinWait.SpinUntil(() => terminal.Modes.Contains("-icanon"), Command.Patience).Should().BeTrue("the terminal must be raw");
        terminal.Type("one\r");
        terminal.ShouldShow("got one");
        terminal.Type("quit\r");
        viewer.ShouldEndWith(7);
        user.Rt("wait", "mine").ShouldEndWith(7);
        user.Rt("logs", "mine").ShouldEndWith(0).Out.Should().Contain("got one").And.Contain("got quit");
    }
}
