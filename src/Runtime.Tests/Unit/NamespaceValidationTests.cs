using System.Text;
using System.Text.Json.Nodes;
using Rt.Namespaces;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Mappings and clocks that make no sense are refused by their paths.</summary>
public sealed class NamespaceValidationTests
{
    private static string Map(uint container, uint host, uint size) =>
        $$"""{"containerID": {{container}}, "hostID": {{host}}, "size": {{size}}}""";

    private static Config With(string namespaces, string uids, string gids, string user = """{"uid": 0, "gid": 0}""", string offsets = "{}")
    {
        JsonNode root = JsonNode.Parse(Configs.Good)!;
        root["process"]!["user"] = JsonNode.Parse(user);
        JsonNode linux = root["linux"]!;
        linux["namespaces"] = JsonNode.Parse($$"""[{"type": "mount"}, {"type": "uts"} {{namespaces}}]""");
        if (uids.Length > 0) linux["uidMappings"] = JsonNode.Parse($"[{uids}]");
        if (gids.Length > 0) linux["gidMappings"] = JsonNode.Parse($"[{gids}]");
        linux["timeOffsets"] = JsonNode.Parse(offsets);
        return ConfigReader.Read(Encoding.UTF8.GetBytes(root.ToJsonString()));
    }

    private const string User = """, {"type": "user"}""", Time = """, {"type": "time"}""";

    private static void Refused(Config config, string path) =>
        FluentActions.Invoking(() => Validation.Check(config)).Should().Throw<SpecException>().Which.Path.Should().Be(path);

    [Fact]
    public void A_new_user_namespace_needs_mappings_and_only_it_can_have_some()
    {
        Refused(With(User, "", Map(0, 1, 1)), "linux.uidMappings");
        Refused(With(User, Map(0, 1, 1), ""), "linux.gidMappings");
        Refused(With("", Map(0, 1, 1), ""), "linux.uidMappings");
        Refused(With("", "", Map(0, 1, 1)), "linux.gidMappings");
        FluentActions.Invoking(() => Validation.Check(With(User, Map(0, 1, 1), Map(0, 1, 1)))).Should().NotThrow();
        FluentActions.Invoking(() => Validation.Check(With(""", {"type": "user", "path": "/a"}""", "", ""))).Should().NotThrow();
    }

    [Theory]
    [InlineData("0 1 0", "linux.uidMappings[0].size")]
    [InlineData("4294967295 0 1", "linux.uidMappings[0].containerID")]
    [InlineData("0 4294967290 6", "linux.uidMappings[0].hostID")]
    [InlineData("0 1000 10,9 2000 1", "linux.uidMappings[1].containerID")]
    [InlineData("0 1000 10,10 1009 1", "linux.uidMappings[1].hostID")]
    [InlineData("0 1000 10,20 1020 10,5 5000 1", "linux.uidMappings[2].containerID")]
    public void A_range_of_ids_is_not_empty_nor_too_large_nor_does_it_overlap(string ranges, string path)
    {
        string uids = string.Join(',', ranges.Split(',').Select(range => range.Split(' ')).Select(one =>
            Map(uint.Parse(one[0]), uint.Parse(one[1]), uint.Parse(one[2]))));
        Refused(With(User, uids, Map(0, 1, 1)), path);
        Refused(With(User, Map(0, 1, 1), uids), path.Replace("uid", "gid"));
    }

    [Theory]
    [InlineData("containerID")]
    [InlineData("hostID")]
    [InlineData("size")]
    [Proves("config-linux-mappings-01", "config-linux-mappings-02", "config-linux-mappings-03")]
    public void Nothing_of_a_range_may_be_missing(string property)
    {
        JsonNode good = JsonNode.Parse(Map(0, 1, 1))!, one = good.DeepClone();
        one.AsObject().Remove(property);
        Refused(With(User, one.ToJsonString(), good.ToJsonString()), $"linux.uidMappings[0].{property}");
        Refused(With(User, good.ToJsonString(), one.ToJsonString()), $"linux.gidMappings[0].{property}");
    }

    [Theory]
    [InlineData("uidMappings")]
    [InlineData("gidMappings")]
    [Proves("config-posixmounts-01", "config-posixmounts-02")]
    public void A_mount_has_both_mappings_or_none(string property)
    {
        JsonNode root = JsonNode.Parse(Configs.Good)!;
        root["mounts"]!.AsArray().Add(JsonNode.Parse(
            $$"""{"destination": "/x", "source": "/y", "options": ["bind", "idmap"], "{{property}}": [{{Map(0, 1, 1)}}]}"""));
        Refused(ConfigReader.Read(Encoding.UTF8.GetBytes(root.ToJsonString())),
            $"mounts[1].{property}");
    }

    [Theory]
    [InlineData("""{"uid": 10, "gid": 0}""", "process.user.uid")]
    [InlineData("""{"uid": 0, "gid": 10}""", "process.user.gid")]
    [InlineData("""{"uid": 0, "gid": 0, "additionalGids": [9, 10]}""", "process.user.additionalGids[1]")]
    public void The_containers_user_and_groups_are_mapped(string user, string path) =>
        Refused(With(User, Map(0, 1000, 10), Map(0, 1000, 10), user), path);

    [Theory]
    [InlineData("", """{"monotonic": {"secs": 1}}""", "linux.timeOffsets")]
    [InlineData(""", {"type": "time", "path": "/a"}""", """{"monotonic": {"secs": 1}}""", "linux.timeOffsets")]
    [InlineData(Time, """{"realtime": {"secs": 1}}""", "linux.timeOffsets.realtime")]
    [InlineData(Time, """{"boottime": {"secs": 1, "nanosecs": 1000000000}}""", "linux.timeOffsets.boottime.nanosecs")]
    public void Only_the_two_clocks_of_a_new_time_namespace_can_be_shifted(string namespaces, string offsets, string path) =>
        Refused(With(namespaces, "", "", offsets: offsets), path);

    [Fact]
    [Proves("config-linux-namespaces-15")]
    public void No_type_is_there_twice() => Refused(With(Time + Time, "", ""), "linux.namespaces[3].type");

    [Fact]
    public void A_clocks_offset_is_written_as_the_kernel_reads_it()
    {
        TimeOffsets.Line("monotonic", new TimeOffset(-7, 999)).Should().Be("monotonic -7 999\n");
        TimeOffsets.Line("boottime", new TimeOffset(604800, 0)).Should().Be("boottime 604800 0\n");
    }

    [Fact]
    public void A_program_that_would_map_ids_and_is_missing_is_named() => FluentActions.Invoking(() =>
            IdMapHelper.Run("no-such-uidmap", 1, [new IdMapping { HostId = 100000, Size = 10 }], "linux.uidMappings"))
        .Should().Throw<RtException>().WithMessage("linux.uidMappings: *takes no-such-uidmap, which is not installed*");

    [Fact]
    public void The_mappings_of_a_process_are_read_from_its_uid_map() =>
        UserNamespace.UidsOf(Environment.ProcessId).Sum(one => (long)one.Size).Should().BePositive();
}
