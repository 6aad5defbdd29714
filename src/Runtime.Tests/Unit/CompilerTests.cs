using System.Text;
using Rt.Cgroups;
using Rt.Launch;
using Rt.Security;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What is made of the configuration, and in which order.</summary>
[BeyondTheSpec("the order and the content of plans")]
public sealed class CompilerTests
{
    [Fact]
    public void A_read_only_tmpfs_is_made_read_only_after_its_mount_points()
    {
        List<PlanLine> lines = Plan(Configs.With("mounts", """
            [{"destination": "/run", "type": "tmpfs", "options": ["ro", "nosuid"]}, {"destination": "/run/secret", "source": "/s", "options": ["bind"]}]
            """));

        PlanLine run = lines.Single(line => line is { Step: "mount", Object: "/run" });
        run.Details["attributes"].Should().Be("nosuid");
        run.Details.Should().NotContainKey("options");
        PlanLine late = lines.Single(line => line.Step == "remount-readonly");
        late.Object.Should().Be("/run");
        late.Number.Should().BeGreaterThan(lines.Single(line => line.Object == "/run/secret").Number);
    }

    [Fact]
    public void A_read_only_dev_is_made_read_only_after_its_devices()
    {
        List<PlanLine> lines = Plan(Configs.With("mounts", """[{"destination": "/dev", "type": "tmpfs", "options": ["ro"]}]"""));
        lines.Single(line => line.Step == "remount-readonly").Number
            .Should().BeGreaterThan(lines.Last(line => line.Step is "mknod" or "symlink").Number);
    }

    [Fact]
    public void Mounts_are_made_in_the_order_given()
    {
        List<PlanLine> lines = Plan(Configs.With("mounts", """
            [{"destination": "/b", "type": "tmpfs"}, {"destination": "/a", "source": "x", "type": "bind"}, {"destination": "/a/c", "type": "rbind", "source": "/y"}]
            """));

        lines.Where(line => line.Origin.StartsWith("mounts[", StringComparison.Ordinal)).Select(line => $"{line.Step} {line.Object}")
            .Should().Equal("mount /b", "bind /a", "rbind /a/c");
        lines.Single(line => line.Object == "/a").Details["source"].Should().Be("/bundle/x", "a relative source starts from the bundle");
    }

    [Theory]
    [InlineData("""{"destination": "/x"}""", "mounts[0].type")]
    [InlineData("""{"destination": "/x", "type": "bind"}""", "mounts[0].source")]
    [InlineData("""{"destination": "/x", "options": ["rbind"]}""", "mounts[0].source")]
    [InlineData("""{"destination": "/x", "type": "proc", "options": ["ro", "tmpcopyup"]}""", "mounts[0].options")]
    [InlineData("""{"destination": "/x", "type": "tmpfs", "options": ["ro", "idmap"]}""", "mounts[0].options")]
    [InlineData("""{"destination": "/x", "source": "/y", "options": ["bind", "idmap"]}""", "mounts[0].options[1]")]
    [InlineData("""{"destination": "/x", "source": "/y", "options": ["bind", "remount", "idmap"]}""", "mounts[0].options")]
    [InlineData("""{"destination": "/x", "source": "/y", "options": ["rbind", "ro", "ridmap"]}""", "mounts[0].options[2]")]
    public void A_mount_that_can_not_be_made_as_asked_is_refused_by_its_path(string mount, string path) =>
        FluentActions.Invoking(() => Plan(Configs.With("mounts[0]", mount))).Should().Throw<SpecException>().Which.Path.Should().Be(path);

    [Theory]
    [InlineData("""{"destination": "/dev", "source": "/dev", "options": ["rbind"]}""")]
    [InlineData("""{"destination": "/dev/", "source": "/dev", "type": "bind"}""")]
    [InlineData("""{"destination": "/dev", "source": "/dev", "type": "rbind"}""")]
    [InlineData("""{"destination": "//dev", "source": "/dev", "options": ["bind"]}""")]
    [InlineData("""{"destination": "/dev/.", "source": "/dev", "options": ["bind"]}""")]
    [InlineData("""{"destination": "/x/../dev", "source": "/dev", "options": ["bind"]}""")]
    [InlineData("""{"destination": "dev", "source": "/dev", "options": ["bind"]}""")]
    public void Nothing_is_made_in_a_dev_that_is_the_hosts(string mount) =>
        Plan(Configs.With("mounts[0]", mount)).Should().NotContain(line => line.Step == "mknod" || line.Step == "symlink");

