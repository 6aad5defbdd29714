using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

[BeyondTheSpec("rt kill --all, and kill where the init is not all, which the specification does not have")]
public sealed class KillTests
{
    /// <summary>A container in the host's pid namespace: the death of its init leaves the others.</summary>
    private static Container Shared(string script) =>
        Container.Script(script, config => config["linux"]!["namespaces"]!.AsArray().RemoveAt(0));

    private static int Count(Container container) => File.ReadAllLines(container.Cgroup + "/cgroup.procs").Length;

    private static void ShouldSoonBeEmpty(Container container) =>
        SpinWait.SpinUntil(() => Count(container) == 0, Command.Patience)
            .Should().BeTrue("no process may be left, but there are {0}", Count(container));

    /// <summary>Each process lives for a moment only and has a successor by then: a signal has to reach all of one moment.</summary>
    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    [InlineData("USR1")]
    public void None_escapes_by_forking(string signal)
    {
        for (int round = 0; round < 5; round++)
        {
            using Container container = Shared("next() { (next) & }; for i in 1 2 3 4 5 6 7 8; do next; done; exec sleep 100");
            container.Run("--detach").ShouldEndWith(0);
            SpinWait.SpinUntil(() => Count(container) >= 4, Command.Patience).Should().BeTrue();
            container.Rt("kill", "--all", container.Id, signal).ShouldEndWith(0);
            ShouldSoonBeEmpty(container);
        }
    }

    [Fact]
    public void A_container_that_is_sent_a_signal_with_all_is_not_left_paused()
    {
        using Container container = Hooked.Script("trap 'echo got >got' USR1; echo >ready; while :; do sleep 0.02; done", _ => { });
        container.Run("--detach").ShouldEndWith(0);
        container.ShouldSoonLeaveFile("ready");
        container.Rt("kill", "--all", container.Id, "USR1").ShouldEndWith(0);
        container.ShouldSoonLeave("got");
        container.Status.Should().Be("running");
        File.ReadAllText(container.Cgroup + "/cgroup.freeze").Should().Be("0\n");
    }

    [Fact]
    public void A_paused_container_stays_so_until_it_can_handle_the_signal()
    {
        using Container container = Shared("trap 'exit 0' TERM; (trap 'exit 0' TERM; while :; do :; done) & while :; do :; done");
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => Count(container) == 2 && File.ReadAllLines(container.Cgroup + "/cgroup.procs").All(Handles), Command.Patience)
            .Should().BeTrue();
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Rt("kill", "--all", container.Id, "TERM").ShouldEndWith(0);
        container.Status.Should().Be("paused");
        Count(container).Should().Be(2);
        container.Rt("resume", container.Id).ShouldEndWith(0);
        ShouldSoonBeEmpty(container);
    }

    /// <summary>For the kernel, such a signal is as good as SIGKILL.</summary>
    [Fact]
    public void A_signal_that_they_do_not_handle_kills_paused_processes_at_once()
    {
        using Container container = Shared("sleep 100 & exec sleep 100");
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => Count(container) == 2, Command.Patience).Should().BeTrue();
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Rt("kill", "--all", container.Id, "TERM").ShouldEndWith(0);
        ShouldSoonBeEmpty(container);
    }

    /// <summary>Whether a process handles SIGTERM, bit 14 of SigCgt in /proc/PID/status.</summary>
    private static bool Handles(string pid) => Convert.ToUInt64(File.ReadLines($"/proc/{pid}/status")
        .First(line => line.StartsWith("SigCgt:", StringComparison.Ordinal))[7..].Trim(), 16) is var caught && (caught >> 14 & 1) != 0;

    /// <summary>A hook that takes its time keeps the container's lock.</summary>
    [Fact]
    public void It_does_not_wait_for_a_command_that_is_at_work_on_the_container()
    {
        using Container container = Hooked.Script("exec sleep 100", config => config.Hook("poststart", "echo >hooked; sleep 100"));
        container.Create().ShouldEndWith(0);
        using Command.Running start = container.Start("start", container.Id);
        container.ShouldSoonLeaveFile("hooked");
        container.Rt("kill", "--all", container.Id, "0").ShouldEndWith(0);
        container.Rt("kill", "--all", container.Id, "USR1").ShouldEndWith(0);
        container.Rt("kill", "--all", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        foreach (string hook in Command.Run("pgrep", "--parent", $"{start.Pid}").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Command.Run("kill", "-KILL", hook).ShouldEndWith(0);
        start.Wait().ShouldFailWith("hooks.poststart[0]");
    }

    [Theory]
    [InlineData("KILL", false)]
    [InlineData("KILL", true)]
    [InlineData("TERM", true)]
    public void Those_that_have_outlived_the_init_are_reached(string signal, bool all)
    {
        using Container container = Shared("sleep 100 & exit 0");
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped" && Count(container) == 1, Command.Patience).Should().BeTrue();
        if (!all) container.Rt("kill", container.Id, "TERM").ShouldFailWith("container not running");
        container.Rt(["kill", .. all ? ["--all"] : Array.Empty<string>(), container.Id, signal]).ShouldEndWith(0);
        ShouldSoonBeEmpty(container);
        container.Rt("kill", container.Id, "KILL").ShouldFailWith("container not running");
    }

    [Fact]
    public void All_of_none_are_no_error()
    {
        using Container container = Container.Script("true");
        container.Run("--keep").ShouldEndWith(0);
        foreach (string signal in (string[])["TERM", "KILL", "0"])
        {
            container.Rt("kill", "--all", container.Id, signal).ShouldEndWith(0);
            container.Rt("kill", container.Id, signal).ShouldFailWith("container not running");
        }
    }

    [Fact]
    public void Signal_0_asks_whether_the_init_is_there()
    {
        using Container container = Container.Script("exec sleep 100");
        container.Create().ShouldEndWith(0);
        container.Rt("kill", container.Id, "0").ShouldEndWith(0);
        container.Rt("kill", "--all", container.Id, "0").ShouldEndWith(0);
        container.Status.Should().Be("created");
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        container.Rt("kill", container.Id, "0").ShouldFailWith("container not running");
    }
}
