using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What callers may hand to rt, or do meanwhile, as they do with runc.</summary>
[BeyondTheSpec("rt's callers")]
public sealed class CallerTests
{
    [Fact]
    public void A_caller_who_ignores_the_end_of_children_changes_nothing()
    {
        using Container container = Hooked.Script("exec sleep 600", config => config.Hook("poststart", "echo ran >ran"));
        container.Wrapper = ["env", "--ignore-signal=CHLD"];
        container.Create().ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldEndWith(0).Error.Should().BeEmpty();
        container.Left("ran").Should().Be("ran");
        container.Rt("ps", container.Id).ShouldEndWith(0).Out.Should().Contain("sleep 600");
    }

    [Fact]
    public void A_container_may_have_the_name_of_a_boolean()
    {
        using Container container = Container.Script("exec sleep 600");
        container.Rt("run", "-d", "--bundle", container.Bundle, "true").ShouldEndWith(0);
        container.Rt("exec", "--detach", "true", "sleep", "5").ShouldEndWith(0);
        container.Rt("kill", "-a", "true", "KILL").ShouldEndWith(0);
        container.Rt("delete", "-f", "true").ShouldEndWith(0);
        container.Rt("state", "true").ShouldFailWith("container does not exist: true");
    }

    [Theory]
    [InlineData("--log-format", "")]
    [InlineData("--rootless", "")]
    [InlineData("--rootless", "TRUE")]
    [InlineData("--rootless=0")]
    public void Values_that_runc_takes_are_none_to_refuse(params string[] option) =>
        Command.Rt([.. option, "--root", "/nowhere", "list"]).ShouldEndWith(0);

    [Fact]
    public void A_state_root_without_a_name_is_refused() => Command.Rt("--root=", "list").ShouldFailWith("--root: no directory is given");

    [Fact]
    public void Exec_has_the_containers_umask_where_it_is_given_none()
    {
        using Container container = Container.Sleeping(config => config["process"]!["user"]!["umask"] = 63);
        container.Rt("exec", container.Id, "sh", "-c", "umask").ShouldEndWith(0).Out.Should().Be("0077\n");
        string file = Path.Combine(container.Bundle, "process.json");
        File.WriteAllText(file, """{"args": ["sh", "-c", "umask"], "cwd": "/", "env": ["PATH=/bin"]}""");
        container.Rt("exec", "--process", file, container.Id).ShouldEndWith(0).Out.Should().Be("0077\n");
        File.WriteAllText(file, """{"args": ["sh", "-c", "umask"], "cwd": "/", "env": ["PATH=/bin"], "user": {"umask": 7}}""");
        container.Rt("exec", "--process", file, container.Id).ShouldEndWith(0).Out.Should().Be("0007\n");
    }

    [Fact]
    public void Exec_goes_where_the_init_is_when_that_has_left_its_cgroup()
    {
        using Container container = Container.Sleeping();
        string elsewhere = container.Cgroup + "-elsewhere";
        Directory.CreateDirectory(elsewhere);
        try
        {
            File.WriteAllText(elsewhere + "/cgroup.procs", $"{container.Pid}");
            Directory.Delete(container.Cgroup);
            container.Rt("exec", container.Id, "sh", "-c", "echo in").ShouldEndWith(0).Out.Should().Be("in\n");
            container.Rt("exec", "--detach", container.Id, "sleep", "600").ShouldEndWith(0);
            File.ReadAllLines(elsewhere + "/cgroup.procs").Should().HaveCount(2);
            container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        }
        finally
        {
            File.WriteAllText(elsewhere + "/cgroup.kill", "1");
            SpinWait.SpinUntil(() => File.ReadAllText(elsewhere + "/cgroup.procs").Length == 0, Command.Patience);
            Directory.Delete(elsewhere);
        }
    }

    [Fact]
    public void A_container_whose_poststart_hook_hangs_can_be_deleted()
    {
        using Container container = Hooked.Script("exec sleep 600", config => config.Hook("poststart", "echo >begun; exec sleep 600"));
        container.Create().ShouldEndWith(0);
        Command.Running start = container.Start("start", container.Id);
        string begun = Path.Combine(container.Bundle, "begun");
        SpinWait.SpinUntil(() => File.Exists(begun), Command.Patience).Should().BeTrue();
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.Rt("state", container.Id).ShouldFailWith("container does not exist");
        Command.Run("pkill", "--full", "--parent", $"{start.Pid}", "sleep 600").ShouldEndWith(0);
        start.Wait().ShouldEndWith(1).Error.Should().Contain("hooks.poststart[0]");
        container.ShouldHaveLeftNothing();
    }

    /// <summary>As that of a FUSE daemon which lets nobody in but its own user. There is none here, nor need there be.</summary>
    [Fact]
    public void What_root_may_not_look_at_can_be_mounted()
    {
        using Container container = Container.Script("grep -c ' /mnt fuse' /proc/mounts", config => config["mounts"]!.AsArray().Add(
            JsonNode.Parse("""{"destination": "/mnt", "type": "bind", "source": "closed", "options": ["bind"]}""")), ownRoot: true);
        string closed = Path.Combine(container.Bundle, "closed");
        Directory.CreateDirectory(closed);
        Directory.CreateDirectory(Path.Combine(container.Root, "mnt"));
        Command.Run("unshare", "--mount", "sh", "-c", """
            exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=1000,group_id=1000 none "$1" && shift && exec "$@" 3<&-
            """, "sh", closed, Repository.Binary, "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id)
            .ShouldEndWith(0).Out.Should().Be("1\n");
    }

    /// <summary>An ordinary user of the host may have the same id as the container's.</summary>
    [Fact]
    public void The_callers_terminal_does_not_become_the_containers_users()
    {
        using UserTerminal terminal = new();
        using Container container = Container.Script("id -u; exec sleep 600", config => config["process"]!["user"]!["uid"] = 1000);
        string[] run = ["run", "--bundle", container.Bundle, container.Id];
        using (terminal.Start([Repository.Binary, "--root", container.StateRoot, .. run]))
        {
            terminal.ShouldShow("1000");
            terminal.Owner.Should().Be("0");
            container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        }
    }
}
