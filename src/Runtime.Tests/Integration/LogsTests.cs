using Rt.Shim;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

[BeyondTheSpec("what containers without their creator's stdio write, and rt logs")]
public sealed class LogsTests
{
    private static string Log(Container container, params string[] options) =>
        container.Rt(["logs", .. options, container.Id]).ShouldEndWith(0).Out;

    private static void ShouldLog(Container container, string log) =>
        SpinWait.SpinUntil(() => Log(container) == log, Command.Patience).Should().BeTrue("the log has \"{0}\"", Log(container));

    [Fact]
    public void A_container_created_on_a_terminal_writes_to_its_log_and_outlives_the_terminal()
    {
        using Container container = Container.Script("tty; cat; echo error >&2; ls -l /proc/self/fd/0 | sed 's/.*-> //'; exec sleep 100");
        using (UserTerminal terminal = new())
        {
            using OnTerminal run = terminal.Start(container, "run", "--detach", "--bundle", container.Bundle, container.Id);
            run.ShouldEndWith(0);
            terminal.Screen.Should().BeEmpty();
        }

        ShouldLog(container, "not a tty\nerror\n/dev/null\n");
        container.Status.Should().Be("running");
    }

    [Fact]
    public void What_is_no_terminal_stays_the_creators()
    {
        using Container container = Container.Script("cat; echo out; echo error >&2");
        string output = Path.Combine(container.Bundle, "out"), input = Path.Combine(container.Bundle, "in");
        File.WriteAllText(input, "typed\n");
        using UserTerminal terminal = new();
        using OnTerminal run = terminal.StartWith($"<{input} >{output} 2>$0",
            Repository.Binary, "--root", container.StateRoot, "run", "--detach", "--bundle", container.Bundle, container.Id);
        run.ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(0);
        File.ReadAllText(output).Should().Be("typed\nout\n");
        Log(container).Should().Be("error\n");
        terminal.Screen.Should().BeEmpty();
    }

    [Fact]
    public void Inherit_gives_the_container_the_terminal_all_the_same()
    {
        using Container container = Container.Script("echo out; echo error >&2");
        using UserTerminal terminal = new();
        using OnTerminal run = terminal.Start(
            container, "run", "--detach", "--stdio", "inherit", "--bundle", container.Bundle, container.Id);
        run.ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(0);
        terminal.ShouldShow("out\nerror\n");
        container.Rt("logs", container.Id).ShouldFailWith($"container {container.Id} has no log: its output goes where its creator's went");
    }

    [Fact]
    public void Log_and_null_are_for_streams_of_any_kind()
    {
        using Container log = Container.Script("echo out; echo error >&2"), nothing = Container.Script("cat; echo out; echo error >&2");
        log.Run("--detach", "--stdio", "log").ShouldEndWith(0).Out.Should().BeEmpty();
        nothing.Run("--detach", "--stdio", "null").ShouldEndWith(0).Out.Should().BeEmpty();
        log.Rt("wait", log.Id).ShouldEndWith(0);
        nothing.Rt("wait", nothing.Id).ShouldEndWith(0);
        Log(log).Should().Be("out\nerror\n");
        nothing.Rt("logs", nothing.Id).ShouldFailWith("has no log");
    }

    [Fact]
    public void A_mode_that_can_not_be_is_refused_before_anything_is_made() => Container.Script("true").Use(container =>
    {
        container.Create("--stdio", "file").ShouldFailWith("--stdio: \"file\" is none of inherit, log and null");
        container.Create("--stdio", "log", "--no-shim").ShouldFailWith("--stdio log: takes a shim");
        container.Run("--stdio", "log").ShouldFailWith("--stdio log: takes a shim");
        container.ShouldHaveLeftNothing();
    });

    [Fact]
    public void The_containers_user_can_open_its_standard_output_anew() => Container.Script("echo anew >/dev/stdout", config =>
        config["process"]!["user"] = System.Text.Json.Nodes.JsonNode.Parse("""{"uid": 1000, "gid": 1000}""")).Use(container =>
    {
        container.Run("--detach", "--stdio", "log").ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(0);
        Log(container).Should().Be("anew\n");
    });

    [Fact]
    public void All_output_is_in_the_log_when_wait_returns()
    {
        using Container container = Container.Script("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done");
        container.Run("--detach", "--stdio", "log").ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(0);
        Log(container).Should().Be(string.Concat(Enumerable.Range(0, 5000).Select(i => $"line {i}\n")));
    }

    [Fact]
    public void The_log_has_a_limit_and_keeps_the_newest()
    {
        const int Lines = 400_000;
        using Container container = Container.Script($"seq 1 {Lines}");
        container.Run("--detach", "--stdio", "log").ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(0);
        string log = Log(container);
        log.Length.Should().BeInRange((int)LogFormat.SegmentSize, 2 * (int)LogFormat.SegmentSize);
        string all = string.Concat(Enumerable.Range(1, Lines).Select(i => $"{i}\n"));
        all.EndsWith(log, StringComparison.Ordinal).Should().BeTrue("it must be the end of the output");
        Log(container, "--tail", "2").Should().Be($"{Lines - 1}\n{Lines}\n");
        Log(container, "-n", "0").Should().BeEmpty();
        foreach (string file in ShimFiles.Logs)
            int.Parse(Command.Run("du", "-k", $"{container.StateRoot}/{container.Id}/{file}").Out.Split('\t')[0])
                .Should().BeLessThanOrEqualTo((int)LogFormat.SegmentSize / 1024 + 64);
    }

    [Fact]
    public void Follow_prints_what_comes_and_ends_with_the_container()
    {
        using Container container = Container.Script("echo one; sleep 0.5; echo two; sleep 0.5; printf three");
        container.Create("--stdio", "log").ShouldEndWith(0);
        using Command.Running follower = container.Start("logs", "--follow", container.Id);
        container.Rt("start", container.Id).ShouldEndWith(0);
        SpinWait.SpinUntil(() => follower.OutputSoFar.Contains("one\n"), Command.Patience).Should().BeTrue();
        follower.HasExited.Should().BeFalse();
        follower.Wait().ShouldEndWith(0).Out.Should().Be("one\ntwo\nthree");
        container.Rt("logs", "-f", "-n", "1", container.Id).ShouldEndWith(0).Out.Should().Be("three");
    }

    [Fact]
    public void Follow_ends_when_nobody_reads()
    {
        using Container container = Container.Script("echo one; exec sleep 100");
        container.Run("--detach", "--stdio", "log").ShouldEndWith(0);
        ShouldLog(container, "one\n");
        Command.Shell("{ \"$1\" --root \"$2\" logs --follow \"$3\"; echo $? >&2; } | head -n 1",
            Repository.Binary, container.StateRoot, container.Id).ShouldEndWith(0).Should().Be(new Result(0, "one\n", "141\n"));
    }

    [Fact]
    public void Wrong_options_are_named() => Container.Script("true").Use(container =>
    {
        container.Rt("logs", "nobody").ShouldFailWith("container does not exist: nobody");
        container.Rt("logs", "--tail", "-1", container.Id).ShouldFailWith("--tail: -1 is less than 0");
    });
}
