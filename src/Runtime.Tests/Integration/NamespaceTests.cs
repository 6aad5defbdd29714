using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Namespaces made and joined, in whatever combination the configuration asks for.</summary>
public sealed class NamespaceTests : IClassFixture<NamespaceTests.Holders>
{
    /// <summary>
    /// H: namespaces of every type but user, which belong to the host's user namespace. U: namespaces of every type, which
    /// belong to the user namespace among them. V: a user namespace and a network namespace of it that nothing else belongs to.
    /// </summary>
    public sealed class Holders : IDisposable
    {
        private readonly Dictionary<char, NamespaceHolder> all = new()
        {
            ['H'] = new("cgroup ipc mount network pid time uts"),
            ['U'] = new("cgroup ipc mount network pid time user uts"),
            ['V'] = new("network user"),
        };

        internal NamespaceHolder this[char name] => all[name];

        public void Dispose()
        {
            foreach (NamespaceHolder holder in all.Values) holder.Dispose();
        }
    }

    private readonly Holders holders;

    public NamespaceTests(Holders holders) => this.holders = holders;

    /// <summary>
    /// A configuration that asks for little but namespaces. Of the mounts only those are there that need none of a certain owner.
    /// </summary>
    private static void Plain(JsonNode config)
    {
        config["process"]!["args"] = new JsonArray("sleep", "100");
        config.AsObject().Remove("hostname");
        config["mounts"] = JsonNode.Parse("""[{"destination": "/dev", "type": "tmpfs", "source": "t", "options": ["mode=755"]}]""");
        config["linux"]!["namespaces"] = new JsonArray();
        config["linux"]!.AsObject().Remove("maskedPaths");
        config["linux"]!.AsObject().Remove("readonlyPaths");
    }

