using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>A container's terminal that is relayed by run and exec in the foreground, on a real terminal and on redirected streams.</summary>
[BeyondTheSpec("what run and exec do with a terminal while they stay")]
public sealed class ForegroundTerminalTests
{
    private static Container WithTerminal(string script, Action<JsonNode>? change = null) => Container.Script(script, config =>
    {
        config["process"]!["terminal"] = true;
        change?.Invoke(config);
    });

    private static string[] RunOf(Container container) =>
        [Repository.Binary, "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id];

    private static string[] ExecIn(Container container, params string[] command) =>
        [Repository.Binary, "--root", container.StateRoot, "exec", "--tty", container.Id, .. command];

    /// <summary>A container with a terminal, run by a shell script in which "$@" is the command: rt's own streams are no terminals.</summary>
    private static Result RunRedirected(string script, string around, Action<JsonNode>? change = null)
    {
        using Container container = WithTerminal(script, change);
        return Command.Shell(around, RunOf(container));
    }

    [Fact]
    public void Run_relays_keys_output_and_the_exit_code()
    {
        using UserTerminal host = new();
        using Container container = WithTerminal("tty; echo name; read name; echo hello $name; exit 3");
        using OnTerminal run = host.Start(RunOf(container));
        host.ShouldShow("name\n");
        host.Type("Ada\r");
        run.ShouldEndWith(3);
        host.ToEnd().Should().Be("/dev/pts/0\nname\nAda\nhello Ada\n");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Exec_relays_them_as_well()
    {
        using UserTerminal host = new();
        using Container container = Container.Script("sleep 100");
        container.Run("--detach").ShouldEndWith(0);
        using OnTerminal exec = host.Start(ExecIn(container, "sh", "-c", "tty; read line; echo got $line; exit 4"));
        host.ShouldShow("/dev/pts/0\n");
        host.Type("it\r");
        exec.ShouldEndWith(4);
        host.ToEnd().Should().Be("/dev/pts/0\nit\ngot it\n");
    }

    [Fact]
    public void Keys_that_mean_signals_go_to_the_container_and_not_to_rt()
    {
        using UserTerminal host = new();
        using Container container = WithTerminal("trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.1; done");
        using OnTerminal run = host.Start(RunOf(container));
        host.ShouldShow("ready");
        host.Type("\u0003");
        run.ShouldEndWith(9);
        host.ToEnd().Should().Contain("caught");
    }

    [Fact]
    public void The_container_has_the_size_of_rts_terminal_and_follows_it()
    {
        using UserTerminal host = new() { Size = (41, 132) };
        using Container container = WithTerminal("trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.1; done",
            config => config["process"]!["consoleSize"] = JsonNode.Parse("""{"height": 7, "width": 9}"""));
        using OnTerminal run = host.Start(RunOf(container));
        host.ShouldShow("41 132\n");
        host.Size = (50, 99);
        run.ShouldEndWith(0);
        host.ToEnd().Should().Be("41 132\n50 99\n");
    }

    [Fact]
    public void Without_a_terminal_of_rts_own_the_size_is_the_configurations() =>
        RunRedirected("stty size", "\"$@\" </dev/null", config =>
            config["process"]!["consoleSize"] = JsonNode.Parse("""{"height": 7, "width": 9}""")).Out.Should().Be("7 9\n");

    public static TheoryData<string, int> Ends => new() { { "exit 5", 5 }, { "nonsense", 127 } };

    [Theory]
    [MemberData(nameof(Ends))]
    public void Whichever_way_the_container_ends_the_terminal_is_as_it_was(string script, int code)
    {
        using UserTerminal host = new();
        string before = host.Modes;
        using Container container = WithTerminal($"stty raw; {script}");
        host.Start(RunOf(container)).ShouldEndWith(code);
        host.Modes.Should().Be(before);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    public void A_signal_to_rt_goes_to_the_container_and_the_terminal_is_as_it_was(string signal, int code)
    {
        using UserTerminal host = new();
        using Container container = Container.Script("sleep 100");
        container.Run("--detach").ShouldEndWith(0);
        string before = host.Modes;
        using OnTerminal exec = host.Start(ExecIn(container, "sh", "-c", "echo up; exec sleep 100"));
        host.ShouldShow("up");
        host.Modes.Should().NotBe(before, "the terminal is in raw mode meanwhile");
        exec.Signal(signal);
        exec.ShouldEndWith(code);
        host.Modes.Should().Be(before);
    }

    [Fact]
    public void Keys_interrupt_rt_as_long_as_there_is_no_container_to_type_them_to()
    {
        using UserTerminal host = new();
        using Container container = WithTerminal("true", config => config["hooks"] = JsonNode.Parse(
            """{"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "touch began; sleep 100"]}]}"""));
        using OnTerminal run = host.Start(RunOf(container));
        SpinWait.SpinUntil(() => File.Exists(Path.Combine(container.Bundle, "began")), Command.Patience).Should().BeTrue();
        host.Type("\u0003");
        run.ShouldEndWith(1);
        host.ToEnd().Should().Contain("interrupted by SIGINT");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_program_that_is_not_there_leaves_the_terminal_as_it_was()
    {
        using UserTerminal host = new();
        using Container container = WithTerminal("", config => config["process"]!["args"] = new JsonArray("nothing"));
        string before = host.Modes;
        host.Start(RunOf(container)).ShouldEndWith(1);
        host.Modes.Should().Be(before);
        host.ToEnd().Should().Contain("exec: \"nothing\": executable file not found in $PATH");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Redirected_input_is_typed_and_its_end_too() =>
        RunRedirected("stty -echo; cat; echo end", "printf 'one\\ntwo' | \"$@\"").Out.Should().EndWith("one\ntwoend\n");

    [Fact]
    public void Redirected_output_has_plain_newlines_and_all_of_it() =>
        RunRedirected("seq 1 200000", "\"$@\" </dev/null | md5sum").Out
            .Should().Be(Command.Shell("seq 1 200000 | md5sum").Out);

    [Fact]
    public void A_reader_who_goes_away_does_not_end_the_container() =>
        RunRedirected("seq 1 100000; exit 6", "{ \"$@\" </dev/null; echo code $? >&2; } | head -n 1").Error.Should().Be("code 6\n");

    [Fact]
    public void Streams_are_a_terminal_inside_whatever_they_are_outside() =>
        RunRedirected("test -t 0 && test -t 1 && test -t 2 && echo all", "\"$@\" </dev/null 2>/dev/null").Out.Should().Be("all\n");

    [Fact]
    public void A_signal_reaches_the_container_while_nobody_reads_its_output()
    {
        using Container container = Container.Script("sleep 100");
        container.Run("--detach").ShouldEndWith(0);
        string pid = Path.Combine(container.Bundle, "pid"), read = Path.Combine(container.Bundle, "read");
        using Command.Running exec = Command.Start(["sh", "-c",
            "pid=$1 read=$2; shift 2; { sh -c 'echo $$ >\"$0\"; exec \"$@\"' \"$pid\" \"$@\" </dev/null; echo code $? >&2; } "
            + "| { while [ ! -e \"$read\" ]; do sleep 0.05; done; cat >/dev/null; }", "sh", pid, read, .. ExecIn(container, "yes")]);
        SpinWait.SpinUntil(() => Processes() == 2, Command.Patience).Should().BeTrue();
        Thread.Sleep(300); // for the pipe to be full
        Command.Run("kill", "-TERM", File.ReadAllText(pid).Trim()).ShouldEndWith(0);
        SpinWait.SpinUntil(() => Processes() == 1, Command.Patience).Should().BeTrue("the signal must have come through");
        File.WriteAllText(read, "");
        exec.Wait().Error.Should().Be("code 143\n");

        int Processes() => File.ReadAllLines($"{container.Cgroup}/cgroup.procs").Length;
    }

    [Fact]
    public void Detached_it_needs_a_socket_and_in_the_foreground_there_may_be_none()
    {
        using Container container = Container.Script("sleep 100");
        container.Run("--detach").ShouldEndWith(0);
        container.Rt("exec", "--tty", "--detach", container.Id, "true").ShouldEndWith(255).Error
            .Should().Be("rt: exec failed: cannot allocate tty if runc will detach without setting console socket\n");
        container.Rt("exec", "--tty", "--console-socket", "/nowhere", container.Id, "true").ShouldEndWith(255).Error
            .Should().Be("rt: exec failed: cannot use console socket if runc will not detach or allocate tty\n");
    }
}
