using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>A test with ranges of ids for an ordinary user. Skipped, with the reason, without the programs that give them.</summary>
public sealed class IdRangeFactAttribute : FactAttribute
{
    public IdRangeFactAttribute()
    {
        foreach (string program in (string[])["newuidmap", "newgidmap"])
            if (!File.Exists("/usr/bin/" + program))
                Skip = $"{program} is not installed (package uidmap)";
    }
}

/// <summary>Containers that an ordinary user starts, in a user namespace of his own.</summary>
[BeyondTheSpec("the specification does not say who may start a container")]
public sealed class RootlessTests : IDisposable
{
    private const int User = 65534;

    private readonly string everyones = Directory.CreateTempSubdirectory("rt-test-").FullName;

    public void Dispose() => Command.Run("rm", "-rf", everyones);

    private string State => Path.Combine(everyones, "state");

    /// <summary>The configuration of rt spec --rootless, with all that it takes in a folder that the user can read.</summary>
    private void Prepare(string script, string mapping, Action<JsonNode>? change = null)
    {
        using Container container = new();
        Command.Shell("cp -a \"$1\" \"$2/rootfs\"; cp \"$3\" \"$2/rt\"; mkdir \"$2/state\"; chmod a+rx \"$2\"; chown $4 \"$2/state\"",
            container.Config["root"]!["path"]!.GetValue<string>(), everyones, Repository.Binary, $"{User}:{User}").ShouldEndWith(0);
        JsonNode config = JsonNode.Parse(Spec.DefaultConfig.Json((User, User)))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("sh", "-c", script);
        config["linux"]!["uidMappings"] = JsonNode.Parse(mapping);
        config["linux"]!["gidMappings"] = JsonNode.Parse(mapping);
        change?.Invoke(config);
        File.WriteAllText(Path.Combine(everyones, "config.json"), config.ToJsonString());
        Command.Run("chmod", "a+r", Path.Combine(everyones, "config.json")).ShouldEndWith(0);
    }

    /// <summary>As the user, without any privilege, and with ids from 300000 on set aside for him.</summary>
    private Result AsUser(params string[] arguments) => AsUserIn("/sys/fs/cgroup", arguments);

    private Result AsUserIn(string cgroup, params string[] arguments) => Command.Run(["unshare", "--mount", "sh", "-c", """
        echo 0 >"$2/cgroup.procs"
        printf '%s:300000:65536\n' "$0" >"$1/subid"
        for file in /etc/subuid /etc/subgid; do [ -e $file ] && mount --bind "$1/subid" $file; done
        user=$0; shift 2
        exec setpriv --reuid $user --regid $user --clear-groups --inh-caps=-all "$@"
        """, $"{User}", everyones, cgroup, Path.Combine(everyones, "rt"), "--root", State, .. arguments]);

