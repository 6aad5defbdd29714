using System.Text;
using System.Text.Json.Nodes;
using Rt.Cgroups;
using Rt.Launch;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

public sealed class ConfigReaderTests
{
    [Fact]
    public void What_stands_in_the_configuration_is_what_the_container_gets()
    {
        Config config = Configs.Read("""
            {
              "ociVersion": "1.0.2",
              "root": {"path": "/srv/root", "readonly": true},
              "process": {
                "terminal": true, "args": ["a", "b"], "env": ["A=1"], "cwd": "/w", "noNewPrivileges": true, "oomScoreAdj": -7,
                "user": {"uid": 4294967295, "gid": 2, "umask": 63, "additionalGids": [3, 4]},
                "capabilities": {"bounding": ["CAP_KILL"], "effective": ["B"], "inheritable": ["C"], "permitted": ["D"], "ambient": ["E"]},
                "rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 18446744073709551615}]
              },
              "hostname": "h", "domainname": "d",
              "mounts": [{"destination": "/m", "type": "tmpfs", "source": "s", "options": ["ro", "x=y"]}],
              "annotations": {"k": "v"},
              "linux": {
                "namespaces": [{"type": "pid", "path": "/p"}],
                "devices": [{"type": "b", "path": "/dev/x", "major": 1, "minor": 2, "fileMode": 3, "uid": 4, "gid": 5}],
                "cgroupsPath": "/c", "rootfsPropagation": "slave",
                "sysctl": {"net.a": "1"}, "maskedPaths": ["/m"], "readonlyPaths": ["/r"],
                "resources": {
                  "devices": [{"allow": true, "type": "c", "major": 1, "minor": -1, "access": "r"}],
                  "memory": {"limit": 1, "reservation": 2, "swap": -1}, "pids": {"limit": 9},
                  "cpu": {"shares": 1, "quota": -1, "period": 2, "burst": 3, "idle": 1, "cpus": "0", "mems": "1"},
                  "unified": {"memory.high": "max"}
                }
              }
            }
            """);

        config.Should().BeEquivalentTo(new Config
        {
            OciVersion = "1.0.2",
            Root = new Root { Path = "/srv/root", Readonly = true },
            Process = new ContainerProcess
            {
                Terminal = true, Args = ["a", "b"], Env = ["A=1"], Cwd = "/w", NoNewPrivileges = true, OomScoreAdj = -7,
                User = new User { Uid = uint.MaxValue, Gid = 2, Umask = 63, AdditionalGids = [3, 4] },
                Capabilities = new Capabilities
                    { Bounding = ["CAP_KILL"], Effective = ["B"], Inheritable = ["C"], Permitted = ["D"], Ambient = ["E"] },
                Rlimits = [new Rlimit { Type = "RLIMIT_CPU", Soft = 1, Hard = ulong.MaxValue }],
            },
            Hostname = "h",
            Domainname = "d",
            Mounts = [new Mount { Destination = "/m", Type = "tmpfs", Source = "s", Options = ["ro", "x=y"] }],
            Annotations = new SortedDictionary<string, string> { ["k"] = "v" },
            Linux = new Linux
            {
                Namespaces = [new Namespace { Type = "pid", Path = "/p" }],
                Devices = [new Device { Type = "b", Path = "/dev/x", Major = 1, Minor = 2, FileMode = 3, Uid = 4, Gid = 5 }],
                CgroupsPath = "/c",
                RootfsPropagation = "slave",
                Sysctl = new SortedDictionary<string, string> { ["net.a"] = "1" },
                MaskedPaths = ["/m"],
                ReadonlyPaths = ["/r"],
                Resources = new Resources
                {
                    Devices = [new DeviceRule { Allow = true, Type = "c", Major = 1, Minor = -1, Access = "r" }],
                    Memory = new MemoryLimits { Limit = 1, Reservation = 2, Swap = -1 },
                    Cpu = new CpuLimits { Shares = 1, Quota = -1, Period = 2, Burst = 3, Idle = 1, Cpus = "0", Mems = "1" },
                    PidsLimit = 9,
                    Unified = new SortedDictionary<string, string> { ["memory.high"] = "max" },
                },
            },
        });
    }

