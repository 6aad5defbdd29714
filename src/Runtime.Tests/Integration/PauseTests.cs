using System.Diagnostics;
using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

[BeyondTheSpec("rt pause and rt resume, commands that the specification does not have")]
public sealed class PauseTests
{
    /// <summary>A program that leaves a longer file each moment.</summary>
    private static Container Busy() => Hooked.Script("while :; do echo >>beats; sleep 0.01; done", _ => { });

    private static Container Sleeper() => Container.Script("exec sleep 100");

    private static int Beats(Container container) => File.ReadAllText(Path.Combine(container.Bundle, "beats")).Length;

    private static bool SoonBeats(Container container)
    {
        int before = Beats(container);
        return SpinWait.SpinUntil(() => Beats(container) > before, Command.Patience);
    }

    [Fact]
    public void A_paused_container_stands_still_until_it_is_resumed()
    {
        using Container container = Busy();
        container.Run("--detach").ShouldEndWith(0);
        container.ShouldSoonLeaveFile("beats");
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Status.Should().Be("paused");
        int before = Beats(container);
        Thread.Sleep(200);
        Beats(container).Should().Be(before);

        container.Rt("resume", container.Id).ShouldEndWith(0);
        container.Status.Should().Be("running");
        SoonBeats(container).Should().BeTrue();
    }

    [Fact]
    public void When_pause_returns_all_processes_have_stopped()
    {
        using Container container = Container.Script("for i in $(seq 50); do (while :; do :; done) & done; wait");
        container.Run("--detach").ShouldEndWith(0);
        for (int round = 0; round < 5; round++)
        {
            container.Rt("pause", container.Id).ShouldEndWith(0);
            File.ReadAllText(container.Cgroup + "/cgroup.events").Should().Contain("frozen 1");
            container.Rt("resume", container.Id).ShouldEndWith(0);
            File.ReadAllText(container.Cgroup + "/cgroup.events").Should().Contain("frozen 0");
        }
    }