    [Fact]
    public void A_container_with_the_users_own_id_alone_runs()
    {
        Prepare("id -u; id -g; cat /proc/self/uid_map; hostname; echo $$; echo x >/dev/null && touch /dev/shm/f && stat -c %u /dev/shm/f",
            $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}]""");
        Result result = AsUser("run", "--bundle", everyones, "mine").ShouldEndWith(0);
        result.Out.Should().MatchRegex($"^0\n0\n +0 +{User} +1\nrunc\n1\n0\n$");
        result.Error.Should().BeEmpty();
        Directory.GetFileSystemEntries(State).Should().BeEmpty();
    }

    [Fact]
    public void It_can_be_created_started_and_deleted()
    {
        Prepare("sleep 100", $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}]""");
        AsUser("create", "--bundle", everyones, "mine").ShouldEndWith(0);
        AsUser("start", "mine").ShouldEndWith(0);
        AsUser("state", "mine").ShouldEndWith(0).Out.Should().Contain("\"running\"").And.Contain("\"nobody\"");
        AsUser("delete", "--force", "mine").ShouldEndWith(0);
        Directory.GetFileSystemEntries(State).Should().BeEmpty();
    }

    [Fact]
    public void What_rt_does_from_outside_is_done_for_him_too()
    {
        Prepare("cat /proc/1/oom_score_adj; cut -d' ' -f1 /proc/uptime | cut -d. -f1; ulimit -n; id -u",
            $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}]""", config =>
            {
                config["process"]!["oomScoreAdj"] = 777;
                config["process"]!["rlimits"] = JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 77}]""");
                config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "time"}"""));
                config["linux"]!["timeOffsets"] = JsonNode.Parse("""{"boottime": {"secs": 1000000000}}""");
            });
        AsUser("run", "--bundle", everyones, "mine").ShouldEndWith(0).Out.Should().MatchRegex("^777\n100[0-9]{7}\n77\n0\n$");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_seccomp_agent_judges_for_him_too(bool noNewPrivileges)
    {
        const int SysMkdir = 83, SysMkdirat = 258, EPROTO = 71;
        using SeccompAgent agent = new(call => call is SysMkdir or SysMkdirat ? EPROTO : SeccompAgent.Continue);
        Command.Run("chmod", "-R", "a+rwX", Path.GetDirectoryName(agent.Path)!).ShouldEndWith(0);
        Prepare("mkdir /dev/shm/x 2>&1; true", $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}]""", config =>
        {
            config["process"]!["noNewPrivileges"] = noNewPrivileges;
            config["linux"]!["seccomp"] = JsonNode.Parse($$"""
                {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "{{agent.Path}}",
                 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}
                """);
        });
        AsUser("run", "--bundle", everyones, "mine").ShouldEndWith(0).Out.Should().Contain("Protocol error");
    }

    /// <summary>Or else programs in the container could look into it while it still holds what is the host's.</summary>
    [Fact]
    public void An_init_that_waits_to_be_started_can_not_be_dumped()
    {
        Prepare("true", $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}]""");
        AsUser("create", "--bundle", everyones, "mine").ShouldEndWith(0);
        string pid = JsonNode.Parse(AsUser("state", "mine").ShouldEndWith(0).Out)!["pid"]!.ToString();
        Command.Run("stat", "-c", "%u", $"/proc/{pid}/environ").ShouldEndWith(0).Out.Should().Be("0\n", "its files are root's");
        AsUser("delete", "mine").ShouldEndWith(0);
    }

    [IdRangeFact]
    public void A_container_with_a_range_of_ids_that_is_the_users_runs()
    {
        Prepare("cat /proc/self/uid_map /proc/self/gid_map; touch /dev/shm/f; chown 5:6 /dev/shm/f && stat -c %u:%g /dev/shm/f; id -u",
            $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}, {"containerID": 1, "hostID": 300000, "size": 65536}]""",
            config =>
            {
                foreach (string set in (string[])["bounding", "effective", "permitted"])
                    config["process"]!["capabilities"]![set]!.AsArray().Add("CAP_CHOWN");
            });
        AsUser("run", "--bundle", everyones, "mine").ShouldEndWith(0).Out.Should()
            .MatchRegex($"^( +0 +{User} +1\n +1 +300000 +65536\n){{2}}5:6\n0\n$");
    }

    [IdRangeFact]
    public void A_range_that_is_not_the_users_is_refused_by_its_path()
    {
        Prepare("true", """[{"containerID": 0, "hostID": 200000, "size": 65536}]""");
        AsUser("run", "--bundle", everyones, "mine").ShouldFailWith("linux.uidMappings: ");
        Directory.GetFileSystemEntries(State).Should().BeEmpty();
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("true")]
    public void Limits_that_he_has_no_cgroup_for_are_an_error(string rootless)
    {
        Prepare("true", $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}]""",
            config => config["linux"]!["resources"] = JsonNode.Parse("""{"unified": {"cgroup.max.depth": "3"}}"""));
        AsUser("--rootless", rootless, "run", "--bundle", everyones, "mine")
            .ShouldFailWith("linux.resources.unified.cgroup.max.depth: can't be set: ").Error.Should()
            .EndWith("permission denied (it takes a cgroup that was delegated to the caller)\n");
        Directory.GetFileSystemEntries(State).Should().BeEmpty();
    }

    [Fact]
    public void Told_that_it_is_not_rootless_rt_insists_on_a_cgroup()
    {
        Prepare("true", $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}]""");
        AsUser("--rootless", "false", "run", "--bundle", everyones, "mine").ShouldFailWith("create cgroup /sys/fs/cgroup/mine: permission denied");
        Directory.GetFileSystemEntries(State).Should().BeEmpty();
    }

    [Fact]
    public void In_a_cgroup_that_was_delegated_to_him_limits_are_set()
    {
        using Delegation _ = new(User);
        Prepare("exec sleep 100", $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}]""",
            config => config["linux"]!["resources"] = JsonNode.Parse("""{"unified": {"cgroup.max.depth": "3"}}"""));
        AsUserIn(Delegation.Path + "/session", "run", "--detach", "--bundle", everyones, "mine").ShouldEndWith(0);
        File.ReadAllText(Delegation.Path + "/mine/cgroup.max.depth").Should().Be("3\n");
        string pid = File.ReadAllText(Delegation.Path + "/mine/cgroup.procs").TrimEnd();
        JsonNode.Parse(AsUser("state", "mine").ShouldEndWith(0).Out)!["pid"]!.ToString().Should().Be(pid);
        AsUser("delete", "--force", "mine").ShouldEndWith(0);
        Directory.Exists(Delegation.Path + "/mine").Should().BeFalse();
    }

    /// <summary>He may make cgroups there, but the kernel lets nobody move processes in from elsewhere.</summary>
    [Fact]
    public void A_delegated_cgroup_that_he_is_not_in_is_out_of_reach()
    {
        using Delegation _ = new(User);
        Prepare("cat /proc/self/cgroup", $$"""[{"containerID": 0, "hostID": {{User}}, "size": 1}]""",
            config => config["linux"]!["cgroupsPath"] = "/rt-delegated/mine");
        AsUser("run", "--bundle", everyones, "mine").ShouldEndWith(0).Out.Should().Contain("0::/\n");
        AsUser("--debug", "run", "--bundle", everyones, "mine").ShouldEndWith(0).Error.Should()
            .Contain("move a process from cgroup / to /rt-delegated/mine: permission denied: the container runs without a cgroup there");
        Directory.Exists(Delegation.Path + "/mine").Should().BeFalse();
    }

    /// <summary>A cgroup that is a user's, with one for his session below it.</summary>
    private sealed class Delegation : IDisposable
    {
        private static readonly string[] Given = ["", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"];

        public Delegation(int user)
        {
            Directory.CreateDirectory(Path + "/session");
            foreach (string file in Given) Command.Run("chown", $"{user}", Path + file).ShouldEndWith(0);
        }

        public const string Path = "/sys/fs/cgroup/rt-delegated";

        public void Dispose() =>
            Command.Shell("for i in 1 2 3 4 5; do for d in $1/*/; do echo 1 >$d/cgroup.kill; rmdir $d; done; rmdir $1 && break; sleep 0.2; done 2>/dev/null",
                Path);
    }
}
