using System.Text.Json;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

public sealed class ResourcesValidationTests
{
    [Theory]
    [InlineData("cpu", """{"quota": 100, "burst": 101}""", ".burst")]
    [InlineData("cpu", """{"quota": 100, "burst": 18446744073709551615}""", ".burst")]
    [InlineData("blockIO", """{"weightDevice": [{"major": 8, "minor": 0}]}""", ".weightDevice[0]")]
    [InlineData("blockIO", """{"weightDevice": [{"minor": 0, "weight": 10}]}""", ".weightDevice[0].major")]
    [InlineData("blockIO", """{"weightDevice": [{"major": 0, "weight": 10}]}""", ".weightDevice[0].minor")]
    [InlineData("blockIO", """{"weightDevice": [null]}""", ".weightDevice[0].major")]
    [InlineData("blockIO", """{"throttleReadBpsDevice": [{"minor": 0, "rate": 1}]}""", ".throttleReadBpsDevice[0].major")]
    [InlineData("blockIO", """{"throttleWriteBpsDevice": [{"major": 8, "rate": 1}]}""", ".throttleWriteBpsDevice[0].minor")]
    [InlineData("blockIO", """{"throttleReadIOPSDevice": [{"major": 8, "minor": 0}]}""", ".throttleReadIOPSDevice[0].rate")]
    [InlineData("blockIO", """{"throttleWriteIOPSDevice": [{"major": 8, "minor": 0, "rate": 1}, {}]}""", ".throttleWriteIOPSDevice[1].major")]
    [InlineData("hugepageLimits", """[{"limit": 0}]""", "[0].pageSize")]
    [InlineData("hugepageLimits", """[{"pageSize": "2MB"}]""", "[0].limit")]
    [InlineData("hugepageLimits", """[{"pageSize": "2MB", "limit": 0}, {"pageSize": "2M", "limit": 0}]""", "[1].pageSize")]
    [InlineData("rdma", """{"mlx5_1": {}}""", ".mlx5_1")]
    [InlineData("rdma", """{"mlx5_1": null}""", ".mlx5_1")]
    [InlineData("rdma", """{"": {"hcaHandles": 1}}""", ".")]
    [InlineData("rdma", """{"a b": {"hcaHandles": 1}}""", ".a b")]
    [InlineData("rdma", """{"a\nb": {"hcaHandles": 1}}""", ".a\nb")]
    [InlineData("rdma", """{"a\u0000": {"hcaHandles": 1}}""", ".a\0")]
    [InlineData("network", """{"priorities": [{"name": "a b", "priority": 1}]}""", ".priorities[0].name")]
    [InlineData("network", """{"priorities": [{"name": "a", "priority": 1}, {"name": "b\n", "priority": 1}]}""", ".priorities[1].name")]
    [InlineData("devices", """[{"allow": true, "access": "r"}, {"allow": true, "type": "d"}]""", "[1].type")]
    [Proves("config-linux-cpu-01", "config-linux-blockio-02", "config-linux-hugepages-02", "config-linux-hugepages-04",
        "config-linux-rdma-01")]
    public void What_is_wrong_is_named_by_its_path(string property, string value, string path) =>
        FluentActions.Invoking(() => Check(property, value)).Should().Throw<SpecException>()
            .Which.Path.Should().Be($"linux.resources.{property}{path}");