    [Fact]
    public void A_created_container_can_be_paused_and_is_not_started_then()
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Status.Should().Be("paused");
        container.Rt("start", container.Id).ShouldFailWith("cannot start a container in the paused state");
        container.Rt("resume", container.Id).ShouldEndWith(0);
        container.Status.Should().Be("created");
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Status.Should().Be("running");
    }

    [Fact]
    public void What_does_not_run_can_not_be_paused_and_what_is_not_paused_not_resumed()
    {
        using Container container = Sleeper();
        container.Rt("pause", "nobody").ShouldFailWith("container does not exist");
        container.Rt("resume", "nobody").ShouldFailWith("container does not exist");
        container.Run("--detach").ShouldEndWith(0);
        container.Rt("resume", container.Id).ShouldFailWith("container not paused");
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Rt("pause", container.Id).ShouldFailWith("container not running");
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        container.Rt("pause", container.Id).ShouldFailWith("container not running");
        container.Rt("resume", container.Id).ShouldFailWith("container not paused");
    }

    [Fact]
    public void A_paused_container_is_deleted_by_force()
    {
        using Container container = Container.Sleeping();
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Rt("delete", container.Id).ShouldFailWith("that is not stopped: paused");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_signal_to_a_paused_container_takes_effect_when_it_goes_on()
    {
        using Container container = Hooked.Script("trap 'echo got >got' USR1; echo >ready; while :; do sleep 0.02; done", _ => { });
        container.Run("--detach").ShouldEndWith(0);
        container.ShouldSoonLeaveFile("ready");
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Rt("kill", container.Id, "USR1").ShouldEndWith(0);
        container.Rt("kill", "--all", container.Id, "USR1").ShouldEndWith(0);
        Thread.Sleep(100);
        container.Status.Should().Be("paused");
        container.Left("got").Should().BeEmpty();
        container.Rt("resume", container.Id).ShouldEndWith(0);
        container.ShouldSoonLeave("got");
    }

    [Fact]
    public void Cgroups_made_inside_are_paused_too()
    {
        using Container container = Hooked.Script(
            "mkdir /sys/fs/cgroup/below; sh -c 'echo $$ >/sys/fs/cgroup/below/cgroup.procs; while :; do echo >>beats; sleep 0.01; done'",
            config => config["mounts"]![6]!["options"] = new JsonArray("rw"));
        container.Run("--detach").ShouldEndWith(0);
        container.ShouldSoonLeaveFile("beats");
        container.Rt("pause", container.Id).ShouldEndWith(0);
        int before = Beats(container);
        Thread.Sleep(200);
        Beats(container).Should().Be(before);
        container.Rt("resume", container.Id).ShouldEndWith(0);
        SoonBeats(container).Should().BeTrue();
    }

    [Fact]
    public void A_container_that_is_frozen_from_above_is_not_resumed_by_itself()
    {
        string above = "/sys/fs/cgroup/rt-above-" + Environment.ProcessId;
        using Container container = Sleeper();
        container.Change(config => config["linux"]!["cgroupsPath"] = $"/{Path.GetFileName(above)}/box");
        try
        {
            container.Run("--detach").ShouldEndWith(0);
            File.WriteAllText(above + "/cgroup.freeze", "1");
            SpinWait.SpinUntil(() => container.Status == "paused", Command.Patience).Should().BeTrue();
            container.Rt("resume", container.Id).ShouldFailWith("it is a cgroup above its own that is frozen");
            container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        }
        finally
        {
            File.WriteAllText(above + "/cgroup.freeze", "0");
            container.Rt("delete", "--force", container.Id);
            Directory.Delete(above);
        }
    }

    [Fact]
    public void Without_a_cgroup_it_is_told_why_it_can_not_be()
    {
        using Container container = Sleeper();
        const string Without = "mount -t tmpfs none /sys/fs/cgroup; exec \"$@\"";
        Command.Run(["unshare", "--mount", "--propagation", "private", "sh", "-c", Without, "sh", Repository.Binary,
            "--root", container.StateRoot, "run", "--detach", "--bundle", container.Bundle, container.Id]).ShouldEndWith(0);
        container.Rt("pause", container.Id).ShouldFailWith("it has no cgroup, by which it could be stopped");
        container.Rt("update", "--pids-limit", "5", container.Id).ShouldFailWith("it has no cgroup, by which it could be limited");
        container.Rt("ps", "--format", "json", container.Id).ShouldEndWith(0).Out.Should().Be($"[{container.Pid}]\n", "it has a pid namespace");
        container.Rt("kill", "--all", container.Id, "KILL").ShouldEndWith(0);
    }

    /// <summary>A process that waits for a file server which never answers can't be stopped.</summary>
    [FuseFact]
    public void A_pause_that_does_not_come_about_is_undone()
    {
        using Container container = DeadFileServer.Reader();
        using DeadFileServer server = new(container.Bundle);
        container.Run("--detach").ShouldEndWith(0);
        DeadFileServer.ShouldSoonKeepWaiting(container);
        Stopwatch watch = Stopwatch.StartNew();
        container.Rt("pause", container.Id).ShouldFailWith("its processes did not all stop within 10 s, and go on");
        watch.Elapsed.Should().BeGreaterThan(TimeSpan.FromSeconds(9)).And.BeLessThan(TimeSpan.FromSeconds(20));
        container.Status.Should().Be("running");
        File.ReadAllText(container.Cgroup + "/cgroup.freeze").Should().Be("0\n");
        SoonBeats(container).Should().BeTrue();

        // Signals reach it all the same.
        container.Rt("kill", "--all", container.Id, "TERM").ShouldEndWith(0);
        File.ReadAllText(container.Cgroup + "/cgroup.freeze").Should().Be("0\n");
    }

    [FuseFact]
    public void A_pause_that_was_killed_half_way_is_ended_by_resume()
    {
        using Container container = DeadFileServer.Reader();
        using DeadFileServer server = new(container.Bundle);
        container.Run("--detach").ShouldEndWith(0);
        DeadFileServer.ShouldSoonKeepWaiting(container);
        using (Command.Running pause = container.Start("pause", container.Id))
        {
            SpinWait.SpinUntil(() => File.ReadAllText(container.Cgroup + "/cgroup.freeze") == "1\n", Command.Patience).Should().BeTrue();
            pause.Signal("KILL");
        }

        container.Status.Should().Be("running");
        container.Rt("resume", container.Id).ShouldEndWith(0);
        SoonBeats(container).Should().BeTrue();
        container.Rt("resume", container.Id).ShouldFailWith("container not paused");
    }

    [Fact]
    public void Pause_racing_with_delete_ends_with_the_container_gone()
    {
        for (int round = 0; round < 10; round++)
        {
            using Container container = Container.Sleeping();
            Result[] results = Race.Of(() => container.Rt("delete", "--force", container.Id), () => container.Rt("pause", container.Id),
                () => container.Rt("resume", container.Id), () => container.Rt("ps", container.Id));
            results[0].ShouldEndWith(0);
            results.Should().OnlyContain(result => result.Code == 0 || result.IsOneLine);
            container.ShouldHaveLeftNothing();
        }
    }

    [Fact]
    public void Pause_racing_with_start_and_kill_leaves_a_container_that_can_be_told()
    {
        for (int round = 0; round < 10; round++)
        {
            using Container container = Sleeper();
            container.Create().ShouldEndWith(0);
            Result[] results = Race.Of(() => container.Rt("start", container.Id), () => container.Rt("pause", container.Id),
                () => container.Rt("kill", "--all", container.Id, "USR1"));
            results.Should().OnlyContain(result => result.Code == 0 || result.IsOneLine);
            if (results[1].Code == 0) container.Rt("kill", container.Id, "0"); // paused, unless the signal has killed it before
            container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
            container.ShouldHaveLeftNothing();
        }
    }
}
