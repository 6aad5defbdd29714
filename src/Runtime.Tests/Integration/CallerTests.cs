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

    /// <summary>What a hook waits for, who leaves a file "begun".</summary>
    private const string UntilGo = "echo >begun; until [ -e go ]; do sleep 0.01; done";

    private static void Go(Container container) => File.WriteAllText(Path.Combine(container.Bundle, "go"), "");

    private static Command.Running Begin(Container container, string command, params string[] options)
    {
        if (command == "run") return container.Start(["run", "--detach", "--bundle", container.Bundle, .. options, container.Id]);
        container.Create(options).ShouldEndWith(0);
        return container.Start("start", container.Id);
    }

    [Theory]
    [InlineData("start")]
    [InlineData("run")]
    public void A_container_whose_poststart_hook_hangs_can_be_deleted(string command)
    {
        using Container container = Hooked.Script("exec sleep 600", config => config.Hook("poststart", "echo >begun; exec sleep 600"));
        using Command.Running start = Begin(container, command);
        container.ShouldSoonLeaveFile("begun");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.Rt("state", container.Id).ShouldFailWith("container does not exist");
        Command.Run("pkill", "--full", "--parent", $"{start.Pid}", "sleep 600").ShouldEndWith(0);
        start.Wait().ShouldEndWith(1).Error.Should().Contain("hooks.poststart[0]");
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData("start")]
    [InlineData("run")]
    public void A_poststart_hook_that_fails_too_late_does_not_take_another_container_of_that_name_with_it(string command)
    {
        using Container container = Hooked.Script("exec sleep 600", config =>
            config.Hook("poststart", UntilGo + "; exit 7"));
        string pidFile = Path.Combine(container.Bundle, "pid");
        using Command.Running start = Begin(container, command, "--pid-file", pidFile);
        container.ShouldSoonLeaveFile("begun");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.Change(config => config["hooks"] = new JsonObject());
        container.Run("--detach", "--pid-file", pidFile).ShouldEndWith(0);
        Go(container);
        start.Wait().ShouldEndWith(1).Error.Should().Contain("hooks.poststart[0]");
        container.Status.Should().Be("running");
        File.ReadAllText(pidFile).Should().Be($"{container.Pid}");
    }

    [Theory]
    [InlineData("start")]
    [InlineData("run")]
    public void Nor_one_that_has_got_its_cgroup(string command)
    {
        using Container first = Hooked.Script("true", config =>
        {
            config["linux"]!["cgroupsPath"] = "/rt-test/shared-" + command;
            config.Hook("poststart", UntilGo + "; exit 7");
        });
        using Command.Running start = Begin(first, command);
        first.ShouldSoonLeaveFile("begun");
        SpinWait.SpinUntil(() => first.Status == "stopped", Command.Patience).Should().BeTrue();
        using Container second = Container.Sleeping(config => config["linux"]!["cgroupsPath"] = "/rt-test/shared-" + command);
        Go(first);
        start.Wait().ShouldEndWith(1).Error.Should().Contain("hooks.poststart[0]");
        second.Status.Should().Be("running");
    }

    [Theory]
    [InlineData("start", "paused")]
    [InlineData("run", "paused")]
    [InlineData("start", "in another cgroup")]
    [InlineData("run", "in another cgroup")]
    public void A_poststart_hook_that_fails_takes_the_container_with_it_whatever_has_become_of_it(string command, string meanwhile)
    {
        using Container container = Hooked.Script("exec sleep 600", config => config.Hook("poststart", UntilGo + "; exit 7"));
        using Command.Running start = Begin(container, command);
        container.ShouldSoonLeaveFile("begun");
        if (meanwhile == "paused") container.Rt("pause", container.Id).ShouldEndWith(0);
        else File.WriteAllText("/sys/fs/cgroup/cgroup.procs", $"{container.Pid}");
        Go(container);
        start.Wait().ShouldEndWith(1).Error.Should().Contain("hooks.poststart[0]").And.NotContain("still running");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Who_deletes_it_as_well_need_not_wait_for_poststop_hooks()
    {
        using Container container = Hooked.Script("exec sleep 600", config =>
            config.Hook("poststop", UntilGo));
        container.Run("--detach").ShouldEndWith(0);
        using Command.Running delete = container.Start("delete", "--force", container.Id);
        container.ShouldSoonLeaveFile("begun");
        container.Rt("delete", container.Id).ShouldFailWith("container does not exist");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        delete.HasExited.Should().BeFalse();
        Go(container);
        delete.Wait().ShouldEndWith(0);
    }

    [Fact]
    public void Who_has_run_it_in_the_foreground_does_not_delete_another_container_of_that_name()
    {
        using Container container = Container.Script("exec sleep 600");
        using Command.Running run = container.RunInForeground();
        run.Signal("STOP");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.Run("--detach").ShouldEndWith(0);
        run.Signal("CONT");
        run.Wait().ShouldEndWith(137);
        container.Status.Should().Be("running");
    }

    [Theory]
    [InlineData("exit 3", "hooks.createRuntime[0]: hook /bin/sh ended with exit status 3")]
    [InlineData("kill -KILL $(cat pid)", "killed by SIGKILL")]
    public void A_creation_that_failed_leaves_no_pid_file(string hook, string words)
    {
        using Container container = Hooked.Script("true", config => config.Hook("createRuntime", "test -s pid && " + hook));
        string file = Path.Combine(container.Bundle, "pid");
        container.Create("--pid-file", file).ShouldEndWith(1).Error.Should().Contain(words);
        File.Exists(file).Should().BeFalse();
        container.ShouldHaveLeftNothing();
    }

    /// <summary>Podman's --cgroups=disabled, as crun has it.</summary>
    [Fact]
    public void A_container_may_stay_in_its_callers_cgroup()
    {
        using Container container = Container.Script("exec sleep 600");
        string[] run = ["run", "--detach", "--bundle", container.Bundle, container.Id];
        container.Rt(["--cgroup-manager", "nobody", .. run]).ShouldFailWith("--cgroup-manager: \"nobody\" is none of cgroupfs");
        container.Rt(["--cgroup-manager", "disabled", .. run]).ShouldEndWith(0).Error.Should().BeEmpty();
        File.ReadAllText($"/proc/{container.Pid}/cgroup").Should().Be(File.ReadAllText("/proc/self/cgroup"));
        Directory.Exists(container.Cgroup).Should().BeFalse();
        container.Rt("exec", container.Id, "cat", "/proc/1/comm").ShouldEndWith(0).Out.Should().Be("sleep\n");
        container.Rt("pause", container.Id).ShouldFailWith("it has no cgroup");
        container.Rt("kill", "--all", container.Id, "KILL").ShouldEndWith(0);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();

        container.Change(config => config["linux"]!["resources"]!["pids"] = JsonNode.Parse("""{"limit": 5}"""));
        container.Rt(["--cgroup-manager", "disabled", .. run])
            .ShouldFailWith("linux.resources.pids.limit: can't be set: there is to be no cgroup (--cgroup-manager disabled)");
        container.Rt(["--cgroup-manager", "cgroupfs", "--systemd-cgroup", "plan", "--bundle", container.Bundle]).ShouldEndWith(0)
            .Out.Should().Contain("pids.max").And.NotContain("systemd-scope");
    }

    /// <summary>As a file server's that lets nobody in but its own user.</summary>
    [FuseFact]
    public void What_root_may_not_look_at_can_be_mounted()
    {
        using Container container = Container.Script("grep -c ' /mnt fuse' /proc/mounts", config => config["mounts"]!.AsArray().Add(
            JsonNode.Parse("""{"destination": "/mnt", "type": "bind", "source": "dead", "options": ["bind"]}""")), ownRoot: true);
        using DeadFileServer server = new(container.Bundle, user: 1000);
        Command.Run("stat", Path.Combine(container.Bundle, "dead")).Code.Should().NotBe(0);
        Directory.CreateDirectory(Path.Combine(container.Root, "mnt"));
        container.Run().ShouldEndWith(0).Out.Should().Be("1\n");
    }

    [FuseFact]
    public void What_nobody_serves_any_more_can_not_be_mounted()
    {
        using Container container = Container.Script("true", config => config["mounts"]!.AsArray().Add(
            JsonNode.Parse("""{"destination": "/mnt", "type": "bind", "source": "dead", "options": ["bind"]}""")), ownRoot: true);
        Directory.CreateDirectory(Path.Combine(container.Root, "mnt"));
        using (DeadFileServer server = new(container.Bundle))
        {
            server.Die();
            container.Run().ShouldFailWith("mounts[7]: ").Error.Should().Contain("transport endpoint is not connected");
        }

        container.ShouldHaveLeftNothing();
    }

    /// <summary>As on NFS, where root may be nobody: here it lacks the capabilities that open all doors.</summary>
    [Fact]
    public void A_directory_that_only_the_user_may_enter_is_one_to_work_in()
    {
        using Container container = Container.Script("pwd", config =>
        {
            config["process"]!["user"]!["uid"] = 1000;
            config["process"]!["cwd"] = "/closed/mine";
        }, ownRoot: true);
        Command.Shell("mkdir -p $1/closed/mine && chmod 700 $1/closed && chown -R 1000 $1/closed", container.Root).ShouldEndWith(0);
        container.Wrapper = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
        container.Run().ShouldEndWith(0).Out.Should().Be("/closed/mine\n");
        container.Change(config => config["process"]!["args"] = new JsonArray("sleep", "600"));
        container.Run("--detach").ShouldEndWith(0);
        container.Rt("exec", container.Id, "pwd").ShouldEndWith(0).Out.Should().Be("/closed/mine\n");
        container.Rt("exec", "--user", "1001", container.Id, "pwd").ShouldEndWith(255)
            .Error.Should().Contain("chdir /closed/mine: permission denied");
        container.Rt("exec", "--cwd", "/closed/none", container.Id, "pwd").ShouldEndWith(255)
            .Error.Should().Contain("chdir /closed/none: no such file or directory");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        Command.Shell("chown root $1/closed && chmod 555 $1/closed", container.Root).ShouldEndWith(0);
        container.Change(config => config["process"]!["cwd"] = "/closed/new");
        container.Run().ShouldFailWith("process.cwd: chdir /closed/new: permission denied");
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