    [Fact]
    public void A_device_of_the_configuration_takes_the_place_of_the_default_one()
    {
        List<PlanLine> lines = Plan(Configs.With("linux.devices[0]",
            """{"type": "c", "path": "/dev/null", "major": 1, "minor": 3, "fileMode": 256}"""));
        lines.Should().ContainSingle(line => line.Object == "/dev/null").Which.Details["mode"].Should().Be("0400");
    }

    [Fact]
    public void A_working_directory_that_is_missing_can_be_made_before_the_root_is_read_only()
    {
        string json = Configs.With("root", """{"path": "rootfs", "readonly": true}""").Replace("\"cwd\":\"/\"", "\"cwd\":\"/work\"");
        List<PlanLine> lines = Plan(json);
        lines.First(line => line.Object == "/work").Number.Should().BeLessThan(lines.Single(line => line.Step == "root-attributes").Number);
    }

    [Theory]
    [InlineData(false, "seccomp before user")]
    [InlineData(true, "seccomp after start-gate")]
    public void The_filter_comes_as_late_as_the_kernel_lets_it(bool noNewPrivileges, string expected)
    {
        Config config = Configs.Read(Configs.With("linux.seccomp", "{}"));
        config.Process!.NoNewPrivileges = noNewPrivileges;
        List<string> steps = [.. Plan(config).Select(line => line.Step)];

        string[] words = expected.Split(' ');
        int filter = steps.IndexOf(words[0]), other = steps.IndexOf(words[2]);
        (words[1] == "before" ? filter < other : filter > other).Should().BeTrue("the steps are {0}", string.Join(' ', steps));
        steps.Count(step => step == "seccomp").Should().Be(1);
        steps.Contains("no_new_privs").Should().Be(noNewPrivileges);
    }

    [Theory]
    [InlineData("", "propagation / rslave", "")]
    [InlineData("private", "propagation / rprivate", "")]
    [InlineData("rslave", "propagation / rslave", "rslave")]
    [InlineData("shared", "", "shared")]
    [InlineData("rshared", "", "rshared")]
    [InlineData("unbindable", "propagation / rslave", "unbindable")]
    public void The_hosts_mounts_are_cut_off_unless_the_root_is_to_stay_shared(string propagation, string host, string root)
    {
        List<PlanLine> lines = Plan(Configs.With("linux.rootfsPropagation", $"\"{propagation}\""));

        lines.Where(line => line.Step == "propagation").Select(line => $"{line.Step} {line.Object} {line.Details["set"]}")
            .Should().Equal(host.Length == 0 ? [] : [host]);
        lines.Where(line => line.Step == "root-attributes").Select(line => line.Details["propagation"])
            .Should().Equal(root.Length == 0 ? [] : [root]);
        lines.Single(line => line.Step == "root").Details.ContainsKey("parent").Should().Be(host.Length == 0);
    }

    [Fact]
    public void Sysctls_without_a_proc_of_the_container_get_a_detached_one()
    {
        string json = Configs.With("linux.sysctl", """{"net.core.somaxconn": "7"}""")
            .Replace("\"destination\":\"/proc\"", "\"destination\":\"/elsewhere\"");
        List<PlanLine> lines = Plan(json);
        PlanLine proc = lines.Single(line => line.Object == "(detached)");
        proc.Details["type"].Should().Be("proc");
        proc.Number.Should().BeLessThan(lines.Single(line => line.Step == "sysctl").Number);
    }

    [Fact]
    public void The_program_is_looked_for_along_the_containers_own_PATH()
    {
        Config config = Configs.Read(Configs.Good);
        config.Process!.Env = ["PATH=/old", "A=1", "PATH=/a::/b", "HOME=/h", "A=2"];
        List<PlanLine> lines = Plan(config);

        lines.Single(line => line.Step == "find").Details["in"].Should().Be("/a:.:/b");
        lines[^1].Details["env"].Should().Be("PATH=/a::/b HOME=/h A=2");
        lines.Should().NotContain(line => line.Step == "home");
    }

