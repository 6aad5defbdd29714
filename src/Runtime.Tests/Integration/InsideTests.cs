using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What a process sees inside its container.</summary>
public sealed class InsideTests
{
    private static string Inside(string script, Action<JsonNode>? change = null)
    {
        using Container container = Container.Script(script, change);
        string output = container.Run().ShouldEndWith(0).Out;
        container.ShouldHaveLeftNothing();
        return output.TrimEnd('\n');
    }

    /// <summary>What a script prints in a container that a shell runs after some preparation of its own.</summary>
    private static string RunFrom(string prepare, string script, Action<JsonNode>? change = null)
    {
        using Container container = Container.Script(script, change);
        return Command.Shell($"{prepare}; exec {Repository.Binary} --root $1 run -b $2 $3",
            container.StateRoot, container.Bundle, container.Id).ShouldEndWith(0).Out;
    }

    [Fact]
    public void It_is_pid_1_with_its_own_hostname() => Inside("echo $$ $(hostname)").Should().Be("1 runc");

    [Fact]
    public void It_has_namespaces_of_its_own()
    {
        foreach (string type in (string[])["pid", "net", "ipc", "uts", "mnt", "cgroup"])
            Inside($"readlink /proc/self/ns/{type}").Should().NotBe(new FileInfo($"/proc/self/ns/{type}").LinkTarget, type);
    }

    [Fact]
    public void It_has_the_user_groups_and_umask_of_the_configuration() => Inside("id -u; id -g; id -G; umask", config =>
        config["process"]!["user"] = JsonNode.Parse("""{"uid": 1000, "gid": 1001, "additionalGids": [7, 8], "umask": 63}"""))
        .Should().Be("1000\n1001\n1001 7 8\n0077");

    [Fact]
    [Proves("config-user-01", "config-user-02")]
    public void Its_user_and_group_are_0_where_none_are_given()
    {
        Inside("id -u; id -g", config => config["process"]!["user"] = JsonNode.Parse("{}")).Should().Be("0\n0");
        Inside("id -u; id -g", config => config["process"]!["user"] = JsonNode.Parse("""{"gid": 7}""")).Should().Be("0\n7");
        Inside("id -u; id -g", config => config["process"]!["user"] = JsonNode.Parse("""{"uid": 7}""")).Should().Be("7\n0");
    }

    [Fact]
    [Proves("config-user-03")]
    public void Its_umask_is_not_the_callers() => RunFrom("umask 0077", "umask").Should().Be("0022\n");

    [Fact]
    public void Its_standard_streams_are_its_users() =>
        Inside("echo err >/dev/stderr && stat -Lc %u /dev/stdout", config => config["process"]!["user"]!["uid"] = 1000).Should().Be("1000");

    [Fact]
    public void It_has_no_group_of_the_caller() => Inside("id -G; umask").Should().Be("0\n0022");

    [Theory]
    [InlineData(0, "/root")]
    [InlineData(1000, "/home/user")]
    [InlineData(4711, "/")]
    public void HOME_comes_from_the_containers_passwd(int uid, string home) =>
        Inside("echo $HOME", config => config["process"]!["user"]!["uid"] = uid).Should().Be(home);

    [Fact]
    public void HOME_of_the_configuration_stays() =>
        Inside("echo $HOME", config => config["process"]!["env"]!.AsArray().Add("HOME=/elsewhere")).Should().Be("/elsewhere");

    [Fact]
    public void Its_environment_is_the_configurations_alone() =>
        Inside("tr '\\0' '\\n' </proc/1/environ | sort")
            .Should().Be("HOME=/root\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nTERM=xterm");

    [Fact]
    [Proves("config-root-04")]
    public void It_can_not_write_to_a_root_that_is_read_only()
    {
        const string Writes = "echo new >/new; echo changed >>/etc/group; mkdir /etc/d; rm /bin/ls; chmod 777 /; mv /root /r; true";
        using Container container = Container.Script(Writes, config => config["root"]!["readonly"] = true, ownRoot: true);
        string before = Listing(container);
        string[] errors = container.Run().ShouldEndWith(0).Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        errors.Should().HaveCount(6).And.OnlyContain(error => error.Contains("Read-only file system"));
        Listing(container).Should().Be(before);

        using Container writable = Container.Script(Writes, config => config["root"]!["readonly"] = false, ownRoot: true);
        writable.Run().ShouldEndWith(0).Error.Should().BeEmpty("these are things that can be done where they may be");

        static string Listing(Container container) =>
            Command.Shell("cd \"$1\" && ls -lR . && cat etc/group", container.Root).ShouldEndWith(0).Out;
    }

