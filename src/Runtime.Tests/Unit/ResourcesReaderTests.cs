using Rt.Cgroups;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

public sealed class ResourcesReaderTests
{
    [Fact]
    public void What_stands_in_the_resources_is_what_the_cgroup_gets() =>
        Read("""
            {
              "memory": {"limit": 1, "reservation": 2, "swap": -1, "kernel": 3, "kernelTCP": 4, "swappiness": 5,
                "disableOOMKiller": true, "useHierarchy": true, "checkBeforeUpdate": true},
              "cpu": {"shares": 1, "quota": -1, "period": 2, "burst": 3, "idle": 1, "realtimeRuntime": -4, "realtimePeriod": 5},
              "pids": {"limit": 0},
              "blockIO": {
                "weight": 1000, "leafWeight": 65535,
                "weightDevice": [{"major": 4095, "minor": 1048575, "weight": 10, "leafWeight": 7}, {"major": 1, "minor": 2}],
                "throttleReadBpsDevice": [{"major": 1, "minor": 2, "rate": 18446744073709551615}],
                "throttleWriteBpsDevice": [{"major": 3, "minor": 4, "rate": 0}],
                "throttleReadIOPSDevice": [{"major": 5, "minor": 6, "rate": 7}],
                "throttleWriteIOPSDevice": [{"major": 8, "minor": 9, "rate": 10}, {}]
              },
              "hugepageLimits": [{"pageSize": "2MB", "limit": 18446744073709551615}, {}],
              "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 4294967295}, "mlx4_0": {"hcaObjects": 0}},
              "network": {"classID": 4294967295, "priorities": [{"name": "eth0", "priority": 4294967295}, {}]}
            }
            """).Should().BeEquivalentTo(new Resources
        {
            Memory = new MemoryLimits
            {
                Limit = 1,
                Reservation = 2,
                Swap = -1,
                Kernel = 3,
                KernelTcp = 4,
                Swappiness = 5,
                DisableOomKiller = true,
                UseHierarchy = true,
                CheckBeforeUpdate = true,
            },
            Cpu = new CpuLimits { Shares = 1, Quota = -1, Period = 2, Burst = 3, Idle = 1, RealtimeRuntime = -4, RealtimePeriod = 5 },
            PidsLimit = 0,
            BlockIO = new BlockIOLimits
            {
                Weight = 1000,
                LeafWeight = 65535,
                WeightDevice =
                [
                    new DeviceWeight { Major = 4095, Minor = 1048575, Weight = 10, LeafWeight = 7 },
                    new DeviceWeight { Major = 1, Minor = 2 },
                ],
                ThrottleReadBpsDevice = [new DeviceRate { Major = 1, Minor = 2, Rate = ulong.MaxValue }],
                ThrottleWriteBpsDevice = [new DeviceRate { Major = 3, Minor = 4, Rate = 0 }],
                ThrottleReadIOPSDevice = [new DeviceRate { Major = 5, Minor = 6, Rate = 7 }],
                ThrottleWriteIOPSDevice = [new DeviceRate { Major = 8, Minor = 9, Rate = 10 }, new DeviceRate()],
            },
            HugepageLimits = [new HugepageLimit { PageSize = "2MB", Limit = ulong.MaxValue }, new HugepageLimit()],
            Rdma =
            [
                new RdmaLimits { Device = "mlx5_1", HcaHandles = 3, HcaObjects = uint.MaxValue },
                new RdmaLimits { Device = "mlx4_0", HcaObjects = 0 },
            ],
            Network = new NetworkTags
            {
                ClassId = uint.MaxValue,
                Priorities = [new InterfacePriority { Name = "eth0", Priority = uint.MaxValue }, new InterfacePriority()],
            },
        });

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"blockIO": null, "hugepageLimits": null, "network": null, "rdma": null, "memory": null, "cpu": null, "pids": null}""")]
    [InlineData("""{"blockIO": {}, "hugepageLimits": [], "network": {}, "rdma": {}, "memory": {}, "cpu": {}, "pids": {}}""")]
    [InlineData("""
        {"blockIO": {"weight": 0, "leafWeight": 0, "weightDevice": [], "throttleReadBpsDevice": null, "throttleWriteBpsDevice": [],
         "throttleReadIOPSDevice": null, "throttleWriteIOPSDevice": []}}
        """)]
    [InlineData("""{"network": {"classID": null, "priorities": null}}""")]
    [InlineData("""{"memory": {"kernel": 0, "kernelTCP": -1, "disableOOMKiller": false, "useHierarchy": false}}""")]
    [InlineData("""{"memory": {"checkBeforeUpdate": true}}""")]
    [InlineData("""{"cpu": {"realtimeRuntime": 0, "realtimePeriod": 0}, "pids": {"limit": null}}""")]
    [InlineData("""{"memory": {"new": [1]}, "blockIO": {"x": {}, "weightDevice": []}, "network": {"y": 1}, "later": [[]]}""")]
    public void Resources_that_ask_for_nothing_write_nothing(string json)
    {
        Resources resources = Read(json);
        FluentActions.Invoking(() => ResourcesValidation.Check(resources)).Should().NotThrow();
        UnifiedLimits.Compile(resources).Should().BeEmpty();
    }

    [Theory]
    [InlineData("memory.kernel", "5")]
    [InlineData("memory.kernelTCP", "1")]
    [InlineData("memory.swappiness", "0")]
    [InlineData("memory.swappiness", "60")]
    [InlineData("memory.disableOOMKiller", "true")]
    [InlineData("blockIO.leafWeight", "500")]
    [InlineData("blockIO.weightDevice[0].leafWeight", "500")]
    [InlineData("network.classID", "7")]
    [InlineData("network.priorities[0]", """{"name": "eth0", "priority": 1}""")]
    [Proves("config-linux-unified-04")]
    public void A_setting_of_v1_that_can_not_be_converted_is_refused_by_its_path(string path, string value) =>
        Unconverted(path, value).Should().Be($"linux.resources.{path}: has no counterpart in cgroup v2");

    [Theory]
    [InlineData("cpu.realtimeRuntime", "950000")]
    [InlineData("cpu.realtimeRuntime", "-1")]
    [InlineData("cpu.realtimePeriod", "1000000")]
    [Proves("config-linux-unified-04")]
    public void So_is_realtime_CPU_time(string path, string value) =>
        Unconverted(path, value).Should().Be($"linux.resources.{path}: cgroup v2 has no limit for realtime CPU time");

    [Theory]
    [InlineData("memory.limit", "-2")]
    [InlineData("memory.reservation", "-2")]
    [InlineData("memory.swap", "-2")]
    [InlineData("memory.kernel", "-2")]
    [InlineData("memory.kernelTCP", "\"1\"")]
    [InlineData("memory.swappiness", "-1")]
    [InlineData("memory.swappiness", "101")]
    [InlineData("cpu.idle", "2")]
    [InlineData("cpu.idle", "-1")]
    [InlineData("cpu.realtimeRuntime", "0.5")]
    [InlineData("cpu.realtimePeriod", "-1")]
    [InlineData("blockIO.weight", "-1")]
    [InlineData("blockIO.weight", "1001")]
    [InlineData("blockIO.leafWeight", "65536")]
    [InlineData("blockIO.weightDevice[0].major", "4096")]
    [InlineData("blockIO.weightDevice[0].minor", "-1")]
    [InlineData("blockIO.weightDevice[0].weight", "65536")]
    [InlineData("blockIO.weightDevice[0].leafWeight", "true")]
    [InlineData("blockIO.throttleReadBpsDevice[0].rate", "-1")]
    [InlineData("blockIO.throttleWriteBpsDevice[0].rate", "18446744073709551616")]
    [InlineData("blockIO.throttleReadIOPSDevice[0].major", "-1")]
    [InlineData("blockIO.throttleWriteIOPSDevice[0].minor", "1048576")]
    [InlineData("hugepageLimits[0].limit", "-1")]
    [InlineData("network.classID", "4294967296")]
    [InlineData("rdma.mlx5_1.hcaHandles", "-1")]
    [InlineData("rdma.mlx5_1.hcaObjects", "4294967296")]
    public void A_number_out_of_range_is_refused_by_its_path(string path, string value) =>
        Refused(path, value).Message.Should().StartWith($"linux.resources.{path}: expected a whole number from").And.EndWith("(line 1)");

    [Theory]
    [InlineData("memory.disableOOMKiller", "1", "true or false")]
    [InlineData("memory.useHierarchy", "\"yes\"", "true or false")]
    [InlineData("memory.checkBeforeUpdate", "0", "true or false")]
    [InlineData("blockIO", "[]", "an object")]
    [InlineData("blockIO.weightDevice", "{}", "an array")]
    [InlineData("blockIO.throttleReadBpsDevice[0]", "\"8:0\"", "an object")]
    [InlineData("hugepageLimits", "{}", "an array")]
    [InlineData("hugepageLimits[0]", "1", "an object")]
    [InlineData("hugepageLimits[0].pageSize", "2", "a string")]
    [InlineData("network", "[]", "an object")]
    [InlineData("network.priorities", "{}", "an array")]
    [InlineData("rdma", "[]", "an object")]
    [InlineData("rdma.mlx5_1", "3", "an object")]
    public void A_value_of_the_wrong_type_is_refused_by_its_path(string path, string value, string expected) =>
        Refused(path, value).Message.Should().StartWith($"linux.resources.{path}: expected {expected}");

    private static Resources Read(string json) => Configs.Read($$$"""{"linux": {"resources": {{{json}}}}}""").Linux.Resources;

    [Fact]
    [Proves("config-linux-devicerules-02")]
    public void A_device_rule_without_allow_denies()
    {
        Resources resources = Read("""{"devices": [{"allow": true, "access": "rw"}, {"type": "c", "major": 10, "minor": 1, "access": "w"}]}""");
        resources.Devices[1].Allow.Should().BeFalse();
        byte[] program = DeviceProgram.Compile(resources.Devices);
        DeviceInterpreter.Allows(program, 'c', 10, 1, DeviceInterpreter.Read).Should().BeTrue();
        DeviceInterpreter.Allows(program, 'c', 10, 1, DeviceInterpreter.Write).Should().BeFalse();
    }

    private static SpecException Refused(string path, string value) =>
        FluentActions.Invoking(() => Read(Only(path, value))).Should().Throw<SpecException>().Which;

    private static string Unconverted(string path, string value) =>
        FluentActions.Invoking(() => UnifiedLimits.Compile(Read(Only(path, value)))).Should().Throw<SpecException>().Which.Message;

    /// <summary>Resources that hold nothing but the value at the path.</summary>
    private static string Only(string path, string value)
    {
        string json = value;
        foreach (string name in path.Replace("[0]", ".[0]").Split('.').Reverse())
            json = name == "[0]" ? $"[{json}]" : $"{{\"{name}\": {json}}}";
        return json;
    }
}
