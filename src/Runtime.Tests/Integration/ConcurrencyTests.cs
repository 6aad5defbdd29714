using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Commands on one container at the same time: each ends in a state that can be told, and the loser says why.</summary>
[BeyondTheSpec("commands that get into each other's way")]
public sealed class ConcurrencyTests
{
    private const int Rounds = 20;

    [Fact]
    public void Two_hundred_execs_in_one_container()
    {
        using Container container = Container.Sleeping();
        Command.Running[] execs = [.. Enumerable.Range(0, 200).Select(i => container.Start("exec", container.Id, "sh", "-c", $"echo {i}; exit {i % 100}"))];
        for (int i = 0; i < execs.Length; i++) execs[i].Wait().ShouldEndWith(i % 100).Out.Should().Be($"{i}\n");
        File.ReadAllLines($"{container.Cgroup}/cgroup.procs").Should().ContainSingle("only the init is left");
    }

    [Fact]
    public void Exec_during_delete_runs_or_says_that_the_container_is_gone()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using Container container = Container.Sleeping();
            Result[] results = Race.Of(
                () => container.Rt("exec", container.Id, "sleep", "100"),
                () => Delayed(round, () => container.Rt("delete", "--force", container.Id)));
            results[1].ShouldEndWith(0);
            if (results[0].Code != 137) // killed with the container
            {
                results[0].ShouldEndWith(255).Error.Should().StartWith("rt: exec failed: ")
                    .And.ContainAny("container does not exist", "cannot exec in a stopped container");
            }

            container.ShouldHaveLeftNothing();
        }
    }

    [Fact]
    public void Kill_during_create_finds_a_container_or_none()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using Container container = Container.Script("exec sleep 100");
            Result[] results = Race.Of(() => container.Create(), () => Delayed(round, () => container.Rt("kill", container.Id, "KILL")));
            if (results[1].Code != 0) results[1].ShouldEndWith(1).Error.Should().ContainAny("container does not exist", "container not running");
            if (results[0].Code == 0) container.Status.Should().BeOneOf("created", "stopped");
            else container.ShouldHaveLeftNothing();
        }
    }

    [Fact]
    public void Of_two_starts_one_starts()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using Container container = Container.Script("exec sleep 100");
            container.Create().ShouldEndWith(0);
            Result[] results = Race.Of(() => container.Rt("start", container.Id), () => container.Rt("start", container.Id));
            results.Select(result => result.Code).Order().Should().Equal(0, 1);
            results.Single(result => result.Code == 1).ShouldFailWith($"cannot start an already running container: {container.Id}");
            container.Status.Should().Be("running");
        }
    }

    [Fact]
    public void An_exec_that_was_killed_leaves_its_process_to_the_container()
    {
        using Container container = Container.Sleeping();
        using Command.Running exec = container.Start("exec", container.Id, "sleep", "200");
        SpinWait.SpinUntil(() => File.ReadAllLines($"{container.Cgroup}/cgroup.procs").Length == 2, Command.Patience).Should().BeTrue();
        exec.Signal("KILL");
        exec.Wait().Code.Should().Be(137);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    /// <summary>Later with each round, so that something else is struck in the middle.</summary>
    private static Result Delayed(int round, Func<Result> command)
    {
        Thread.Sleep(round);
        return command();
    }
}
