using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Resource limits and capabilities, as the kernel reports them for a container's first process.</summary>
public sealed class LimitTests
{
    /// <summary>Every type with its line in /proc/PID/limits and values that are below what hosts have as hard limits.</summary>
    public static TheoryData<string, string, ulong, ulong> Types => new()
    {
        { "RLIMIT_CPU", "Max cpu time", 100, 200 },
        { "RLIMIT_FSIZE", "Max file size", 1 << 20, 1 << 21 },
        { "RLIMIT_DATA", "Max data size", 1 << 26, 1 << 27 },
        { "RLIMIT_STACK", "Max stack size", 1 << 20, 1 << 21 },
        { "RLIMIT_CORE", "Max core file size", 0, 0 },
        { "RLIMIT_RSS", "Max resident set", 1 << 26, 1 << 27 },
        { "RLIMIT_NPROC", "Max processes", 500, 1000 },
        { "RLIMIT_NOFILE", "Max open files", 100, 200 },
        { "RLIMIT_MEMLOCK", "Max locked memory", 4096, 8192 },
        { "RLIMIT_AS", "Max address space", 1 << 29, 1 << 30 },
        { "RLIMIT_LOCKS", "Max file locks", 10, 20 },
        { "RLIMIT_SIGPENDING", "Max pending signals", 10, 20 },
        { "RLIMIT_MSGQUEUE", "Max msgqueue size", 1000, 2000 },
        { "RLIMIT_NICE", "Max nice priority", 0, 0 },
        { "RLIMIT_RTPRIO", "Max realtime priority", 0, 0 },
        { "RLIMIT_RTTIME", "Max realtime timeout", 1_000_000, 2_000_000 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    [Proves("config-posix-03", "config-posix-05", "config-posix-07")]
    public void It_has_limits_of_every_type(string type, string line, ulong soft, ulong hard) =>
        Limits(type, soft, hard).Should().MatchRegex($"(?m)^{line} +{soft} +{hard} ");

    [Fact]
    [Proves("config-posix-03", "config-posix-05", "config-posix-07")]
    public void Its_program_reads_the_limits_with_getrlimit()
    {
        using Container container = Container.Script("ulimit -Sn; ulimit -Hn", config =>
            config["process"]!["rlimits"] = JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 33, "hard": 44}]"""));
        container.Run().ShouldEndWith(0).Out.Should().Be("33\n44\n");
    }

    [Theory]
    [InlineData("""{"type": "RLIMIT_CORE", "hard": 5}""", 0, 5)]
    [InlineData("""{"type": "RLIMIT_CORE", "soft": 0}""", 0, 0)]
    [InlineData("""{"type": "RLIMIT_CORE"}""", 0, 0)]
    [Proves("config-posix-04", "config-posix-06")]
    public void A_limit_that_is_not_given_is_0(string limit, int soft, int hard)
    {
        using Container container = Container.Script("cat /proc/1/limits",
            config => config["process"]!["rlimits"] = new JsonArray(JsonNode.Parse(limit)));
        container.Run().ShouldEndWith(0).Out.Should().MatchRegex($"(?m)^Max core file size +{soft} +{hard} ");
    }

    [ResourceTheory]
    [InlineData("RLIMIT_NICE", "Max nice priority", 20, 40)]
    [InlineData("RLIMIT_RTPRIO", "Max realtime priority", 50, 99)]
    public void A_hard_limit_can_be_raised(string type, string line, ulong soft, ulong hard) =>
        Limits(type, soft, hard).Should().MatchRegex($"(?m)^{line} +{soft} +{hard} ");

    [Fact]
    public void A_hard_limit_that_may_not_be_raised_is_refused_by_its_path() => new Container(config =>
        config["process"]!["rlimits"] = JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 64, "hard": 128}]"""))
        .Use(container => Command.Shell(
            "ulimit -n 100; exec setpriv --bounding-set=-sys_resource \"$1\" --root \"$2\" run -b \"$3\" \"$4\"",
            Repository.Binary, container.StateRoot, container.Bundle, container.Id)
            .ShouldFailWith("process.rlimits[0]: setrlimit RLIMIT_NOFILE: operation not permitted"));

    [Fact]
    [Proves("config-linuxprocess-01", "config-linuxprocess-02")]
    public void A_capability_that_rt_does_not_have_is_left_out_with_a_warning_in_the_log()
    {
        using Container container = Container.Script("grep -E 'CapPrm|CapEff' /proc/1/status", config =>
            config["process"]!["capabilities"] = JsonNode.Parse("""
                {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL", "CAP_SYS_BOOT"]}
                """));
        string log = Path.Combine(container.Bundle, "log");

        Command.Run("setpriv", "--bounding-set=-sys_boot", Repository.Binary, "--root", container.StateRoot, "--log", log,
            "run", "--bundle", container.Bundle, container.Id).ShouldEndWith(0)
            .Out.Should().Be("CapPrm:\t0000000000000020\nCapEff:\t0000000000000020\n");
        File.ReadAllText(log).Should().Contain("process.capabilities.permitted: CAP_SYS_BOOT is not rt's to grant, left out");
    }

    [Fact]
    [Proves("config-linuxprocess-01", "config-linuxprocess-02")]
    public void A_capability_that_is_unknown_is_left_out_with_a_warning_in_the_log()
    {
        using Container container = Container.Script("grep CapBnd /proc/1/status", config =>
            config["process"]!["capabilities"] = JsonNode.Parse("""
                {"bounding": ["CAP_KILL", "CAP_FLY"], "effective": ["CAP_SWIM"], "permitted": ["CAP_KILL"]}
                """));
        string log = Path.Combine(container.Bundle, "log");

        container.Rt("--log", log, "--log-format", "json", "run", "--bundle", container.Bundle, container.Id).ShouldEndWith(0)
            .Out.Should().Be("CapBnd:\t0000000000000020\n");
        File.ReadAllLines(log).Select(line => JsonNode.Parse(line)!).Select(line => $"{line["level"]}: {line["msg"]}")
            .Should().BeEquivalentTo(
                "warning: process.capabilities.bounding: CAP_FLY is unknown here, left out",
                "warning: process.capabilities.effective: CAP_SWIM is unknown here, left out");
    }

    private static string Limits(string type, ulong soft, ulong hard)
    {
        using Container container = Container.Script("cat /proc/1/limits", config => config["process"]!["rlimits"] =
            new JsonArray(new JsonObject { ["type"] = type, ["soft"] = soft, ["hard"] = hard }));
        return container.Run().ShouldEndWith(0).Out;
    }
}
