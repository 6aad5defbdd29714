using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Viewers of a container whose terminal a shim keeps.</summary>
[BeyondTheSpec("rt attach")]
public sealed class AttachTests
{
    private const string Detach = "\u0010\u0011", Echoes = "while read line; do echo got $line; [ \"$line\" != quit ] || exit 7; done";

    private static Container WithTerminal(string script, Action<JsonNode>? change = null) => Container.Script(script, config =>
    {
        config["process"]!["terminal"] = true;
        change?.Invoke(config);
    });

    private static Container Running(string script, Action<JsonNode>? change = null)
    {
        Container container = WithTerminal(script, change);
        container.Run("--detach").ShouldEndWith(0).Out.Should().BeEmpty();
        return container;
    }

    private static string Log(Container container) => container.Rt("logs", container.Id).ShouldEndWith(0).Out.Replace("\r\n", "\n");

    private static void ShouldLog(Container container, string text) =>
        SpinWait.SpinUntil(() => Log(container).Contains(text), Command.Patience).Should().BeTrue("the log has \"{0}\"", Log(container));

    /// <summary>A viewer that has the terminal in raw mode.</summary>
    private static OnTerminal Attach(UserTerminal terminal, Container container, params string[] options)
    {
        OnTerminal viewer = terminal.Start(container, ["attach", .. options, container.Id]);
        SpinWait.SpinUntil(() => terminal.Modes.Contains("-icanon"), Command.Patience).Should().BeTrue("the terminal must be raw");
        return viewer;
    }

    [Fact]
    public void What_is_typed_reaches_the_program_and_what_it_says_is_shown_until_it_ends()
    {
        using Container container = Running(Echoes);
        using UserTerminal terminal = new();
        string modes = terminal.Modes;
        using OnTerminal viewer = Attach(terminal, container);
        terminal.Type("one\r");
        terminal.ShouldShow("one\ngot one\n");
        terminal.Type("quit\r");
        viewer.ShouldEndWith(7);
        terminal.ShouldShow("quit\ngot quit\n");
        terminal.Modes.Should().Be(modes);
        Log(container).Should().Be("one\ngot one\nquit\ngot quit\n");
    }

    [Fact]
    public void Only_what_comes_after_is_shown()
    {
        using Container container = Running("echo before; " + Echoes);
        ShouldLog(container, "before\n");
        using UserTerminal terminal = new();
        using OnTerminal viewer = Attach(terminal, container);
        terminal.Type("after\r");
        terminal.ShouldShow("got after\n");
        terminal.Screen.Should().NotContain("before");
    }

    [Fact]
    public void A_container_that_was_not_started_can_have_its_viewer_already()
    {
        using Container container = WithTerminal("stty size; exit 3");
        container.Create().ShouldEndWith(0);
        using UserTerminal terminal = new() { Size = (33, 111) };
        using OnTerminal viewer = Attach(terminal, container);
        container.Rt("start", container.Id).ShouldEndWith(0);
        viewer.ShouldEndWith(3);
        terminal.ShouldShow("33 111\n");
    }

    [Fact]
    public void The_detach_keys_end_the_viewer_alone_and_do_not_reach_the_program()
    {
        using Container container = Running(Echoes);
        using UserTerminal terminal = new();
        string modes = terminal.Modes;
        using (OnTerminal viewer = Attach(terminal, container))
        {
            terminal.Type("one\r" + Detach);
            viewer.ShouldEndWith(0);
        }

        terminal.Modes.Should().Be(modes);
        container.Status.Should().Be("running");
        using OnTerminal again = Attach(terminal, container, "--detach-keys", "ctrl-a,d");
        terminal.Type("two\r");
        terminal.ShouldShow("got two\n");
        terminal.Type("\u0001x\u0001");
        terminal.ShouldShow("^Ax");
        terminal.Type("d");
        again.ShouldEndWith(0);
        Log(container).Should().Be("one\ngot one\ntwo\ngot two\n^Ax");
    }

    [Fact]
    public void Control_c_and_control_z_are_the_programs()
    {
        using Container container = Running("trap 'echo interrupted' INT; trap 'echo stopped' TSTP; while :; do sleep 0.05; done");
        using UserTerminal terminal = new();
        using OnTerminal viewer = Attach(terminal, container);
        SpinWait.SpinUntil(() =>
        {
            terminal.Type("\u0003");
            Thread.Sleep(100);
            return terminal.Screen.Contains("interrupted");
        }, Command.Patience).Should().BeTrue();
        terminal.Type("\u001a");
        terminal.ShouldShow("stopped");
        viewer.HasExited.Should().BeFalse();
    }