    [Theory]
    [InlineData("")]
    [InlineData("value")]
    [Proves("config-annotations-04", "config-annotations-05")]
    public void Its_annotations_are_in_its_state_whoever_knows_their_keys(string value)
    {
        using Container container = Container.Script("true", config =>
            config["annotations"] = new JsonObject { ["org.opencontainers.nobody-knows"] = value, ["x"] = value });
        container.Create().ShouldEndWith(0);
        JsonNode annotations = JsonNode.Parse(container.Rt("state", container.Id).ShouldEndWith(0).Out)!["annotations"]!;
        annotations["org.opencontainers.nobody-knows"]!.GetValue<string>().Should().Be(value);
        annotations["x"]!.GetValue<string>().Should().Be(value);
    }

    [Fact]
    public void Its_working_directory_is_made_if_missing_also_in_a_read_only_root()
    {
        using Container container = Container.Script("pwd", config => config["process"]!["cwd"] = "/new/place", ownRoot: true);
        container.Run().ShouldEndWith(0).Out.Should().Be("/new/place\n");
    }

    [Fact]
    public void Its_capabilities_are_the_configurations_sets()
    {
        string status = Inside("grep ^Cap /proc/1/status", config => config["process"]!["capabilities"] = JsonNode.Parse("""
            {"bounding": ["CAP_KILL", "CAP_CHOWN"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL", "CAP_CHOWN"],
             "inheritable": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]}
            """));
        status.Should().Contain("CapInh:\t0000000000000001")
            .And.Contain("CapBnd:\t0000000000000021").And.Contain("CapAmb:\t0000000000000001");
    }

    [Fact]
    public void Another_user_keeps_only_ambient_capabilities_over_execve() => Inside("grep -E 'CapEff|CapPrm' /proc/1/status", config =>
    {
        config["process"]!["user"]!["uid"] = 1000;
        config["process"]!["capabilities"] = JsonNode.Parse("""
            {"bounding": ["CAP_KILL", "CAP_CHOWN"], "permitted": ["CAP_KILL", "CAP_CHOWN"], "inheritable": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]}
            """);
    }).Should().Be("CapPrm:\t0000000000000001\nCapEff:\t0000000000000001");

    [Fact]
    public void It_has_no_capabilities_when_none_are_given() => Inside("grep -E 'CapBnd|CapPrm' /proc/1/status", config =>
        config["process"]!.AsObject().Remove("capabilities")).Should().Be("CapPrm:\t0000000000000000\nCapBnd:\t0000000000000000");

    [Theory]
    [InlineData(true, "NoNewPrivs:\t1")]
    [InlineData(false, "NoNewPrivs:\t0")]
    public void No_new_privileges_is_as_asked(bool asked, string seen) =>
        Inside("grep NoNewPrivs /proc/1/status", config => config["process"]!["noNewPrivileges"] = asked).Should().Be(seen);

    [Fact]
    public void Its_resource_limits_are_set() => Inside("grep -E 'open files|core file' /proc/1/limits", config =>
        config["process"]!["rlimits"]!.AsArray().Add(JsonNode.Parse("""{"type": "RLIMIT_CORE", "soft": 1, "hard": 2}""")))
        .Should().MatchRegex("Max core file size +1 +2 .*\nMax open files +1024 +1024 ");

    [Theory]
    [InlineData(567)]
    [InlineData(0)]
    [Proves("config-linuxprocess-03")]
    public void Its_oom_score_is_adjusted(int score) =>
        RunFrom("echo 300 >/proc/self/oom_score_adj", "cat /proc/1/oom_score_adj",
            config => config["process"]!["oomScoreAdj"] = score).Should().Be($"{score}\n");

    [Fact]
    [Proves("config-linuxprocess-04")]
    public void Its_oom_score_is_the_callers_if_none_is_given() =>
        RunFrom("echo 300 >/proc/self/oom_score_adj", "cat /proc/1/oom_score_adj").Should().Be("300\n");

    [Fact]
    public void It_inherits_no_signal_setup() =>
        Inside("", config => config["process"]!["args"] = new JsonArray("grep", "-E", "SigBlk|SigIgn", "/proc/1/status"))
            .Should().Be("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000");

    [Fact]
    public void It_inherits_no_ignored_signal_of_the_caller()
    {
        using Container container = new(config => config["process"]!["args"] = new JsonArray("grep", "SigIgn", "/proc/1/status"));
        Command.Shell("trap '' HUP PIPE; exec \"$0\" --root \"$1\" run -b \"$2\" \"$3\"".Replace("$0", Repository.Binary),
            container.StateRoot, container.Bundle, container.Id)
            .ShouldEndWith(0).Out.Should().Be("SigIgn:\t0000000000000000\n");
    }

    [Fact]
    public void It_inherits_no_descriptor_but_stdio()
    {
        using Container container = Container.Script("ls /proc/1/fd; true"); // no pipeline: its pipe would be the shell's
        Command.Shell($"exec {Repository.Binary} --root $1 run -b $2 $3 5</dev/null 9</etc/passwd",
            container.StateRoot, container.Bundle, container.Id)
            .ShouldEndWith(0).Out.Should().Be("0\n1\n2\n");
    }

