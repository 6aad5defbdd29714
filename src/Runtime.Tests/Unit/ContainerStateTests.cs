using System.Text;
using System.Text.Json;
using Rt.Cgroups;
using Rt.Containers;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("rt's own file about a container")]
public sealed class ContainerStateTests
{
    [Theory]
    [InlineData("box", "/bundle", "2026-11-21T17:00:00.1234567Z")]
    [InlineData("a_b.c+d-e", "/bundles/with space/\"quotes\"/back\\slash", "2026-02-28T23:59:59.0000000Z")]
    [InlineData("ü", "/Größe/日本/🙂/\u0001\t\n\u007f/<&'>", "1970-01-01T00:00:00.0000001Z")]
    [InlineData("x", "/\u2028\ufeff{}[]:,//", "9999-12-31T23:59:59.9999999Z")]
    public void A_state_is_read_as_it_was_written(string id, string bundle, string created)
    {
        ContainerState state = new()
        {
            Id = id,
            OciVersion = "1.3.0",
            Bundle = bundle,
            Rootfs = bundle + "/rootfs",
            Created = DateTime.Parse(created, null, System.Globalization.DateTimeStyles.RoundtripKind),
            Owner = uint.MaxValue,
            Pid = 4194304,
            StartTime = ulong.MaxValue,
            Cgroup = new ContainerCgroup
            {
                Unified = "/sys/fs/cgroup" + bundle,
                Identity = 12345678901234567890,
                Legacy = [new("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct" + bundle, ulong.MaxValue), new("name=systemd", bundle, 1)],
            },
            OwnPidNamespace = true,
            Annotations = new SortedDictionary<string, string> { [""] = "", ["org.example/" + id] = bundle },
            Hooks = new Rt.Spec.Hooks
            {
                Poststart = [new Hook { Path = bundle + "/hook", Args = ["", id, bundle], Env = ["A=" + bundle, "B"], Timeout = 3 }],
                Poststop = [new Hook { Path = "/a" }, new Hook { Path = "/b", Timeout = int.MaxValue }],
            },
        };

        ContainerState.FromJson(state.ToJson()).Should().BeEquivalentTo(state);
    }

    [Fact]
    public void A_state_of_little_is_read_as_it_was_written()
    {
        ContainerState state = new() { Id = "box" };
        ContainerState.FromJson(state.ToJson()).Should().BeEquivalentTo(state);
    }

    [Fact]
    public void The_file_has_the_names_that_rt_state_prints()
    {
        ContainerState state = new() { Id = "box", Pid = 7, Created = new DateTime(2026, 11, 21, 17, 0, 0, 123, DateTimeKind.Utc) };

        using JsonDocument json = JsonDocument.Parse(state.ToJson());

        json.RootElement.GetProperty("id").GetString().Should().Be("box");
        json.RootElement.GetProperty("pid").GetInt32().Should().Be(7);
        json.RootElement.GetProperty("created").GetString().Should().Be("2026-11-21T17:00:00.123000000Z");
    }

    [Fact]
    public void A_later_rts_additions_are_ignored() =>
        ContainerState.FromJson("""{"id": "box", "shim": {"pid": 1}, "pid": 2}"""u8.ToArray()).Pid.Should().Be(2);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"id": "box", "pid": """)]
    [InlineData("""{"id": 1}""")]
    [InlineData("""{"id": "box", "pid": 4294967296}""")]
    [InlineData("""{"id": "box", "owner": -1}""")]
    [InlineData("""{"id": "box", "legacyCgroups": {"memory": "/x"}}""")]
    [InlineData("""{"id": "box"} trailing""")]
    [InlineData("""{"id": "box"}{"id": "other"}""")]
    [InlineData("\0\0\0\0\0\0\0\0")]
    public void A_damaged_file_is_refused(string json) =>
        FluentActions.Invoking(() => ContainerState.FromJson(Encoding.UTF8.GetBytes(json))).Should().Throw<SpecException>();

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2026-13-01T00:00:00.000000000Z")]
    public void A_time_that_is_none_is_no_reason_to_lose_the_container(string time) =>
        ContainerState.FromJson(Encoding.UTF8.GetBytes($$"""{"id": "box", "created": "{{time}}"}""")).Created.Should().Be(default);
}