    [Fact]
    public void A_terminal_is_opened_while_dev_can_be_written_to_and_sent_when_all_is_made()
    {
        Config config = Configs.Read(Configs.With("mounts", """[{"destination": "/dev", "type": "tmpfs", "options": ["ro"]}]"""));
        config.Process!.Terminal = true;
        List<PlanLine> lines = Plan(config);

        lines.Select(line => line.Step == "bind" ? "bind " + line.Object : line.Step)
            .Where(step => step is "terminal" or "bind /dev/console" or "remount-readonly" or "mask" or "pivot_root" or "chdir"
                or "controlling-tty" or "send-terminal" or "close" or "user")
            .Should().Equal("terminal", "bind /dev/console", "remount-readonly", "mask", "pivot_root", "chdir",
                "controlling-tty", "send-terminal", "close", "user");
        lines.Single(line => line.Step == "terminal").Details.Should().BeEmpty("no size was asked for");
    }

    [Theory]
    [InlineData(true, "100x30")]
    [InlineData(false, "")]
    public void The_console_size_is_the_terminals_if_there_is_one(bool terminal, string expected)
    {
        Config config = Configs.Read(Configs.Good);
        config.Process!.Terminal = terminal;
        config.Process.ConsoleSize = new ConsoleSize { Height = 30, Width = 100 };

        string.Concat(Plan(config).Where(line => line.Step == "terminal").Select(line => $"{line.Details["columns"]}x{line.Details["rows"]}"))
            .Should().Be(expected);
    }

    [Fact]
    public void The_last_step_is_the_program() =>
        Plan(Configs.Good)[^1].Should().BeEquivalentTo(new { Step = "execve", Object = "sh", Origin = "process.args" });

    [Fact]
    public void Run_does_not_wait_at_the_start_gate_and_options_change_the_plan()
    {
        LaunchOptions options = new() { Id = "box", Bundle = "/bundle", NoPivot = true, NoNewKeyring = true, PreserveFds = 2 };
        List<PlanLine> lines = Plan(Configs.Read(Configs.Good), options);

        lines.Select(line => line.Step).Should().NotContain(["start-gate", "session-keyring", "pivot_root"]).And.Contain("move-root");
        lines.Single(line => line.Step == "close").Object.Should().Be("descriptors from 5");
    }

    [Fact]
    public void Every_step_knows_the_property_that_asked_for_it() =>
        Plan(Configs.Good).Select(line => line.Origin).Should().Contain(
            [
                "linux.namespaces", "hostname", "domainname", "root.path", "mounts[0]", "linux.devices[0]",
                "linux.maskedPaths[0]", "linux.readonlyPaths[0]",
                "process.cwd", "process.rlimits[0]", "process.oomScoreAdj", "process.user", "process.capabilities",
                "process.args[0]", "linux.resources.devices",
            ]);

    [Fact]
    public void A_joined_network_namespace_keeps_its_loopback_as_it_is()
    {
        string json = Configs.With("linux.namespaces[1]", """{"type": "network", "path": "/run/netns/x"}""");
        Plan(Configs.Good).Should().Contain(line => line.Step == "link-up");
        Plan(json).Should().NotContain(line => line.Step == "link-up")
            .And.Contain(line => line.Step == "setns" && line.Details["type"] == "network");
    }

    /// <summary>setgroups(2) would be refused, also with none; more than there were before is a failure to be told.</summary>
    [Theory]
    [InlineData(false, "[]", "")]
    [InlineData(true, "[]", "kept")]
    [InlineData(true, "[7]", "7")]
    public void Groups_that_can_not_be_given_up_are_kept(bool denied, string groups, string words)
    {
        Config config = ConfigReader.Read(Encoding.UTF8.GetBytes(Configs.With("process.user.additionalGids", groups)));
        LaunchPlan plan = Compiler.Compile(config, new LaunchOptions { Id = "box", Bundle = "/bundle" },
            new Host(new CgroupHierarchy(null, "/"), 40, DeniesGroups: denied), _ => new SeccompFilter(new byte[8], 0));
        PlanListing.Of(plan).Single(line => line.Step == "user").Details.GetValueOrDefault("groups", "").Should().Be(words);
    }

    private static List<PlanLine> Plan(string json)
    {
        Config config = ConfigReader.Read(Encoding.UTF8.GetBytes(json));
        Validation.Check(config);
        return Plan(config);
    }

    private static List<PlanLine> Plan(Config config, LaunchOptions? options = null) => PlanListing.Of(Compiler.Compile(
        config,
        options ?? new LaunchOptions { Id = "box", Bundle = "/bundle", Gate = true },
        new Host(new CgroupHierarchy("/sys/fs/cgroup", "/"), 40),
        _ => new SeccompFilter(new byte[8], 0)));
}