    [Fact]
    public void The_windows_size_is_the_programs_at_once_and_when_it_changes()
    {
        using Container container = Running("trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done", config =>
            config["process"]!["consoleSize"] = JsonNode.Parse("""{"height": 10, "width": 20}"""));
        ShouldLog(container, "ready\n");
        using UserTerminal terminal = new() { Size = (41, 99) };
        using OnTerminal viewer = Attach(terminal, container);
        ShouldLog(container, "41 99\n");
        terminal.Size = (50, 132);
        terminal.ShouldShow("50 132\n");
    }

    [Fact]
    public void Two_viewers_see_the_same_and_both_type()
    {
        using Container container = Running(Echoes);
        using UserTerminal first = new(), second = new();
        using OnTerminal one = Attach(first, container), two = Attach(second, container);
        first.Type("from one\r");
        second.ShouldShow("got from one\n");
        second.Type("from two\r");
        first.ShouldShow("got from two\n");
        first.Type(Detach);
        one.ShouldEndWith(0);
        second.Type("quit\r");
        two.ShouldEndWith(7);
    }

    [Fact]
    public void A_viewer_that_does_not_read_holds_up_neither_the_container_nor_others()
    {
        using Container container = Running("read go; seq 1 300000; echo done; exec sleep 100");
        using UserTerminal terminal = new(), slow = new();
        using OnTerminal stopped = Attach(slow, container), viewer = Attach(terminal, container);
        stopped.Signal("STOP");
        terminal.Type("\r");
        terminal.ShouldShow("300000\ndone\n");
        stopped.Signal("CONT");
        slow.ShouldShow("300000\ndone\n");
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    [InlineData("QUIT", 131)]
    public void A_signal_ends_the_viewer_and_the_terminal_is_as_it_was(string signal, int code)
    {
        using Container container = Running("exec sleep 100");
        using UserTerminal terminal = new();
        string modes = terminal.Modes;
        using OnTerminal viewer = Attach(terminal, container);
        viewer.Signal(signal);
        viewer.ShouldEndWith(code);
        terminal.Modes.Should().Be(modes);
        container.Status.Should().Be("running");
    }

    [Fact]
    public void A_signal_is_heard_also_while_the_terminal_takes_no_output()
    {
        using Container container = Running("read go; yes");
        using UserTerminal terminal = new();
        string modes = terminal.Modes;
        using OnTerminal viewer = Attach(terminal, container);
        Command.Shell("kill -STOP $1; kill -CONT $1", $"{viewer.Pid}").ShouldEndWith(0);
        terminal.Type("\r");
        terminal.ShouldShow("y\ny\n");
        viewer.Signal("TERM");
        viewer.ShouldEndWith(143);
        terminal.Modes.Should().Be(modes);
    }

    [Fact]
    public void A_shim_that_was_killed_ends_the_viewers_with_an_error_or_the_containers_end()
    {
        // It ignores the hangup of its terminal.
        using Container container = Running("trap '' HUP; echo ready; while :; do sleep 0.05; done");
        ShouldLog(container, "ready\n");
        using UserTerminal terminal = new();
        string modes = terminal.Modes;
        using OnTerminal viewer = Attach(terminal, container);
        Command.Shell("kill -KILL $(sed -n 's/^PPid:\t//p' /proc/$1/status)", $"{container.Pid}").ShouldEndWith(0);
        viewer.ShouldEndWith(1);
        terminal.ShouldShow($"rt: container {container.Id}: its shim takes no more viewers, or was killed\n");
        terminal.Modes.Should().Be(modes);
        container.Rt("attach", container.Id).ShouldFailWith("attach: connection refused");
    }

    [Fact]
    public void There_is_a_limit_to_the_number_of_viewers()
    {
        using Container container = Running("exec sleep 100");
        Command.Running[] viewers = [.. Enumerable.Range(0, 16).Select(_ => container.Start("attach", container.Id))];
        try
        {
            int shim = int.Parse(Command.Shell("sed -n 's/^PPid:\t//p' /proc/$1/status", $"{container.Pid}").Out);
            SpinWait.SpinUntil(() => Directory.GetFiles($"/proc/{shim}/fd").Length >= 16 + 9, Command.Patience).Should().BeTrue();
            container.Rt("attach", container.Id).ShouldFailWith("its shim takes no more viewers");
        }
        finally
        {
            Array.ForEach(viewers, viewer => viewer.Dispose());
        }

        SpinWait.SpinUntil(() =>
        {
            using Command.Running late = container.Start("attach", container.Id);
            Thread.Sleep(200);
            return !late.HasExited;
        }, Command.Patience).Should().BeTrue("those that have gone make room");
    }

    [Fact]
    public void Input_from_a_pipe_is_typed_and_its_end_leaves_the_container_alone()
    {
        using Container container = Running(Echoes);
        Command.Shell("{ echo one; sleep 0.3; echo quit; } | \"$1\" --root \"$2\" attach \"$3\"",
            Repository.Binary, container.StateRoot, container.Id).ShouldEndWith(7)
            .Out.Should().Contain("got one\r\n").And.Contain("got quit\r\n");
    }

    [Fact]
    public void More_than_the_terminal_takes_at_once_arrives_whole()
    {
        const int Size = 200_000;
        using Container container = Running($"stty raw -echo; echo ready; sleep 0.3; head -c {Size} | md5sum");
        ShouldLog(container, "ready");
        string file = Path.Combine(container.Bundle, "input");
        File.WriteAllText(file, string.Concat(Enumerable.Range(0, Size / 8).Select(i => $"{i:D7}\n")));
        string sum = Command.Shell("md5sum <\"$1\"", file).Out;
        Command.Shell("\"$1\" --root \"$2\" attach --detach-keys '' \"$3\" <\"$4\"",
            Repository.Binary, container.StateRoot, container.Id, file).ShouldEndWith(0).Out.Should().Contain(sum.TrimEnd());
    }

    [Fact]
    public void Of_a_container_with_a_log_and_no_terminal_only_the_output_is_shown()
    {
        using Container container = Container.Script("read go; echo out; exit 4");
        string fifo = Path.Combine(container.Bundle, "fifo");
        Command.Shell("mkfifo \"$1\"; exec 3<>\"$1\"; exec \"$2\" --root \"$3\" run --detach --stdio log --bundle \"$4\" \"$5\" <&3",
            fifo, Repository.Binary, container.StateRoot, container.Bundle, container.Id).ShouldEndWith(0);
        using UserTerminal terminal = new();
        string modes = terminal.Modes;
        using OnTerminal viewer = terminal.Start(container, "attach", container.Id);
        SpinWait.SpinUntil(() => Directory.GetFiles($"/proc/{viewer.Pid}/fd")
            .Any(file => new FileInfo(file).LinkTarget == "anon_inode:inotify"), Command.Patience).Should().BeTrue();
        terminal.Modes.Should().Be(modes);
        File.WriteAllText(fifo, "go\n");
        terminal.ShouldShow("out\n");
        viewer.ShouldEndWith(4);
        terminal.Modes.Should().Be(modes);
    }

    [Fact]
    public void What_can_not_be_viewed_is_an_error()
    {
        using Container inherits = Container.Script("exec sleep 100"), ended = WithTerminal("true");
        inherits.Run("--detach").ShouldEndWith(0);
        ended.Run("--detach").ShouldEndWith(0);
        ended.Rt("wait", ended.Id).ShouldEndWith(0);
        inherits.Rt("attach", inherits.Id).ShouldFailWith("has no log: its output goes where its creator's went");
        inherits.Rt("attach", "--detach-keys", "ctrl-", inherits.Id).ShouldFailWith("--detach-keys: \"ctrl-\" is no list");
        inherits.Rt("attach", "nobody").ShouldFailWith("container does not exist: nobody");
        ended.Rt("attach", ended.Id).ShouldFailWith($"container not running: {ended.Id}");
    }

    [Fact]
    public void A_path_to_the_state_that_is_too_long_for_a_socket_is_no_matter()
    {
        using Container container = WithTerminal(Echoes);
        string root = Path.Combine(container.StateRoot, new string('a', 100), new string('b', 100));
        Directory.CreateDirectory(root);
        try
        {
            Command.Rt("--root", root, "run", "--detach", "--bundle", container.Bundle, "id").ShouldEndWith(0);
            Command.Shell("echo quit | \"$1\" --root \"$2\" attach id", Repository.Binary, root).ShouldEndWith(7)
                .Out.Should().Contain("got quit");
        }
        finally
        {
            Command.Rt("--root", root, "delete", "--force", "id").ShouldEndWith(0);
            Directory.Delete(container.StateRoot, recursive: true);
        }
    }
}
