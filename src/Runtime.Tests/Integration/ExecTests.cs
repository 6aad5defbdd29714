using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Another process in a container: where it finds itself, and what it is made of.</summary>
[BeyondTheSpec("exec, which the specification leaves to the runtime")]
public sealed class ExecTests
{
    private static Result Exec(Container container, params string[] words) => container.Rt(["exec", .. words]);

    private static Result Sh(Container container, string script, params string[] options) =>
        Exec(container, [.. options, container.Id, "sh", "-c", script]);

    private static void ShouldFail(Result result, string words)
    {
        result.ShouldEndWith(255);
        result.Error.Should().StartWith("rt: exec failed: ").And.Contain(words);
        result.Error.Count(c => c == '\n').Should().Be(1);
    }

    [Fact]
    public void It_is_in_every_namespace_of_the_container()
    {
        using Container container = Container.Sleeping(config =>
        {
            config["linux"]!["namespaces"] = JsonNode.Parse("""
                [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"},
                    {"type": "user"}, {"type": "time"}]
                """);
            config["linux"]!["uidMappings"] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 65536}]""");
            config["linux"]!["gidMappings"] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 65536}]""");
            config["linux"]!["timeOffsets"] = JsonNode.Parse("""{"monotonic": {"secs": 1000000}}""");
        });
        const string Script = "for one in cgroup ipc mnt net pid time user uts; do readlink /proc/$0/ns/$one; done";
        string own = Exec(container, container.Id, "sh", "-c", Script, "self").ShouldEndWith(0).Out;
        own.Should().Be(Exec(container, container.Id, "sh", "-c", Script, "1").ShouldEndWith(0).Out).And.NotBeEmpty();
        own.Split('\n').Should().HaveCount(9);
        foreach (string type in (string[])["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"])
            own.Should().NotContain(new FileInfo($"/proc/self/ns/{type}").LinkTarget);
    }

    [Fact]
    public void It_is_born_into_the_containers_cgroup()
    {
        using Container container = Container.Sleeping();
        container.Rt("exec", "--detach", container.Id, "sleep", "100").ShouldEndWith(0);
        File.ReadAllLines($"{container.Cgroup}/cgroup.procs").Should().HaveCount(2);
    }

    [Fact]
    public void Its_user_environment_directory_and_limits_are_those_of_the_containers_process() => Container.Sleeping(config =>
    {
        JsonNode process = config["process"]!;
        process["user"] = JsonNode.Parse("""{"uid": 7, "gid": 8, "umask": 63, "additionalGids": [9, 10]}""");
        process["cwd"] = "/tmp";
        process["env"]!.AsArray().Add("COLOR=blue");
        process["rlimits"] = JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 78}]""");
        process["noNewPrivileges"] = true;
        process["oomScoreAdj"] = 123;
    }).Use(container => Sh(container,
            "id -u; id -g; id -G; umask; pwd; echo $COLOR; ulimit -n; ulimit -Hn; grep NoNewPrivs /proc/self/status; cat /proc/self/oom_score_adj")
        .ShouldEndWith(0).Out.Should().Be("7\n8\n8 9 10\n0077\n/tmp\nblue\n77\n78\nNoNewPrivs:\t1\n123\n"));

    [Fact]
    public void What_the_bundle_says_by_then_does_not_count()
    {
        using Container container = Container.Sleeping(config => config["process"]!["env"]!.AsArray().Add("COLOR=blue"));
        container.Change(config => config["process"]!["env"]!.AsArray().Add("COLOR=red"));
        Sh(container, "echo $COLOR").ShouldEndWith(0).Out.Should().Be("blue\n");
        File.Delete(Path.Combine(container.Bundle, "config.json"));
        Sh(container, "echo $COLOR").ShouldEndWith(0).Out.Should().Be("blue\n");
    }

    [Fact]
    public void Options_change_what_is_the_containers()
    {
        using Container container = Container.Sleeping(config => config["process"]!["noNewPrivileges"] = true);
        Result result = Exec(container, "--user", "7:8", "--additional-gids", "9", "-g", "10", "--cwd", "/tmp", "-e", "A=1", "--env", "B=2=3",
            "--no-new-privs=false", container.Id, "sh", "-c", "id -u; id -g; id -G; pwd; echo $A $B; grep NoNewPrivs /proc/self/status");
        result.ShouldEndWith(0).Out.Should().Be("7\n8\n8 9 10\n/tmp\n1 2=3\nNoNewPrivs:\t0\n");
    }

    [Fact]
    public void A_capability_is_added_but_not_to_the_inheritable_ones()
    {
        using Container container = Container.Sleeping();
        const string Script = "grep Cap /proc/self/status";
        ulong before = Sets(Sh(container, Script), "CapBnd"), raw = 1 << 13;
        Result result = Sh(container, Script, "--cap", "CAP_NET_RAW");
        foreach (string set in (string[])["CapBnd", "CapPrm", "CapEff"]) Sets(result, set).Should().Be(before | raw);
        Sets(result, "CapInh").Should().Be(0);
        ShouldFail(Sh(container, Script, "--cap", "CAP_MAGIC"), "--cap: CAP_MAGIC is no capability");

        static ulong Sets(Result result, string name) => Convert.ToUInt64(
            result.ShouldEndWith(0).Out.Split('\n').First(line => line.StartsWith(name, StringComparison.Ordinal)).Split('\t')[1], 16);
    }

    [Fact]
    public void The_containers_filter_holds_for_it()
    {
        using Container container = Container.Sleeping(config => config["linux"]!["seccomp"] = JsonNode.Parse("""
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
            """));
        Sh(container, "mkdir /dev/shm/x").Error.Should().Contain("not supported");
    }

    public static TheoryData<string> WrongUsers => ["", ":", "1:", ":1", "root", "1:root", "-1", "+1", "1:2:3", " 1", "0x1", "4294967295", "4294967296", "1,2"];

    [Theory]
    [MemberData(nameof(WrongUsers))]
    public void A_user_that_is_no_number_is_refused_and_never_taken_for_root(string user)
    {
        using Container container = Container.Sleeping();
        ShouldFail(Exec(container, $"--user={user}", container.Id, "id"), "--user");
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 17", 17)]
    [InlineData("kill -TERM $$", 143)]
    [InlineData("exit 255", 255)]
    public void Its_exit_code_is_execs(string script, int code)
    {
        using Container container = Container.Sleeping();
        Result result = Sh(container, script);
        result.ShouldEndWith(code).Error.Should().BeEmpty();
    }

    [Fact]
    public void What_rt_fails_at_is_one_line_and_255()
    {
        using Container container = Container.Sleeping();
        ShouldFail(Exec(container, container.Id, "nothing"), "exec: \"nothing\": executable file not found in $PATH");
        ShouldFail(Exec(container, container.Id, "/nothing"), "exec: \"/nothing\": stat /nothing: no such file or directory");
        ShouldFail(Exec(container, container.Id, "/etc"), "exec: \"/etc\": is a directory");
        ShouldFail(Exec(container, container.Id), "process.args: args must not be empty");
        ShouldFail(Exec(container, "--cwd", "/nothing", container.Id, "true"), "chdir /nothing: no such file or directory");
        ShouldFail(Exec(container, "--cwd", "etc", container.Id, "true"), "must be an absolute path");
        ShouldFail(Exec(container, "--env", "novalue", container.Id, "true"), "\"novalue\" is not of the form NAME=value");
        ShouldFail(Exec(container, "--preserve-fds", "9", container.Id, "true"), "--preserve-fds 9: descriptor");
        ShouldFail(Exec(container, "--process", "/nothing", container.Id), "open /nothing: no such file or directory");
        ShouldFail(Exec(container, "no-such-container", "true"), "container does not exist: no-such-container");
        Exec(container).ShouldFailWith("\"exec\" requires a minimum of 1 argument(s)");
        Exec(container, "--frobnicate", container.Id, "true").ShouldFailWith("flag provided but not defined: --frobnicate");
    }

    [Fact]
    public void A_missing_working_directory_is_not_made()
    {
        using Container container = Container.Sleeping(ownRoot: true);
        Exec(container, "--cwd", "/made", container.Id, "true").ShouldEndWith(255);
        Directory.Exists(Path.Combine(container.Root, "made")).Should().BeFalse();
    }

    [Fact]
    public void The_words_behind_the_id_are_the_programs_whatever_they_look_like()
    {
        using Container container = Container.Sleeping();
        Exec(container, container.Id, "echo", "--user", "-t", "--", "-d").ShouldEndWith(0).Out.Should().Be("--user -t -- -d\n");
    }

    [Fact]
    public void A_process_can_be_given_as_a_whole()
    {
        using Container container = Container.Sleeping();
        string file = Path.Combine(container.Bundle, "process.json");
        File.WriteAllText(file, """
            {"args": ["sh", "-c", "id -u; pwd; echo $A; grep -e CapEff -e CapBnd /proc/self/status"], "cwd": "/tmp", "env": ["A=b", "PATH=/bin"],
                "user": {"uid": 5, "gid": 6}, "capabilities": {"bounding": ["CAP_CHOWN"]}}
            """);
        Exec(container, "--process", file, container.Id).ShouldEndWith(0).Out
            .Should().Be("5\n/tmp\nb\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000001\n");
        File.WriteAllText(file, """{"args": ["true"]}""");
        ShouldFail(Exec(container, "-p", file, container.Id), $"{file}: cwd: is required");
        File.WriteAllText(file, """{"args": ["true"], "cwd": 3}""");
        ShouldFail(Exec(container, "-p", file, container.Id), $"{file}: cwd: ");
        File.WriteAllText(file, "[]");
        ShouldFail(Exec(container, "-p", file, container.Id), file);
    }

    [Fact]
    public void A_pid_file_has_its_pid_and_stays_away_when_it_fails()
    {
        using Container container = Container.Sleeping();
        string file = Path.Combine(container.Bundle, "exec.pid");
        Exec(container, "--detach", "--pid-file", file, container.Id, "sleep", "100").ShouldEndWith(0);
        File.ReadAllText($"/proc/{File.ReadAllText(file)}/cmdline").Should().Be("sleep\0100\0");
        string other = Path.Combine(container.Bundle, "other.pid");
        Exec(container, "--detach", "--pid-file", other, container.Id, "nothing").ShouldEndWith(255);
        File.Exists(other).Should().BeFalse();
        Exec(container, "--detach", "--pid-file", file, "--console-socket", "/nowhere", "--tty", container.Id, "sh").ShouldEndWith(255);
        File.Exists(file).Should().BeTrue("it is another process's");
    }

    [Fact]
    public void Home_is_that_of_the_user_in_the_containers_passwd()
    {
        using Container container = Container.Sleeping(ownRoot: true);
        File.WriteAllText(Path.Combine(container.Root, "etc/passwd"), "ada:x:1815:1815::/home/ada:/bin/sh\n");
        Sh(container, "echo $HOME", "--user", "1815").ShouldEndWith(0).Out.Should().Be("/home/ada\n");
        Sh(container, "echo $HOME", "--user", "1816").ShouldEndWith(0).Out.Should().Be("/\n");
        Sh(container, "echo $HOME", "--user", "1815", "--env", "HOME=/else").ShouldEndWith(0).Out.Should().Be("/else\n");
    }

    [Fact]
    public void A_container_in_the_hosts_mount_namespace_is_entered_too()
    {
        using Container container = Container.Script("exec sleep 100", config =>
        {
            JsonArray namespaces = config["linux"]!["namespaces"]!.AsArray();
            namespaces.Remove(namespaces.First(one => one!["type"]!.GetValue<string>() == "mount"));
            config["mounts"] = new JsonArray();
            config["linux"]!["maskedPaths"] = new JsonArray();
            config["linux"]!["readonlyPaths"] = new JsonArray();
        }, ownRoot: true);
        File.WriteAllText(Path.Combine(container.Root, "here"), "");
        container.Run("--detach").ShouldEndWith(0);
        Exec(container, container.Id, "ls", "/here").ShouldEndWith(0).Out.Should().Be("/here\n");
    }

    [Fact]
    public void A_container_that_waits_to_be_started_can_be_entered()
    {
        using Container container = Container.Script("sleep 100");
        container.Create().ShouldEndWith(0);
        Sh(container, "echo in").ShouldEndWith(0).Out.Should().Be("in\n");
        container.Status.Should().Be("created");
    }

    [Fact]
    public void A_container_that_has_stopped_can_not()
    {
        using Container container = Container.Script("exit 0");
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        ShouldFail(Sh(container, "true"), "cannot exec in a stopped container");
    }

    [Fact]
    public void Nor_one_that_is_paused_unless_that_is_wanted()
    {
        using Container container = Container.Sleeping();
        container.Rt("pause", container.Id).ShouldEndWith(0);
        ShouldFail(Sh(container, "true"), "cannot exec in a paused container (use --ignore-paused to override)");
        using Command.Running exec = container.Start("exec", "--ignore-paused", container.Id, "sh", "-c", "exit 3");
        Thread.Sleep(300);
        exec.HasExited.Should().BeFalse("it is frozen as the others are");
        container.Rt("resume", container.Id).ShouldEndWith(0);
        exec.Wait().Code.Should().Be(3);
    }

    [Fact]
    public void Signals_to_rt_go_to_the_process()
    {
        using Container container = Container.Sleeping();
        using Command.Running exec = container.Start("exec", container.Id, "sh", "-c", "trap 'exit 9' USR1; echo up; while :; do sleep 0.1; done");
        SpinWait.SpinUntil(() => exec.OutputSoFar.Contains("up"), Command.Patience).Should().BeTrue();
        exec.Signal("USR1");
        exec.Wait().Code.Should().Be(9);
    }

    [Fact]
    public void Nothing_is_open_in_it_but_its_streams_and_what_is_passed_on()
    {
        using Container container = Container.Sleeping();
        Command.Shell("exec 3</dev/null 4</dev/null 5</dev/null; exec \"$@\"", Repository.Binary, "--root", container.StateRoot, "exec",
            "--preserve-fds", "2", container.Id, "sh", "-c", "for fd in /proc/self/fd/*; do echo ${fd##*/}; done").ShouldEndWith(0).Out
            .Should().Be("0\n1\n2\n3\n4\n" + "5\n"); // the last is the shell's own, on the directory that it lists
    }
}
