using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>The life of a container that an ordinary user starts, in a user namespace of his own.</summary>
[BeyondTheSpec("the specification does not say who may start a container")]
public sealed class RootlessTests : IDisposable
{
    private readonly OrdinaryUser user = new();

    public void Dispose() => user.Dispose();

    [Fact]
    public void A_container_with_the_users_own_id_alone_runs()
    {
        user.Prepare("id -u; id -g; cat /proc/self/uid_map; hostname; echo $$; echo x >/dev/null && touch /dev/shm/f && stat -c %u /dev/shm/f");
        Result result = user.RunBundle().ShouldEndWith(0);
        result.Out.Should().MatchRegex($"^0\n0\n +0 +{OrdinaryUser.Id} +1\nrunc\n1\n0\n$");
        result.Error.Should().BeEmpty();
        user.ShouldHaveLeftNothing();
    }

    [Fact]
    public void It_goes_through_all_commands_from_spec_to_delete()
    {
        user.Prepare("exec sleep 100");
        user.Rt("create", "--bundle", user.Bundle, "mine").ShouldEndWith(0);
        user.Status.Should().Be("created");
        user.Rt("start", "mine").ShouldEndWith(0);
        user.Rt("state", "mine").ShouldEndWith(0).Out.Should().Contain("\"running\"").And.Contain("\"nobody\"");
        user.Rt("list", "--quiet").ShouldEndWith(0).Out.Should().Be("mine\n");
        user.Rt("exec", "mine", "sh", "-c", "id -u; cat /proc/1/comm; exit 7").ShouldEndWith(7).Out.Should().Be("0\nsleep\n");
        user.Rt("kill", "mine", "KILL").ShouldEndWith(0);
        user.Rt("wait", "mine").ShouldEndWith(137);
        user.Status.Should().Be("stopped");
        user.Rt("delete", "mine").ShouldEndWith(0);
        user.ShouldHaveLeftNothing();
    }

    [Fact]
    public void His_configuration_is_what_spec_rootless_writes()
    {
        string folder = Path.Combine(user.State, "bundle");
        user.Run("sh", "-c", "umask 022; mkdir $0 && \"$1\" spec --rootless --bundle $0", folder, user.Binary).ShouldEndWith(0);
        JsonNode config = JsonNode.Parse(File.ReadAllText(folder + "/config.json"))!;
        config["linux"]!["uidMappings"]![0]!["hostID"]!.GetValue<int>().Should().Be(OrdinaryUser.Id);
        config["process"]!["args"] = new JsonArray("true");
        config["process"]!["terminal"] = false;
        config["root"]!["path"] = user.Bundle + "/rootfs";
        File.WriteAllText(folder + "/config.json", config.ToJsonString());
        user.Rt("run", "--bundle", folder, "mine").ShouldEndWith(0);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Processes_without_a_cgroup_are_known_by_their_pid_namespace()
    {
        user.Prepare("sleep 100 & exec sleep 100");
        user.RunBundle("--detach").ShouldEndWith(0);
        int init = user.Pid;
        JsonArray pids = [];
        SpinWait.SpinUntil(() => (pids = (JsonArray)JsonNode.Parse(user.Rt("ps", "--format", "json", "mine").ShouldEndWith(0).Out)!).Count == 2, Command.Patience);
        pids.Should().HaveCount(2).And.Contain(pid => pid!.GetValue<int>() == init);
        user.Rt("ps", "mine").ShouldEndWith(0).Out.Split('\n').Should().HaveCount(4, "a header, two processes, the end");
    }

    [Fact]
    public void What_takes_a_cgroup_is_refused_without_one()
    {
        user.Prepare("exec sleep 100");
        user.RunBundle("--detach").ShouldEndWith(0);
        user.Rt("pause", "mine").ShouldFailWith("it has no cgroup");
        user.Rt("update", "--pids-limit", "5", "mine").ShouldFailWith("it has no cgroup");
        user.Rt("events", "--stats", "mine").ShouldFailWith("has no cgroup");
    }

    [Fact]
    public void What_rt_does_from_outside_is_done_for_him_too()
    {
        user.Prepare("cat /proc/1/oom_score_adj; cut -d' ' -f1 /proc/uptime | cut -d. -f1; ulimit -n; id -u", config =>
        {
            config["process"]!["oomScoreAdj"] = 777;
            config["process"]!["rlimits"] = JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 77}]""");
            config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "time"}"""));
            config["linux"]!["timeOffsets"] = JsonNode.Parse("""{"boottime": {"secs": 1000000000}}""");
        });
        user.RunBundle().ShouldEndWith(0).Out.Should().MatchRegex("^777\n100[0-9]{7}\n77\n0\n$");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_seccomp_agent_judges_for_him_too(bool noNewPrivileges)
    {
        const int SysMkdir = 83, SysMkdirat = 258, EPROTO = 71;
        using SeccompAgent agent = new(call => call is SysMkdir or SysMkdirat ? EPROTO : SeccompAgent.Continue);
        Command.Run("chmod", "-R", "a+rwX", Path.GetDirectoryName(agent.Path)!).ShouldEndWith(0);
        user.Prepare("mkdir /dev/shm/x 2>&1; true", config =>
        {
            config["process"]!["noNewPrivileges"] = noNewPrivileges;
            config["linux"]!["seccomp"] = JsonNode.Parse($$"""
                {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "{{agent.Path}}",
                 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}
                """);
        });
        user.RunBundle().ShouldEndWith(0).Out.Should().Contain("Protocol error");
    }

    /// <summary>Or else programs in the container could look into it while it still holds what is the host's.</summary>
    [Fact]
    public void An_init_that_waits_to_be_started_can_not_be_dumped()
    {
        user.Prepare("true");
        user.Rt("create", "--bundle", user.Bundle, "mine").ShouldEndWith(0);
        Command.Run("stat", "-c", "%u", $"/proc/{user.Pid}/environ").ShouldEndWith(0).Out.Should().Be("0\n", "its files are root's");
        user.Rt("delete", "mine").ShouldEndWith(0);
    }
}
