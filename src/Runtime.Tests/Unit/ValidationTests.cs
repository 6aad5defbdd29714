using Rt.Launch;
using Rt.Spec;
using Rt.Terminal;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Bad configurations, each one change away from a good one, are refused by the path of what is wrong.</summary>
public sealed class ValidationTests
{
    [Fact]
    public void A_good_configuration_passes() => FluentActions.Invoking(() => Check(Configs.Good)).Should().NotThrow();

    [Theory]
    [InlineData("absent")]
    [InlineData("null")]
    [InlineData("\"\"")]
    [Proves("config-version-01")]
    public void A_version_is_required(string version) => RefusedWith("ociVersion", version).Should().Be("ociVersion: is required");

    [Theory]
    [InlineData("1")]
    [InlineData("1.0")]
    [InlineData("1.0.0.0")]
    [InlineData("one")]
    [InlineData("1.x.0")]
    [InlineData("1.-1.0")]
    [InlineData("1. 2.0")]
    [InlineData("v1.0.0")]
    [InlineData("01.0.0")]
    [InlineData("1.02.0")]
    [InlineData("1.0.00")]
    [InlineData("1.0.0-")]
    [InlineData("1.0.0-rc..5")]
    [InlineData("1.0.0-rc.05")]
    [InlineData("1.0.0-rc_5")]
    [InlineData("1.0.0+")]
    [InlineData("1.0.0+build.")]
    [InlineData("1.0.0+a+b")]
    [Proves("config-version-02")]
    public void A_version_that_is_none_by_SemVer_is_refused(string version) =>
        RefusedWith("ociVersion", $"\"{version}\"").Should().Be($"ociVersion: \"{version}\" is no version (SemVer 2.0.0)");

    [Theory]
    [InlineData("1.0.0")]
    [InlineData("1.0.0-rc5")]
    [InlineData("1.0.0-0.a-b.05x")]
    [InlineData("1.3.0+build.007")]
    [InlineData("1.20.300-rc.1+a.b")]
    public void A_version_by_SemVer_passes(string version) =>
        FluentActions.Invoking(() => Check(Configs.With("ociVersion", $"\"{version}\""))).Should().NotThrow();

    [Theory]
    [InlineData("0.9.9")]
    [InlineData("2.0.0")]
    public void A_version_of_another_specification_is_refused(string version) =>
        RefusedWith("ociVersion", $"\"{version}\"").Should().StartWith($"ociVersion: {version} is not supported");

    [Theory]
    [InlineData("absent")]
    [InlineData("null")]
    [Proves("config-root-01")]
    public void A_root_is_required(string root) => RefusedWith("root", root).Should().Be("root: is required");

    [Theory]
    [InlineData("absent")]
    [InlineData("\"\"")]
    [Proves("config-root-02")]
    public void A_root_has_a_path(string path) => RefusedWith("root.path", path).Should().Be("root.path: is required");

    [Theory]
    [InlineData("absent")]
    [InlineData("null")]
    [Proves("config-process-01")]
    public void A_process_is_required_also_by_create(string process) => RefusedWith("process", process).Should().Be("process: is required");

    [Theory]
    [InlineData("absent")]
    [InlineData("\"\"")]
    [Proves("config-process-05")]
    public void A_working_directory_is_required(string cwd) => RefusedWith("process.cwd", cwd).Should().Be("process.cwd: is required");

    [Theory]
    [InlineData("work")]
    [InlineData("./work")]
    [InlineData("../")]
    [InlineData("~")]
    [Proves("config-process-06")]
    public void A_working_directory_that_is_not_absolute_is_refused(string cwd) =>
        RefusedWith("process.cwd", $"\"{cwd}\"").Should().Be($"process.cwd: \"{cwd}\" must be an absolute path");

    [Theory]
    [InlineData("absent")]
    [InlineData("null")]
    [InlineData("[]")]
    [Proves("config-process-07")]
    public void A_program_is_required(string args) =>
        RefusedWith("process.args", args).Should().Be("process.args: args must not be empty");

    [Fact]
    public void A_program_has_a_name() => RefusedWith("process.args[0]", "\"\"").Should().StartWith("process.args[0]: ");

    [Theory]
    [InlineData("absent")]
    [InlineData("\"\"")]
    [Proves("config-posix-01")]
    public void A_resource_limit_has_a_type(string type) =>
        RefusedWith("process.rlimits[0].type", type).Should().Be("process.rlimits[0].type: \"\" is no resource limit");