    /// <summary>Every number that an entry for a block device needs, taken away from a whole one.</summary>
    [Theory]
    [InlineData("weightDevice", "weight", "major")]
    [InlineData("weightDevice", "weight", "minor")]
    [InlineData("throttleReadBpsDevice", "rate", "major")]
    [InlineData("throttleReadBpsDevice", "rate", "minor")]
    [InlineData("throttleReadBpsDevice", "rate", "rate")]
    [InlineData("throttleWriteBpsDevice", "rate", "major")]
    [InlineData("throttleWriteBpsDevice", "rate", "minor")]
    [InlineData("throttleWriteBpsDevice", "rate", "rate")]
    [InlineData("throttleReadIOPSDevice", "rate", "major")]
    [InlineData("throttleReadIOPSDevice", "rate", "minor")]
    [InlineData("throttleReadIOPSDevice", "rate", "rate")]
    [InlineData("throttleWriteIOPSDevice", "rate", "major")]
    [InlineData("throttleWriteIOPSDevice", "rate", "minor")]
    [InlineData("throttleWriteIOPSDevice", "rate", "rate")]
    [Proves("config-linux-blockio-01", "config-linux-blockio-03", "config-linux-blockio-04", "config-linux-blockio-05",
        "config-linux-blockio-06")]
    public void A_block_device_needs_its_numbers_and_its_rate(string property, string value, string missing)
    {
        string[] numbers = ["major", "minor", value];
        FluentActions.Invoking(() => Check("blockIO", Entry(numbers))).Should().NotThrow();
        FluentActions.Invoking(() => Check("blockIO", Entry(numbers.Where(number => number != missing)))).Should().Throw<SpecException>()
            .Which.Path.Should().Be($"linux.resources.blockIO.{property}[0].{missing}");

        string Entry(IEnumerable<string> present) =>
            $$"""{"{{property}}": [{{{string.Join(", ", present.Select(number => $"\"{number}\": 1"))}}}]}""";
    }

    [Theory]
    [InlineData("{}", "name")]
    [InlineData("""{"priority": 1}""", "name")]
    [InlineData("""{"name": "", "priority": 1}""", "name")]
    [InlineData("""{"name": "eth0"}""", "priority")]
    [InlineData("""{"name": "eth0", "priority": null}""", "priority")]
    [Proves("config-linux-network-01", "config-linux-network-02")]
    public void A_priority_of_a_network_interface_needs_its_name_and_itself(string entry, string missing) =>
        FluentActions.Invoking(() => Check("network", $$"""{"priorities": [{{entry}}]}""")).Should().Throw<SpecException>()
            .Which.Path.Should().Be($"linux.resources.network.priorities[0].{missing}");

    [Theory]
    [InlineData("cpu", """{"quota": 100, "burst": 100}""")]
    [InlineData("cpu", """{"quota": -1, "burst": 100}""")]
    [InlineData("cpu", """{"burst": 100}""")]
    [InlineData("cpu", """{"realtimeRuntime": 950000, "realtimePeriod": 1000000}""")]
    [InlineData("network", """{"classID": 4294967295, "priorities": [{"name": "eth0", "priority": 0}]}""")]
    [InlineData("blockIO", """{"weightDevice": [{"major": 0, "minor": 0, "leafWeight": 0}]}""")]
    [InlineData("blockIO", """{"throttleReadBpsDevice": [{"major": 0, "minor": 0, "rate": 0}]}""")]
    [InlineData("rdma", """{"mlx5_1": {"hcaHandles": 0}, "rxe3": {"hcaObjects": 0}}""")]
    public void What_is_at_the_edge_of_the_allowed_passes(string property, string value) =>
        FluentActions.Invoking(() => Check(property, value)).Should().NotThrow();

    [Theory]
    [InlineData("64KB", true)]
    [InlineData("2MB", true)]
    [InlineData("1GB", true)]
    [InlineData("1024GB", true)]
    [InlineData("0MB", false)]
    [InlineData("02MB", false)]
    [InlineData("MB", false)]
    [InlineData("2B", false)]
    [InlineData("2TB", false)]
    [InlineData("2mb", false)]
    [InlineData("2MiB", false)]
    [InlineData("2 MB", false)]
    [InlineData("2.5MB", false)]
    [InlineData("-2MB", false)]
    [InlineData("2MB\n", false)]
    [InlineData("2MB.max", false)]
    [InlineData("2/../MB", false)]
    [InlineData("2MMB", false)]
    [InlineData("٢MB", false)]
    [Proves("config-linux-hugepages-03")]
    public void A_size_of_huge_pages_is_a_number_and_a_unit(string size, bool right)
    {
        Action check = () => Check("hugepageLimits", $$"""[{"pageSize": {{JsonSerializer.Serialize(size)}}, "limit": 0}]""");
        if (right) check.Should().NotThrow();
        else check.Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.hugepageLimits[0].pageSize");
    }

    private static void Check(string property, string value) =>
        Validation.Check(Configs.Read(Configs.With($"linux.resources.{property}", value)));
}