    [Fact]
    public void Properties_that_the_spec_does_not_know_are_ignored()
    {
        Config config = Configs.Read("""
            {"ociVersion": "1.3.0", "x": {"a": [1, {"b": null}]}, "process": {"cwd": "/", "vendor": [[]], "user": {"name": "x"}},
             "linux": {"future": true, "resources": {"memory": {"new": 1.5e3}, "cpu": {"n": -1}, "pids": {"z": "z"}}}, "hooks": {"mine": 1}}
            """);

        config.OciVersion.Should().Be("1.3.0");
        config.Process!.Cwd.Should().Be("/");
        config.Linux.Resources.Memory.Should().NotBeNull();
    }

    [Fact]
    [Proves("config-extensibility-01")]
    public void Unknown_properties_at_any_depth_change_nothing()
    {
        JsonNode good = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.BadConfigs, "good.json")))!;
        JsonNode extended = good.DeepClone();
        int added = AddUnknown(extended);
        added.Should().BeGreaterThan(30, "every object should have got one");

        (string plan, Seccomp seccomp) = Meaning(extended);
        (string expected, Seccomp expectedSeccomp) = Meaning(good);
        plan.Should().Be(expected);
        seccomp.Should().BeEquivalentTo(expectedSeccomp);

        static (string, Seccomp) Meaning(JsonNode config) => (PlanListing.Text(Plans.Lines(config.ToJsonString())),
            SeccompReader.Read(Configs.Read(config.ToJsonString()).Linux.Seccomp!));
    }

    /// <summary>To every object but those whose keys anyone may choose; returns how many.</summary>
    private static int AddUnknown(JsonNode? node, string name = "")
    {
        int added = 0;
        if (node is JsonArray array) return array.Sum(item => AddUnknown(item));
        if (node is not JsonObject config || name is "annotations" or "sysctl" or "unified") return added;
        foreach ((string key, JsonNode? value) in config.ToArray()) added += AddUnknown(value, key);
        config.Insert(0, "unknown", JsonNode.Parse("""{"path": 1, "deeper": [{"type": null}, [], "x"]}"""));
        config["Path"] = 7; // names have cases
        return added + 1;
    }

    [Fact]
    public void Null_counts_as_absent()
    {
        Config config = Configs.Read("""
            {"ociVersion": null, "root": null, "process": {"terminal": null, "args": null, "capabilities": null, "oomScoreAdj": null,
             "user": {"uid": null, "umask": null}, "rlimits": null}, "mounts": null, "annotations": null, "hooks": null,
             "linux": {"namespaces": null, "devices": [null], "seccomp": null, "sysctl": null,
              "resources": {"memory": null, "cpu": {"shares": null}, "pids": null, "blockIO": null, "unified": null, "devices": [{"type": null, "major": null}]}}}
            """);

        config.Root.Should().BeNull();
        config.Process.Should().BeEquivalentTo(new ContainerProcess());
        config.Mounts.Should().BeEmpty();
        config.Linux.Devices.Should().ContainSingle().Which.Should().BeEquivalentTo(new Device());
        config.Linux.Seccomp.Should().BeNull();
        config.Linux.Sysctl.Should().BeEmpty();
        config.Linux.Resources.Devices.Should().ContainSingle().Which.Should().BeEquivalentTo(new DeviceRule());
        UnifiedLimits.Compile(config.Linux.Resources).Should().BeEmpty();
    }

    [Theory]
    [InlineData("""{"ociVersion": 1}""", "ociVersion", "a string")]
    [InlineData("""{"root": []}""", "root", "an object")]
    [InlineData("""{"root": {"readonly": "yes"}}""", "root.readonly", "true or false")]
    [InlineData("""{"process": {"args": "sh"}}""", "process.args", "an array")]
    [InlineData("""{"process": {"args": ["sh", {}]}}""", "process.args[1]", "a string")]
    [InlineData("""{"process": {"user": {"additionalGids": [1, 2, "3"]}}}""", "process.user.additionalGids[2]", "a whole number")]
    [InlineData("""{"process": {"capabilities": {"ambient": true}}}""", "process.capabilities.ambient", "an array")]
    [InlineData("""{"mounts": [{}, {"options": ["ro", 1]}]}""", "mounts[1].options[1]", "a string")]
    [InlineData("""{"annotations": {"a": 1}}""", "annotations.a", "a string")]
    [InlineData("""{"linux": {"resources": {"pids": {"limit": "5"}}}}""", "linux.resources.pids.limit", "a whole number")]
    [InlineData("""{"linux": {"resources": {"devices": [{"allow": 0}]}}}""", "linux.resources.devices[0].allow", "true or false")]
    [InlineData("""{"linux": {"sysctl": ["a"]}}""", "linux.sysctl", "an object")]
    public void A_value_of_the_wrong_type_is_named_by_its_path(string json, string path, string expected)
    {
        SpecException error = Refused(json);
        error.Path.Should().Be(path);
        error.Message.Should().StartWith($"{path}: expected {expected}").And.EndWith("(line 1)");
    }

    [Theory]
    [InlineData("""{"process": {"user": {"uid": -1}}}""", "process.user.uid")]
    [InlineData("""{"process": {"user": {"gid": 4294967296}}}""", "process.user.gid")]
    [InlineData("""{"process": {"user": {"umask": 1.5}}}""", "process.user.umask")]
    [InlineData("""{"process": {"oomScoreAdj": 2147483648}}""", "process.oomScoreAdj")]
    [InlineData("""{"process": {"rlimits": [{"soft": 18446744073709551616}]}}""", "process.rlimits[0].soft")]
    [InlineData("""{"process": {"rlimits": [{"hard": -1}]}}""", "process.rlimits[0].hard")]
    [InlineData("""{"linux": {"resources": {"memory": {"limit": 9223372036854775808}}}}""", "linux.resources.memory.limit")]
    [InlineData("""{"linux": {"resources": {"cpu": {"shares": -2}}}}""", "linux.resources.cpu.shares")]
    [InlineData("""{"linux": {"devices": [{"fileMode": 1e3}]}}""", "linux.devices[0].fileMode")]
    public void A_number_out_of_range_is_refused(string json, string path)
    {
        SpecException error = Refused(json);
        error.Path.Should().Be(path);
        error.Message.Should().StartWith($"{path}: expected a whole number from");
    }

    [Fact]
    public void The_line_of_a_wrong_value_is_told() =>
        Refused("{\n\"ociVersion\": \"1.0.0\",\n\"process\": {\n\"cwd\": 7}}")
            .Message.Should().StartWith("process.cwd: expected a string").And.EndWith("(line 4)");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"ociVersion": """)]
    [InlineData("""{"ociVersion": "1.0.0",}""")]
    [InlineData("""{"ociVersion": '1.0.0'}""")]
    [InlineData("""{"ociVersion": "1.0.0"} x""")]
    [InlineData("""{"ociVersion": "1.0.0"} {}""")]
    [InlineData("""{"ociVersion": "1.0.0" // no comments in JSON""")]
    [InlineData("{\"ociVersion\": \"a\nb\"}")]
    [InlineData("""{"unknown": [1, 2, }}""")]
    public void Bad_JSON_is_refused(string json) => Refused(json).Message.Should().StartWith("invalid JSON");

    [Fact]
    public void The_place_of_a_syntax_error_is_told() =>
        Refused("{\n  \"ociVersion\": oops}").Message.Should().Be("invalid JSON at line 2, column 17");

    [Theory]
    [InlineData("[]", "expected an object, found an array (line 1)")]
    [InlineData("7", "expected an object")]
    [InlineData("null", "the configuration is null")]
    public void A_configuration_that_is_no_object_is_refused(string json, string message) =>
        Refused(json).Message.Should().StartWith(message);

    [Theory]
    [InlineData("unknown")]
    [InlineData("annotations")]
    public void Nesting_deeper_than_any_configuration_needs_is_refused(string property)
    {
        string json = $$"""{"{{property}}": {{new string('[', 100_000)}}{{new string(']', 100_000)}}}""";
        Invoking(json).Should().Throw<SpecException>();
    }

    [Theory]
    [InlineData("""{"process": {"cwd": "/a\u0000b"}}""", "process.cwd")]
    [InlineData("""{"process": {"env": ["A=1", "B=\u0000"]}}""", "process.env[1]")]
    [InlineData("""{"annotations": {"a": "\u0000"}}""", "annotations.a")]
    [InlineData("""{"linux": {"maskedPaths": ["/proc/kcore\u0000"]}}""", "linux.maskedPaths[0]")]
    public void A_NUL_character_which_would_cut_the_kernels_string_is_refused(string json, string path)
    {
        SpecException error = Refused(json);
        error.Path.Should().Be(path);
        error.Message.Should().Contain("NUL");
    }

    [Theory]
    [InlineData("""{"linux": {"sysctl": {"net.a\u0000b": "1"}}}""", "linux.sysctl")]
    [InlineData("""{"linux": {"resources": {"unified": {"memory.max\u0000.x": "1"}}}}""", "linux.resources.unified")]
    public void A_NUL_character_in_a_key_that_becomes_a_file_name_is_refused(string json, string path) =>
        Refused(json).Path.Should().StartWith(path);

    [Fact]
    public void Text_that_is_not_UTF8_is_refused()
    {
        byte[] json = [.. "{\"process\": {\"cwd\": \"/"u8, 0xff, .. "\"}}"u8];
        FluentActions.Invoking(() => ConfigReader.Read(json)).Should().Throw<SpecException>().Which.Path.Should().Be("process.cwd");
    }

    [Theory]
    [InlineData("""{"hostname": "\ud800"}""")]
    public void Half_a_surrogate_pair_is_refused(string json) => Refused(json).Path.Should().Be("hostname");

    [Theory]
    [InlineData("""{"\ud800": 1, "hostname": "box"}""")]
    [InlineData("""{"annotations": {"\udc00": "x"}}""")]
    public void A_property_name_with_half_a_surrogate_pair_is_no_crash(string json) =>
        OnlySpecExceptions(Encoding.UTF8.GetBytes(json));

    [Theory]
    [InlineData("ociVersion")]
    [InlineData("hooks")]
    public void A_property_name_that_is_not_UTF8_does_not_break_the_error_about_another(string wrong) =>
        OnlySpecExceptions([.. "{\""u8, 0xff, .. Encoding.UTF8.GetBytes($"\": 1, \"{wrong}\": 5}}")]);

    [Fact]
    public void The_seccomp_section_is_kept_as_its_very_bytes()
    {
        Config config = Configs.Read("""{"linux": {"seccomp": { "defaultAction" : "X", "nested": [ {} ] } , "cgroupsPath": "/c"}}""");

        Encoding.UTF8.GetString(config.Linux.Seccomp!.Json.Span).Should().Be("""{ "defaultAction" : "X", "nested": [ {} ] }""");
        config.Linux.CgroupsPath.Should().Be("/c");
    }

    [Fact]
    public void Escapes_in_property_names_mean_the_same_property() =>
        Configs.Read("""{"\u006fciVersion": "1.2.0"}""").OciVersion.Should().Be("1.2.0");

    private static void OnlySpecExceptions(byte[] json)
    {
        Exception? thrown = Record.Exception(() => ConfigReader.Read(json));
        (thrown is null or SpecException).Should().BeTrue("{0} is not an error about the configuration", thrown?.GetType().Name);
    }

    private static Action Invoking(string json) => () => Configs.Read(json);

    private static SpecException Refused(string json) => Invoking(json).Should().Throw<SpecException>().Which;
}