    [Fact]
    public void It_gets_the_descriptors_that_are_to_be_preserved()
    {
        using Container container = Container.Script("ls /proc/1/fd; cat <&4");
        Command.Shell(
            $"exec {Repository.Binary} --root $1 run --preserve-fds 2 -b $2 $3 3</dev/null 4</proc/sys/kernel/ostype 5</etc/passwd",
            container.StateRoot, container.Bundle, container.Id)
            .ShouldEndWith(0).Out.Should().Be("0\n1\n2\n3\n4\nLinux\n");
    }

    [Fact]
    public void Its_session_keyring_is_its_own() => Inside("id >/dev/null; grep -c _ses /proc/keys || true", config =>
        config["linux"]!.AsObject().Remove("maskedPaths")).Should().NotBe("0");

    [Fact]
    public void Loopback_is_up_in_a_new_network_namespace() => Inside("ip -o link show lo").Should().Contain("LOOPBACK,UP");

    [Fact]
    public void It_joins_a_network_namespace_by_path()
    {
        using var holder = Command.Start("unshare", "--net", "sleep", "60");
        string path = $"/proc/{holder.Pid}/ns/net";
        SpinWait.SpinUntil(() => new FileInfo(path).LinkTarget != new FileInfo("/proc/self/ns/net").LinkTarget, Command.Patience).Should().BeTrue();
        Inside("readlink /proc/self/ns/net", config => config["linux"]!["namespaces"]![1]!["path"] = path)
            .Should().Be(new FileInfo(path).LinkTarget);
    }

    [Fact]
    public void It_joins_a_pid_namespace_by_path()
    {
        using Container first = Container.Script("sleep 60");
        first.Rt("run", "--detach", "--bundle", first.Bundle, first.Id).ShouldEndWith(0);
        Inside("echo $$ $(tr '\\0' ' ' </proc/1/cmdline)",
            config => config["linux"]!["namespaces"]![0]!["path"] = $"/proc/{first.Pid}/ns/pid")
            .Should().MatchRegex("^[2-9][0-9]* (sleep 60|sh -c sleep 60) ?$");
    }

    [Fact]
    public void It_may_be_ready_before_the_process_that_forked_it_tells_its_pid()
    {
        using Container first = Container.Script("sleep 60");
        first.Rt("run", "--detach", "--bundle", first.Bundle, first.Id).ShouldEndWith(0);
        using Container second = Container.Script("echo $$", config =>
            config["linux"]!["namespaces"]![0]!["path"] = $"/proc/{first.Pid}/ns/pid");
        Command.Run("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=clone3", "-e", "inject=clone3:delay_exit=300000",
            Repository.Binary, "--root", second.StateRoot, "run", "-b", second.Bundle, second.Id)
            .ShouldEndWith(0).Out.Should().MatchRegex("^[1-9][0-9]*\n$");
        second.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Sysctls_of_its_namespaces_are_set() => Inside(
        "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax",
        config =>
            config["linux"]!["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_unprivileged_port_start": "77", "kernel.msgmax": "65536"}"""))
        .Should().Be("77\n65536");

    [Fact]
    public void Its_cgroup_is_the_root_that_it_sees() => Inside("grep ^0: /proc/self/cgroup").Should().Be("0::/");

    [Theory]
    [InlineData("/usr/bin:/tmp:/bin", "tool", "/bin")] // in /tmp, it may not be executed
    [InlineData("/usr/bin:/bin", "tool", "/usr/bin")]
    [InlineData("/bin::", "other", "./other")] // an empty directory is the working directory
    [InlineData("/bin", "./other", "./other")]
    [InlineData("/bin", "/root/other", "/root/other")]
    [Proves("config-process-07")]
    public void Its_program_is_looked_up_as_execvp_does(string path, string name, string found)
    {
        using Container container = new(config =>
        {
            config["process"]!["args"] = new JsonArray(name);
            config["process"]!["env"] = new JsonArray("PATH=" + path);
            config["process"]!["cwd"] = "/root";
        }, ownRoot: true);
        foreach (string place in (string[])["bin/tool", "usr/bin/tool", "tmp/tool", "root/other"])
        {
            string file = Path.Combine(container.Root, place);
            if (place == "usr/bin/tool" && found == "/bin") continue;
            File.WriteAllText(file, "#!/bin/sh\necho ${0%/tool}\n");
            File.SetUnixFileMode(file, (UnixFileMode)(place == "tmp/tool" ? 0x1a4 : 0x1ed));
        }

        container.Run().ShouldEndWith(0).Out.Should().Be(found + "\n");
    }

    [Fact]
    [Proves("config-process-07")]
    public void Its_program_is_looked_up_in_its_own_PATH() => Inside("true", config =>
    {
        config["process"]!["args"] = new JsonArray("true");
        config["process"]!["env"] = new JsonArray("PATH=/nowhere:/bin");
    }).Should().BeEmpty();
}
