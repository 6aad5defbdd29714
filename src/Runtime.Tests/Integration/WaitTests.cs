using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

[BeyondTheSpec("rt wait")]
public sealed class WaitTests
{
    private static void ShouldStillWait(Command.Running command)
    {
        Thread.Sleep(200);
        command.HasExited.Should().BeFalse("the container has not ended");
    }

    [Fact]
    public void Several_who_wait_get_the_exit_code_also_if_they_came_before_it_was_started()
    {
        using Container container = Container.Script("sleep 0.5; exit 6");
        container.Create().ShouldEndWith(0);
        Command.Running[] waiting = [.. Enumerable.Range(0, 4).Select(_ => container.Start("wait", container.Id))];
        Array.ForEach(waiting, ShouldStillWait);
        container.Rt("start", container.Id).ShouldEndWith(0);
        foreach (Command.Running one in waiting)
        {
            Result result = one.Wait().ShouldEndWith(6);
            (result.Out + result.Error).Should().BeEmpty();
        }

        container.Rt("wait", container.Id).ShouldEndWith(6);
    }

    [Fact]
    public void Who_comes_while_it_is_being_created_waits_for_that_too()
    {
        using Container container = Container.Script("exit 6", config => config["hooks"] = JsonNode.Parse(
            """{"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "0.5"]}]}"""));
        using Command.Running creating = container.Start("run", "--detach", "--bundle", container.Bundle, container.Id);
        SpinWait.SpinUntil(() => File.Exists($"{container.StateRoot}/{container.Id}/state.json"), Command.Patience).Should().BeTrue();
        container.Rt("wait", container.Id).ShouldEndWith(6);
        creating.Wait().ShouldEndWith(0);
    }

    [Fact]
    public void A_container_that_is_deleted_meanwhile_still_tells()
    {
        using Container container = Container.Sleeping();
        using Command.Running waiting = Waiting(container, kernelTells: true);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        waiting.Wait().ShouldEndWith(137);
    }

    /// <summary>One who has come to wait for the end.</summary>
    /// <param name="kernelTells">PIDFD_GET_INFO, from Linux 6.15 on, is not refused as by older kernels.</param>
    private static Command.Running Waiting(Container container, bool kernelTells)
    {
        container.Wrapper = kernelTells ? [] : ["strace", "-o", "/dev/null", "-e", "inject=ioctl:error=ENOTTY"];
        Command.Running waiting = container.Start("wait", container.Id);
        container.Wrapper = [];
        bool waits = SpinWait.SpinUntil(() => Command.Shell(
            "for pid in $1 $(cat /proc/$1/task/$1/children); do ls -l /proc/$pid/fd; done", $"{waiting.Pid}").Out.Contains("pidfd"),
            Command.Patience);
        if (!waits) waiting.Dispose();
        waits.Should().BeTrue("it should have the container's init open");
        return waiting;
    }

    private static void ShouldBeTold(Result waited, bool tells, int code, string cause)
    {
        if (tells && Environment.OSVersion.Version >= new Version(6, 15)) waited.ShouldEndWith(code);
        else waited.ShouldFailWith("has ended, and how is not known: " + cause);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_a_shim_the_kernel_tells_whoever_was_there_at_the_end(bool tells)
    {
        using Container container = Hooked.Script("until [ -e go ]; do sleep 0.01; done; exit 6", _ => { });
        using Command.Running run = container.RunInForeground();
        using Command.Running waiting = Waiting(container, tells);
        File.WriteAllText(Path.Combine(container.Bundle, "go"), "");
        ShouldBeTold(waiting.Wait(), tells, 6, "it has no shim to record it");
        run.Wait().ShouldEndWith(6);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_its_shim_that_was_killed_as_well(bool tells)
    {
        using Container container = Container.Sleeping();
        using Command.Running waiting = Waiting(container, tells);
        Command.Shell("kill -KILL $(sed -n 's/^PPid:\t//p' /proc/$1/status)", $"{container.Pid}").ShouldEndWith(0);
        ShouldStillWait(waiting);
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        ShouldBeTold(waiting.Wait(), tells, 137, "its shim was killed");
    }

    [Fact]
    public void Without_a_shim_nobody_knows_afterwards()
    {
        using Container container = Container.Script("exec sleep 100");
        container.Run("--detach", "--no-shim").ShouldEndWith(0);
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        container.Rt("wait", container.Id).ShouldFailWith(
            $"container {container.Id} has ended, and how is not known: it has no shim to record it");
    }

    [Fact]
    public void A_container_that_is_not_there_is_an_error() => Container.Script("true").Use(container =>
    {
        container.Rt("wait", "nobody").ShouldFailWith("container does not exist: nobody");
        container.Rt("wait").ShouldFailWith("\"wait\" requires exactly 1 argument(s)");
    });
}
