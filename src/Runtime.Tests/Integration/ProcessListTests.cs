using System.Text.Json;
using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

[BeyondTheSpec("rt ps, a command that the specification does not have")]
public sealed class ProcessListTests
{
    private static int[] Pids(Container container) =>
        JsonSerializer.Deserialize<int[]>(container.Rt("ps", "--format", "json", container.Id).ShouldEndWith(0).Out) ?? [];

    [Fact]
    public void It_shows_the_containers_processes_and_no_others()
    {
        using Container container = Container.Script("sleep 111 & exec sleep 112");
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => Pids(container).Length == 2, Command.Patience).Should().BeTrue();
        Pids(container).Should().Equal(File.ReadAllLines(container.Cgroup + "/cgroup.procs").Select(int.Parse).Order());

        string[] table = container.Rt("ps", container.Id).ShouldEndWith(0).Out.Split('\n');
        table[0].Should().MatchRegex("^UID +PID +PPID .*CMD$");
        table[1..^1].Select(line => line.TrimEnd()[^9..]).Should().BeEquivalentTo("sleep 111", "sleep 112");
    }

    [Theory]
    [InlineData("-o", "pid,comm")]
    [InlineData("-eo", "pid,comm")]
    [InlineData("-e", "-o", "pid", "-o", "comm")]
    [InlineData("--", "-eo", "pid,comm")]
    [InlineData("-A", "--format", "pid,comm")]
    public void Options_behind_the_id_are_those_of_ps(params string[] options)
    {
        using Container container = Container.Sleeping();
        container.Rt(["ps", container.Id, .. options.Contains("-o") && options.Length == 2 ? ["-e"] : Array.Empty<string>(), .. options])
            .ShouldEndWith(0).Out.Should().MatchRegex($"^ +PID COMMAND\n *{container.Pid} sleep\n$");
    }

    [Theory]
    [InlineData("couldn't find PID field in ps output", "-eo", "comm")]
    [InlineData("ps --no-such-option ended with exit status 1: error:", "--no-such-option")]
    public void What_ps_does_not_print_is_an_error(string words, params string[] options)
    {
        using Container container = Container.Sleeping();
        container.Rt(["ps", container.Id, .. options]).ShouldFailWith(words);
    }

    [Fact]
    public void Without_ps_on_the_host_it_is_told_so()
    {
        using Container container = Container.Sleeping();
        Command.Run("env", "PATH=/nowhere", Repository.Binary, "--root", container.StateRoot, "ps", container.Id)
            .ShouldFailWith("exec: \"ps\": executable file not found in $PATH");
        Command.Run("env", "PATH=/nowhere", Repository.Binary, "--root", container.StateRoot, "ps", "-f", "json", container.Id)
            .ShouldEndWith(0);
    }

    [Fact]
    public void Processes_in_cgroups_made_inside_are_there_whatever_those_are_called()
    {
        using Container container = Container.Script("""
            for name in below "$(printf 'no\377text')" 'with blank'; do
                mkdir -p "/sys/fs/cgroup/$name/a"
                sh -c 'echo $$ >"$0/cgroup.procs"; exec sleep 100' "/sys/fs/cgroup/$name/a" &
            done
            wait
            """, config => config["mounts"]![6]!["options"] = new JsonArray("rw"));
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => File.ReadAllLines(container.Cgroup + "/cgroup.procs").Length == 1
            && Pids(container).Length == 4, Command.Patience).Should().BeTrue();
        container.Rt("kill", "--all", container.Id, "TERM").ShouldEndWith(0);
        SpinWait.SpinUntil(() => Pids(container).Length <= 1, Command.Patience).Should().BeTrue();
    }

    [Fact]
    public void Processes_of_threaded_cgroups_are_those_of_the_cgroup_above()
    {
        using Container container = Container.Script(
            "mkdir /sys/fs/cgroup/below; echo threaded >/sys/fs/cgroup/below/cgroup.type; exec sleep 100",
            config => config["mounts"]![6]!["options"] = new JsonArray("rw"));
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => Directory.Exists(container.Cgroup + "/below")
            && File.ReadAllText(container.Cgroup + "/below/cgroup.type") == "threaded\n", Command.Patience).Should().BeTrue();
        Pids(container).Should().Equal(container.Pid);
    }

    [Fact]
    public void A_container_that_is_created_or_paused_has_processes_and_one_that_has_stopped_none()
    {
        using Container container = Container.Script("exec sleep 100");
        container.Create().ShouldEndWith(0);
        Pids(container).Should().Equal(container.Pid);
        container.Rt("pause", container.Id).ShouldEndWith(0);
        Pids(container).Should().Equal(container.Pid);
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        container.Rt("ps", "-f", "json", container.Id).ShouldEndWith(0).Out.Should().Be("null\n");
        container.Rt("ps", container.Id).ShouldEndWith(0).Out.Should().MatchRegex("^UID[^\n]*CMD\n$");
    }

    [Fact]
    public void Processes_that_come_and_go_meanwhile_do_no_harm()
    {
        using Container container = Container.Script("while :; do mkdir /sys/fs/cgroup/$$; rmdir /sys/fs/cgroup/$$; sleep 0; done",
            config => config["mounts"]![6]!["options"] = new JsonArray("rw"));
        container.Run("--detach").ShouldEndWith(0);
        int pid = container.Pid;
        for (int round = 0; round < 30; round++) Pids(container).Should().Contain(pid);
    }

    [Theory]
    [InlineData("container does not exist", "nobody")]
    [InlineData("requires a minimum of 1 argument(s)")]
    [InlineData("invalid format option: xml", "--format", "xml", "ID")]
    [InlineData("container does not exist", "--", "nobody", "-ef")]
    public void What_can_not_be_done_is_an_error(string words, params string[] arguments)
    {
        using Container container = Container.Script("exec sleep 100");
        container.Create().ShouldEndWith(0);
        container.Rt(["ps", .. arguments.Select(word => word == "ID" ? container.Id : word)]).ShouldFailWith(words);
    }
}