    [Theory]
    [InlineData("NOFILE")]
    [InlineData("rlimit_nofile")]
    [InlineData("RLIMIT_OFILE")]
    [InlineData("RLIMIT_NOFILE ")]
    [InlineData("7")]
    [Proves("config-posix-02")]
    public void A_resource_limit_of_a_type_that_the_kernel_does_not_have_is_refused(string type) =>
        RefusedWith("process.rlimits[0].type", $"\"{type}\"").Should().Be($"process.rlimits[0].type: \"{type}\" is no resource limit");

    [Fact]
    [Proves("config-posix-08")]
    public void Two_resource_limits_of_one_type_are_refused() =>
        RefusedWith("process.rlimits", """[{"type": "RLIMIT_CPU"}, {"type": "RLIMIT_AS"}, {"type": "RLIMIT_CPU"}]""")
            .Should().Be("process.rlimits[2].type: RLIMIT_CPU is there twice");

    [Theory]
    [InlineData("absent")]
    [InlineData("\"\"")]
    [Proves("config-mounts-02")]
    public void A_mount_has_a_destination(string destination) =>
        RefusedWith("mounts[0].destination", destination).Should().Be("mounts[0].destination: is required");

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"policy": null, "nice": 1}""")]
    [InlineData("""{"policy": ""}""")]
    [Proves("config-linuxprocess-05")]
    public void A_scheduler_has_a_policy(string scheduler) =>
        RefusedWith("process.scheduler", scheduler).Should().Be("process.scheduler.policy: \"\" is no scheduling policy");

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"priority": 4}""")]
    [InlineData("""{"class": "", "priority": 4}""")]
    [Proves("config-linuxprocess-11")]
    public void An_io_priority_has_a_class(string priority) =>
        RefusedWith("process.ioPriority", priority).Should().Be("process.ioPriority.class: \"\" is no class of I/O priority");

    [Theory]
    [InlineData("-1")]
    [InlineData("8")]
    [InlineData("3.5")]
    [InlineData("4294967296")]
    [Proves("config-linuxprocess-13")]
    public void An_io_priority_is_a_whole_number_from_0_to_7(string priority)
    {
        foreach (string of in (string[])["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"])
            RefusedWith("process.ioPriority", $$"""{"class": "{{of}}", "priority": {{priority}}}""")
                .Should().StartWith("process.ioPriority.priority: ");
    }

    [Theory]
    [InlineData("""{"width": 80}""", 0, 80)]
    [InlineData("""{"height": 25}""", 25, 0)]
    [InlineData("{}", 0, 0)]
    [Proves("config-process-03", "config-process-04")]
    public void A_side_of_a_terminal_that_is_not_given_is_0(string size, int rows, int columns)
    {
        OpenTerminal terminal = Plans.Step<OpenTerminal>(Plans.Compile(WithTerminal("true", size)));
        (terminal.HasSize, terminal.Rows, terminal.Columns).Should().Be((true, (ushort)rows, (ushort)columns));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"height": 65536, "width": 4294967295}""")]
    [InlineData("""{"height": -1, "width": "80"}""")]
    [InlineData("[[25], {}]")]
    [InlineData("\"80x25\"")]
    [Proves("config-process-02")]
    public void The_size_of_a_terminal_that_is_not_there_is_ignored(string size) =>
        PlanListing.Text(Plans.Lines(WithTerminal("false", size))).Should().Be(PlanListing.Text(Plans.Lines(Configs.Good)));

    [Theory]
    [InlineData("process.user.uid", "4294967295")]
    [InlineData("process.user.gid", "4294967295")]
    [InlineData("process.user.additionalGids", "[4294967295]")]
    [InlineData("linux.devices[0].uid", "4294967295")]
    [InlineData("linux.devices[0].gid", "4294967295")]
    public void An_id_that_the_kernel_takes_for_none_is_refused(string path, string value) =>
        RefusedWith(path, value).Should().StartWith(path).And.EndWith(": 4294967295 is no id: it stands for none");

    [Fact]
    [Proves("config-annotations-02")]
    public void An_annotation_has_a_key() =>
        RefusedWith("annotations", """{"key": "value", "": "other"}""").Should().Be("annotations: a key must not be empty");

    [Theory]
    [InlineData("\"key=value\"")]
    [InlineData("[\"key\"]")]
    [InlineData("true")]
    [Proves("config-annotations-01")]
    public void Annotations_are_an_object(string annotations) =>
        RefusedWith("annotations", annotations).Should().StartWith("annotations: expected an object");

    [Theory]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[\"value\"]")]
    [Proves("config-annotations-05")]
    public void An_annotation_that_is_no_string_is_refused(string value) =>
        RefusedWith("annotations", $$"""{"empty": "", "key": {{value}}}""").Should().StartWith("annotations.key: expected a string");

    [Theory]
    [Proves("config-linux-namespaces-01", "config-linux-devices-02", "config-linux-devices-03")]
    [InlineData("process.env[0]", "\"PATH\"")]
    [InlineData("process.env[0]", "\"=value\"")]
    [InlineData("process.env[0]", "\"\"")]
    [InlineData("process.oomScoreAdj", "-1001")]
    [InlineData("process.oomScoreAdj", "1001")]
    [InlineData("process.user.umask", "512")]
    [InlineData("process.rlimits[0].soft", "1025")]
    [InlineData("linux.namespaces[0].type", "absent")]
    [InlineData("linux.namespaces[0].type", "\"net\"")]
    [InlineData("linux.namespaces[0].type", "\"mnt\"")]
    [InlineData("linux.namespaces[0].type", "\"PID\"")]
    [InlineData("linux.namespaces[0].path", "\"proc/1/ns/pid\"")]
    [InlineData("linux.devices[0].path", "absent")]
    [InlineData("linux.devices[0].path", "\"dev/fuse\"")]
    [InlineData("linux.devices[0].path", "\"/\"")]
    [InlineData("linux.devices[0].path", "\"/dev/\"")]
    [InlineData("linux.devices[0].path", "\"/dev/.\"")]
    [InlineData("linux.devices[0].path", "\"/dev/..\"")]
    [InlineData("linux.devices[0].type", "absent")]
    [InlineData("linux.devices[0].type", "\"a\"")]
    [InlineData("linux.devices[0].type", "\"char\"")]
    [InlineData("linux.devices[0].major", "-1")]
    [InlineData("linux.devices[0].major", "4096")]
    [InlineData("linux.devices[0].minor", "-1")]
    [InlineData("linux.devices[0].minor", "1048576")]
    [InlineData("linux.resources.devices[0].type", "\"p\"")]
    [InlineData("linux.resources.devices[0].type", "\"A\"")]
    [InlineData("linux.resources.devices[0].access", "\"rwx\"")]
    [InlineData("linux.resources.devices[0].access", "\"R\"")]
    [InlineData("linux.resources.devices[0].major", "4294967296")]
    [InlineData("linux.resources.devices[0].minor", "4294967296")]
    [InlineData("linux.maskedPaths[0]", "\"proc/kcore\"")]
    [InlineData("linux.maskedPaths[0]", "\"\"")]
    [InlineData("linux.readonlyPaths[0]", "\"../proc\"")]
    [InlineData("linux.rootfsPropagation", "\"Private\"")]
    [InlineData("linux.rootfsPropagation", "\"ro\"")]
    public void A_bad_value_is_named_by_its_path(string path, string value) => Refused(Configs.With(path, value)).Path.Should().Be(path);

    [Theory]
    [InlineData("linux.namespaces[3]", """{"type": "cgroup"}""", "hostname")]
    [InlineData("linux.namespaces[4]", """{"type": "user"}""", "linux.namespaces")]
    [InlineData("linux.namespaces[1]", """{"type": "pid"}""", "linux.namespaces[1].type")]
    [InlineData("process.rlimits", """[{"type": "RLIMIT_CPU", "soft": 18446744073709551615, "hard": 1}]""", "process.rlimits[0].soft")]
    [InlineData("linux.namespaces", "[]", "hostname")]
    public void Values_that_do_not_go_together_are_refused(string changed, string value, string path) =>
        Refused(Configs.With(changed, value)).Path.Should().Be(path);

    [Theory]
    [InlineData("true", 65535, 65535, null)]
    [InlineData("true", 65536, 80, "process.consoleSize.height")]
    [InlineData("true", 25, 65536, "process.consoleSize.width")]
    public void A_terminal_has_16_bits_for_each_side(string terminal, int height, int width, string? path)
    {
        string json = WithTerminal(terminal, $$"""{"height":{{height}},"width":{{width}}}""");
        if (path == null) FluentActions.Invoking(() => Check(json)).Should().NotThrow();
        else Refused(json).Path.Should().Be(path);
    }

    [Fact]
    public void A_domainname_needs_a_UTS_namespace()
    {
        string json = Configs.With("linux.namespaces[3]", """{"type": "cgroup"}""").Replace("\"hostname\":\"box\",", "");
        Refused(json).Path.Should().Be("domainname");
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    [InlineData("startContainer")]
    [InlineData("poststart")]
    [InlineData("poststop")]
    [Proves("config-hooks-01", "config-hooks-02", "config-hooks-03")]
    public void A_hook_has_an_absolute_path_and_a_timeout_above_0(string kind)
    {
        string Hooks(string second) => Configs.With("hooks", $$"""{"{{kind}}": [{"path": "/bin/first"}, {{second}}]}""");
        FluentActions.Invoking(() => Check(Hooks("""{"path": "/a", "args": null, "env": null, "timeout": null}"""))).Should().NotThrow();
        FluentActions.Invoking(() => Check(Hooks("""{"path": "/a", "timeout": 2147483647}"""))).Should().NotThrow();
        Refused(Hooks("{}")).Path.Should().Be($"hooks.{kind}[1].path");
        Refused(Hooks("""{"args": ["/bin/true"]}""")).Path.Should().Be($"hooks.{kind}[1].path");
        foreach (string path in (string[])["", "true", "./true", "bin/true"])
            Refused(Hooks($$"""{"path": "{{path}}"}""")).Path.Should().Be($"hooks.{kind}[1].path");
        foreach (int timeout in (int[])[0, -1])
            Refused(Hooks($$"""{"path": "/a", "timeout": {{timeout}}}""")).Path.Should().Be($"hooks.{kind}[1].timeout");
    }

    [Theory]
    [InlineData("hostname")]
    [InlineData("domainname")]
    public void A_name_has_64_bytes_at_most(string property)
    {
        FluentActions.Invoking(() => Check(Configs.With(property, $"\"{new string('a', 64)}\""))).Should().NotThrow();
        Refused(Configs.With(property, $"\"{new string('a', 65)}\"")).Path.Should().Be(property);
        Refused(Configs.With(property, $"\"{new string('é', 33)}\"")).Path.Should().Be(property, "33 times é is 66 bytes of UTF-8");
    }

    [Theory]
    [InlineData("kernel.shmmax", null)]
    [InlineData("net.ipv4.ip_forward", null)]
    [InlineData("kernel.domainname", null)]
    [InlineData("fs.mqueue.msg_max", null)]
    [InlineData("kernel.hostname", "linux.sysctl.kernel.hostname")]
    [InlineData("kernel.core_pattern", "linux.sysctl.kernel.core_pattern")]
    [InlineData("vm.swappiness", "linux.sysctl.vm.swappiness")]
    [InlineData("user.max_user_namespaces", "linux.sysctl.user.max_user_namespaces")]
    [InlineData("net/../kernel/core_pattern", "linux.sysctl.net/../kernel/core_pattern")]
    [InlineData("", "linux.sysctl.")]
    public void A_sysctl_must_be_the_containers_own(string key, string? path)
    {
        string json = Configs.With("linux.sysctl", $$"""{"{{key}}": "1"}""");
        if (path == null) FluentActions.Invoking(() => Check(json)).Should().NotThrow();
        else Refused(json).Path.Should().Be(path);
    }

    [Theory]
    [InlineData("process.oomScoreAdj", "-1000")]
    [InlineData("process.user.umask", "511")]
    [InlineData("process.env[0]", "\"A==\"")]
    [InlineData("linux.devices[0]", """{"type": "p", "path": "/run/pipe", "major": -1, "minor": -1}""")]
    [InlineData("linux.devices[0]", """{"type": "u", "path": "/dev/x", "major": 4095, "minor": 1048575}""")]
    [InlineData("linux.resources.devices[0]", """{"allow": true, "type": "c", "major": 4294967295, "minor": -1, "access": "m"}""")]
    [InlineData("linux.rootfsPropagation", "\"runbindable\"")]
    [InlineData("process.rlimits[0]", """{"type": "RLIMIT_CORE", "soft": 18446744073709551615, "hard": 18446744073709551615}""")]
    public void A_value_at_the_edge_of_what_is_allowed_passes(string path, string value) =>
        FluentActions.Invoking(() => Check(Configs.With(path, value))).Should().NotThrow();

    [Fact]
    public void A_container_may_share_all_namespaces_of_the_host_if_it_asks_for_nothing_of_their_own()
    {
        string json = Configs.With("linux.namespaces", "[]").Replace("\"hostname\":\"box\",", "").Replace("\"domainname\":\"test\",", "");
        FluentActions.Invoking(() => Check(json)).Should().NotThrow();
    }

    private static string WithTerminal(string terminal, string size) =>
        Configs.With("process.terminal", terminal).Replace("\"terminal\":", $"\"consoleSize\":{size},\"terminal\":");

    private static string RefusedWith(string path, string value) => Refused(Configs.With(path, value)).Message;

    private static void Check(string json) => Validation.Check(Configs.Read(json));

    private static SpecException Refused(string json) => FluentActions.Invoking(() => Check(json)).Should().Throw<SpecException>().Which;
}