    private static void Add(JsonNode config, string type, string? path = null)
    {
        JsonObject one = new() { ["type"] = type };
        if (path != null) one["path"] = path;
        config["linux"]!["namespaces"]!.AsArray().Add(one);
        if (type != "user" || path != null) return;
        config["linux"]!["uidMappings"] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 65536}]""");
        config["linux"]!["gidMappings"] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 65536}]""");
    }

    /// <summary>What each container is to have: "new", a holder's, and for types that are not there its parent's.</summary>
    public static TheoryData<string> Combinations =>
    [
        "mount=new",
        "mount=new pid=new network=new ipc=new uts=new cgroup=new time=new",
        "mount=new network=H",
        "mount=new ipc=H",
        "mount=new uts=H",
        "mount=new cgroup=H",
        "mount=new time=H",
        "mount=new pid=H",
        "mount=new pid=H network=new ipc=H uts=new cgroup=H time=new",
        "mount=new pid=H network=H ipc=H uts=H cgroup=H time=H",
        "mount=new network=U",
        "mount=new pid=U ipc=U time=new",
        "user=new mount=new",
        "user=new mount=new pid=new network=new ipc=new uts=new cgroup=new time=new",
        "user=new mount=new network=H",
        "user=new mount=new network=V pid=new",
        "user=new mount=new ipc=H pid=new",
        "user=new mount=new uts=H time=new",
        "user=new mount=new cgroup=H",
        "user=new mount=new time=H cgroup=new",
        "user=new mount=new pid=H",
        "user=new mount=new pid=H network=H ipc=H uts=H cgroup=H time=H",
        "user=U mount=new",
        "user=U mount=new pid=new network=new ipc=new uts=new cgroup=new time=new",
        "user=U mount=new network=U",
        "user=U mount=new network=H pid=new",
        "user=U mount=new network=V uts=new",
        "user=U mount=new pid=U ipc=new",
        "user=U mount=new time=U cgroup=U",
        "user=U mount=new pid=U network=U ipc=U uts=U cgroup=U time=U",
        "user=V mount=new network=V pid=new",
    ];

    [Theory]
    [MemberData(nameof(Combinations))]
    [Proves("config-linux-namespaces-10", "config-linux-namespaces-11", "config-linux-namespaces-13", "config-linux-namespaces-14")]
    public void Its_process_is_in_the_namespaces_asked_for_in_whatever_order(string combination)
    {
        (string Type, string From)[] asked = [.. combination.Split(' ').Select(one => one.Split('=')).Select(one => (one[0], one[1]))];
        foreach (var order in (IEnumerable<(string Type, string From)>[])[asked, asked.Reverse()])
        {
            using Container container = new(config =>
            {
                Plain(config);
                foreach (var (type, from) in order) Add(config, type, from == "new" ? null : holders[from[0]].Path(type));
            });
            container.Create().ShouldEndWith(0);
            ShouldBeIn(asked, $"{container.Pid}");
            container.Processes.Should().HaveCount(2, "only the init and its shim may be left");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Proves("config-linux-namespaces-02", "config-linux-namespaces-03", "config-linux-namespaces-04", "config-linux-namespaces-05",
        "config-linux-namespaces-06", "config-linux-namespaces-08")]
    public void What_it_sees_in_new_namespaces_is_its_own(bool user)
    {
        string queue = Command.Run("ipcmk", "-Q").ShouldEndWith(0).Out.Split(' ')[^1].Trim();
        try
        {
            using Container container = Container.Script(
                "echo $$ $(ls /proc | grep -c '^[1-9]'); ls /sys/class/net; wc -l </proc/sysvipc/msg; hostname; cut -d: -f3 /proc/self/cgroup | tail -1",
                config =>
                {
                    if (user) Add(config, "user");
                    config["hostname"] = "inside";
                    config["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination": "/tmp", "type": "tmpfs", "source": "seen-by-the-host"}"""));
                });
            File.ReadAllLines("/proc/sysvipc/msg").Length.Should().BeGreaterThan(1);
            container.Run().ShouldEndWith(0).Out.Should().MatchRegex("^1 [1-4]\nlo\n1\ninside\n/\n$");
            container.Create().ShouldEndWith(0);
            Environment.MachineName.Should().NotBe("inside");
            File.ReadAllText("/proc/self/mountinfo").Should().NotContain("seen-by-the-host");
            File.ReadAllText($"/proc/{container.Pid}/mountinfo").Should().Contain("seen-by-the-host");
        }
        finally
        {
            Command.Run("ipcrm", "-q", queue);
        }
    }

    private void ShouldBeIn((string Type, string From)[] asked, string process)
    {
        foreach (string type in NamespaceHolder.Types)
        {
            string name = NamespaceHolder.Name(type, process);
            string own = NamespaceHolder.Name(type, "self");
            switch (Array.Find(asked, one => one.Type == type).From)
            {
                case null:
                    name.Should().Be(own, type);
                    break;
                case "new":
                    name.Should().NotBe(own, type);
                    foreach (char holder in "HUV") name.Should().NotBe(holders[holder].Name(type), type);
                    if (type != "user")
                        NamespaceHolder.Owner(type, process).Should().Be(NamespaceHolder.Name("user", process), "that owns the new {0}", type);
                    break;
                case var from:
                    name.Should().Be(holders[from[0]].Name(type), type);
                    break;
            }
        }
    }

    [Theory]
    [InlineData("mount=M")]
    [InlineData("mount=M pid=H network=new")]
    [InlineData("user=M mount=M network=new")]
    [Proves("config-linux-namespaces-11")]
    public void A_mount_namespace_is_joined(string combination)
    {
        using NamespaceHolder holder = new(combination.Contains("user") ? "mount user" : "mount");
        using Container container = new(config =>
        {
            Plain(config);
            foreach (string[] one in combination.Split(' ').Select(one => one.Split('=')))
                Add(config, one[0], one[1] switch { "new" => null, "M" => holder.Path(one[0]), _ => holders['H'].Path(one[0]) });
        });
        string name = holder.Name("mount");
        container.Create().ShouldEndWith(0);
        NamespaceHolder.Name("mount", $"{container.Pid}").Should().Be(name);
        File.Exists($"/proc/{container.Pid}/root/bin/busybox").Should().BeTrue();
        Directory.Exists($"/proc/{container.Pid}/root/home").Should().BeFalse("the root is the container's");
    }

    /// <summary>Only who owns a mount namespace may mount in it, and a new user namespace owns none that was there before.</summary>
    [Fact]
    public void A_mount_namespace_is_not_joined_from_a_new_user_namespace()
    {
        using NamespaceHolder holder = new("mount");
        using Container container = new(config =>
        {
            Plain(config);
            Add(config, "user");
            Add(config, "mount", holder.Path("mount"));
        });
        container.Create().ShouldFailWith("operation not permitted");
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData("user=new pid=new network=new ipc=new uts=new cgroup=new")]
    [InlineData("pid=H network=H")]
    [InlineData("user=new pid=H network=H")]
    [InlineData("user=U pid=new network=U")]
    [InlineData("user=U pid=U network=U ipc=new")]
    [Proves("config-linux-namespaces-11", "config-linux-namespaces-13")]
    public void Its_exit_code_and_signals_come_through(string combination)
    {
        using Container container = new(config =>
        {
            Plain(config);
            foreach (string[] one in combination.Split(' ').Select(one => one.Split('=')))
                Add(config, one[0], one[1] == "new" ? null : holders[one[1][0]].Path(one[0]));
            Add(config, "mount");
            config["process"]!["args"] = new JsonArray("sh", "-c", "trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done");
        });
        using (Command.Running run = container.RunInForeground())
        {
            SpinWait.SpinUntil(() => run.OutputSoFar.Contains("ready"), Command.Patience).Should().BeTrue();
            File.ReadAllText($"/proc/{run.Pid}/task/{run.Pid}/children").Trim().Should().Be($"{container.Pid}", "rt has this one child");
            run.Signal("TERM");
            run.Wait().ShouldEndWith(42);
        }

        container.ShouldHaveLeftNothing();
        container.Create().ShouldEndWith(0);
        container.Status.Should().Be("created");
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Status.Should().Be("running");
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        container.Rt("delete", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("config-linux-namespaces-12")]
    public void A_path_of_another_type_or_of_no_namespace_is_refused()
    {
        string[] types = NamespaceHolder.Types;
        for (int i = 0; i < types.Length; i++)
        {
            string other = types[(i + 1) % types.Length];
            Refused(types[i], holders['U'].Path(other), $"join {types[i]} namespace {holders['U'].Path(other)}: it is none of that type");
        }

        foreach (string type in (string[])["network", "pid", "user"])
        {
            Refused(type, "/etc/passwd", $"join {type} namespace /etc/passwd: it is none of that type");
            Refused(type, "/proc", $"join {type} namespace /proc: it is none of that type");
            Refused(type, "/no/such/path", "open /no/such/path: no such file or directory");
        }
    }

    private static void Refused(string type, string path, string words)
    {
        using Container container = new(config =>
        {
            Plain(config);
            if (type != "mount") Add(config, "mount");
            Add(config, type, path);
        });
        container.Create().ShouldFailWith(words).Error.Should().Contain($"linux.namespaces[{(type == "mount" ? 0 : 1)}]");
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData("/proc/self/ns/mnt")]
    [InlineData("/proc/{0}/ns/mnt")]
    public void The_callers_own_mount_namespace_is_not_joined(string path)
    {
        path = path.Replace("{0}", $"{Environment.ProcessId}");
        using Container container = new(config =>
        {
            Plain(config);
            Add(config, "pid");
            Add(config, "mount", path);
        });
        foreach (Result result in (Result[])[container.Create(), container.Run()])
            result.ShouldFailWith($"linux.namespaces[1].path: would change the host: {path} is the mount namespace of rt's caller");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void The_callers_own_user_namespace_is_not_joined()
    {
        using Container container = new(config => Add(config, "user", "/proc/self/ns/user"));
        container.Create().ShouldFailWith("linux.namespaces[6].path: /proc/self/ns/user is the user namespace of rt's caller");
        container.ShouldHaveLeftNothing();
    }

    /// <summary>The init may be faster than the process that forked it and that has its pid to tell.</summary>
    [Fact]
    public void What_the_init_tells_before_its_pid_is_known_is_not_mistaken()
    {
        using Container container = Container.Script("cat /proc/self/timens_offsets", config =>
        {
            config["linux"]!["namespaces"]![0]!["path"] = holders['H'].Path("pid");
            Add(config, "time");
            config["linux"]!["timeOffsets"] = JsonNode.Parse("""{"monotonic": {"secs": 7}}""");
        });
        Command.Run("strace", "-f", "-o", "/dev/null", "-e", "trace=clone3", "-e", "inject=clone3:delay_exit=50000",
            Repository.Binary, "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id)
            .ShouldEndWith(0).Out.Should().MatchRegex("monotonic +7 +0\n");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("config-linux-namespaces-09", "config-linux-namespaces-13")]
    public void A_time_namespace_has_clocks_of_its_own()
    {
        double uptime = Uptime(File.ReadAllText("/proc/uptime"));
        foreach (bool user in (bool[])[false, true])
        {
            using Container container = Container.Script("cat /proc/uptime /proc/self/timens_offsets", config =>
            {
                Add(config, "time");
                if (user) Add(config, "user");
                config["linux"]!["timeOffsets"] = JsonNode.Parse(
                    """{"monotonic": {"secs": -5, "nanosecs": 7}, "boottime": {"secs": 604800, "nanosecs": 999999999}}""");
            });
            string output = container.Run().ShouldEndWith(0).Out;
            Uptime(output).Should().BeInRange(uptime + 604800, uptime + 604800 + 60);
            output.Should().MatchRegex("monotonic +-5 +7\n").And.MatchRegex("boottime +604800 +999999999\n");
            container.ShouldHaveLeftNothing();
        }

        static double Uptime(string text) => double.Parse(text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("monotonic", -4000000000L)]
    [InlineData("boottime", -4000000000L)]
    [InlineData("boottime", 9000000000L)]
    public void A_clock_that_can_not_be_set_so_is_told(string clock, long seconds)
    {
        using Container container = new(config =>
        {
            Add(config, "time");
            config["linux"]!["timeOffsets"] = new JsonObject { [clock] = new JsonObject { ["secs"] = seconds } };
        });
        container.Create().ShouldFailWith($"linux.timeOffsets.{clock}: set to {seconds} s and 0 ns: out of range");
        container.ShouldHaveLeftNothing();
    }
}
