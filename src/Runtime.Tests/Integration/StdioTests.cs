using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What goes through a container's standard streams, and what its caller hands it beside them.</summary>
[BeyondTheSpec("stdio, sockets that were activated, readiness")]
public sealed class StdioTests
{
    private static string[] RunOf(Container container) =>
        [Repository.Binary, "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id];

    private static string[] ExecIn(Container container, params string[] command) =>
        [Repository.Binary, "--root", container.StateRoot, "exec", container.Id, .. command];

    [Fact]
    public void A_gibibyte_comes_out_as_it_went_in()
    {
        // The same bytes each time, and no two blocks alike.
        const string Bytes = "openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c 1073741824";
        using Container container = Container.Script("exec cat");
        string through = Command.Shell($"{Bytes} | \"$@\" | sha256sum", RunOf(container)).ShouldEndWith(0).Out;
        through.Should().Be(Command.Shell($"{Bytes} | sha256sum").Out);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_end_of_input_is_passed_on(bool exec)
    {
        using Container container = exec ? Container.Sleeping() : Container.Script("wc -c");
        Command.Shell("printf 12345 | \"$@\"", exec ? ExecIn(container, "wc", "-c") : RunOf(container))
            .ShouldEndWith(0).Out.Should().Be("5\n");
    }

    [Fact]
    public void A_closed_stream_is_dev_null_inside()
    {
        using Container container = Container.Sleeping();
        Command.Shell("\"$@\" <&- 2>&-", ExecIn(container, "sh", "-c", "readlink /proc/self/fd/0; echo lost >&2; cat; echo end"))
            .ShouldEndWith(0).Out.Should().Be("/dev/null\nend\n");
    }

    [Fact]
    public void Output_ends_for_its_reader_when_the_process_ends_and_not_when_exec_was_left()
    {
        using Container container = Container.Sleeping();
        Command.Shell("\"$@\" | cat", [.. ExecIn(container)[..4], "--detach", container.Id, "sh", "-c", "sleep 0.5; echo later"])
            .ShouldEndWith(0).Out.Should().Be("later\n");
    }

    [Fact]
    public void A_stream_becomes_the_users()
    {
        using Container container = Container.Sleeping();
        string file = Path.Combine(container.Bundle, "out");
        Command.Shell("out=$1; shift; \"$@\" >\"$out\"", [file, .. ExecIn(container)[..4], "--user", "7", container.Id, "sh", "-c", "echo again >/proc/self/fd/1"])
            .ShouldEndWith(0);
        Command.Run("stat", "-c", "%u", file).Out.Should().Be("7\n");
        File.ReadAllText(file).Should().Be("again\n");
    }

    private const string Activated = "export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b; exec 3</dev/null 4</dev/zero 5</dev/full; exec \"$@\"";

    [Fact]
    public void Activated_sockets_come_first_and_are_announced()
    {
        using Container container = Container.Script(
            "env | grep LISTEN | sort; for fd in 3 4 5; do readlink /proc/self/fd/$fd; done; ls /proc/self/fd/6 2>/dev/null");
        string[] run = RunOf(container);
        Command.Shell(Activated, [.. run[..4], "--preserve-fds", "1", .. run[4..]]).Out
            .Should().Be("LISTEN_FDNAMES=a:b\nLISTEN_FDS=2\nLISTEN_PID=1\n/dev/null\n/dev/zero\n/dev/full\n");
    }

    [Fact]
    public void Those_of_another_process_are_not_taken()
    {
        using Container container = Container.Script("env | grep LISTEN; ls /proc/self/fd/3 2>/dev/null; echo none");
        Command.Shell("export LISTEN_PID=1 LISTEN_FDS=1; exec 3</dev/null; exec \"$@\"", RunOf(container))
            .ShouldEndWith(0).Out.Should().Be("none\n");
    }

    [Fact]
    public void An_activated_socket_that_is_not_open_is_an_error()
    {
        using Container container = Container.Script("true");
        Command.Shell("export LISTEN_PID=$$ LISTEN_FDS=9; exec \"$@\"", RunOf(container)).ShouldEndWith(1);
        container.ShouldHaveLeftNothing();
    }
}
