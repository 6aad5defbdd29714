using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Bad configurations, each one change away from a good one, are refused by the path of what is wrong.</summary>
public sealed class ValidationTests
{
    [Fact]
    public void A_good_configuration_passes() => FluentActions.Invoking(() => Check(Configs.Good)).Should().NotThrow();

    [Theory]
    [InlineData("ociVersion", "absent")]
    [InlineData("ociVersion", "\"\"")]
    [InlineData("ociVersion", "\"1\"")]
    [InlineData("ociVersion", "\"1.0\"")]
    [InlineData("ociVersion", "\"1.0.0.0\"")]
    [InlineData("ociVersion", "\"one\"")]
    [InlineData("ociVersion", "\"1.x.0\"")]
    [InlineData("ociVersion", "\"1.-1.0\"")]
    [InlineData("ociVersion", "\"1. 2.0\"")]
    [InlineData("ociVersion", "\"0.9.9\"")]
    [InlineData("ociVersion", "\"2.0.0\"")]
    [InlineData("ociVersion", "\"v1.0.0\"")]
    [InlineData("root", "absent")]
    [InlineData("root.path", "absent")]
    [InlineData("root.path", "\"\"")]
    [InlineData("process", "absent")]
    [InlineData("process.args", "absent")]
    [InlineData("process.args", "[]")]
    [InlineData("process.args[0]", "\"\"")]
    [InlineData("process.cwd", "absent")]
    [InlineData("process.cwd", "\"\"")]
    [InlineData("process.cwd", "\"work\"")]
    [InlineData("process.cwd", "\"./work\"")]
    [InlineData("process.env[0]", "\"PATH\"")]
    [InlineData("process.env[0]", "\"=value\"")]
    [InlineData("process.env[0]", "\"\"")]
    [InlineData("process.oomScoreAdj", "-1001")]
    [InlineData("process.oomScoreAdj", "1001")]
    [InlineData("process.user.umask", "512")]
    [InlineData("process.rlimits[0].type", "absent")]
    [InlineData("process.rlimits[0].type", "\"NOFILE\"")]
    [InlineData("process.rlimits[0].type", "\"rlimit_nofile\"")]
    [InlineData("process.rlimits[0].soft", "1025")]
    [InlineData("linux.namespaces[0].type", "absent")]
    [InlineData("linux.namespaces[0].type", "\"net\"")]
    [InlineData("linux.namespaces[0].type", "\"mnt\"")]
    [InlineData("linux.namespaces[0].type", "\"PID\"")]
    [InlineData("linux.namespaces[0].path", "\"proc/1/ns/pid\"")]
    [InlineData("mounts[0].destination", "absent")]
    [InlineData("mounts[0].destination", "\"\"")]
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
    [InlineData("linux.namespaces[4]", """{"type": "cgroup"}""", "linux.namespaces")]
    [InlineData("linux.namespaces[1]", """{"type": "pid"}""", "linux.namespaces[1].type")]
    [InlineData("process.rlimits", """[{"type": "RLIMIT_CPU"}, {"type": "RLIMIT_AS"}, {"type": "RLIMIT_CPU"}]""", "process.rlimits[2].type")]
    [InlineData("process.rlimits", """[{"type": "RLIMIT_CPU", "soft": 18446744073709551615, "hard": 1}]""", "process.rlimits[0].soft")]
    [InlineData("linux.namespaces", "[]", "linux.namespaces")]
    public void Values_that_do_not_go_together_are_refused(string changed, string value, string path) =>
        Refused(Configs.With(changed, value)).Path.Should().Be(path);

    [Theory]
    [InlineData("true", 65535, 65535, null)]
    [InlineData("true", 65536, 80, "process.consoleSize.height")]
    [InlineData("true", 25, 65536, "process.consoleSize.width")]
    [InlineData("false", 65536, 65536, null)]
    public void A_terminal_has_16_bits_for_each_side(string terminal, int height, int width, string? path)
    {
        string json = Configs.With("process.terminal", terminal)
            .Replace("\"terminal\":", $"\"consoleSize\":{{\"height\":{height},\"width\":{width}}},\"terminal\":");
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
    [InlineData("ociVersion", "\"1.0.0-rc5\"")]
    [InlineData("ociVersion", "\"1.3.0+build.7\"")]
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

    private static void Check(string json) => Validation.Check(Configs.Read(json));

    private static SpecException Refused(string json) => FluentActions.Invoking(() => Check(json)).Should().Throw<SpecException>().Which;
}
