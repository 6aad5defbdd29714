using System.Text;
using System.Text.Json;
using Rt.Cgroups;
using Rt.Resctrl;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("the JSON of rt events, whose names and missing zeros are runc's")]
public sealed class StatsJsonTests
{
    private static string Write(Action<Utf8JsonWriter> members)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Write(CgroupStats stats) => Write(json => StatsJson.Write(json, stats));

    /// <summary>JSON set out for reading, as it is printed: none of its texts has a blank.</summary>
    private static string Packed(string json) => json.Replace(" ", "").Replace("\n", "");

    [Fact]
    public void What_is_zero_is_there_or_not_as_under_runc() => Write(new CgroupStats { Hugetlb = { ["2MB"] = default } }).Should().Be(Packed(
        """
        {
          "cpu": { "usage": { "kernel": 0, "user": 0 }, "throttling": {} },
          "cpuset": {
            "cpu_exclusive": 0, "mem_hardwall": 0, "mem_exclusive": 0, "memory_migrate": 0, "memory_spread_page": 0,
            "memory_spread_slab": 0, "memory_pressure": 0, "sched_load_balance": 0, "sched_relax_domain_level": 0
          },
          "memory": {
            "usage": { "limit": 0, "failcnt": 0 }, "swap": { "limit": 0, "failcnt": 0 },
            "kernel": { "limit": 0, "failcnt": 0 }, "kernelTCP": { "limit": 0, "failcnt": 0 }
          },
          "pids": {},
          "blkio": {},
          "hugetlb": { "2MB": { "failcnt": 0 } }
        }
        """));

    [Fact]
    public void Every_number_has_its_place()
    {
        static Pressure Pressure(ulong n) => new(new(n + 0.25, n + 0.5, n, n), new(0, 0.01, 100, ulong.MaxValue));
        CgroupStats stats = new()
        {
            Cpu = new CpuStats
            {
                Total = 1, Kernel = 2, User = 3, Percpu = [4, 5], PercpuKernel = [6], PercpuUser = [7],
                Periods = 8, ThrottledPeriods = 9, ThrottledTime = 10, Pressure = Pressure(11),
            },
            Cpuset = new CpusetStats
            {
                Cpus = [0, 65535], Mems = [1],
                Flags = new Dictionary<string, long> { ["mem_exclusive"] = 1, ["sched_relax_domain_level"] = -1 },
            },
            Memory = new MemoryStats
            {
                Cache = 12, Usage = new(ulong.MaxValue, 14, 15, 16), Swap = new(17, 18, 19, 20), Kernel = new(21, 22, 23, 24),
                KernelTcp = new(25, 26, 27, 28), Raw = { ["b"] = 29, ["a"] = 0 }, Pressure = Pressure(30),
            },
            Pids = new PidsStats(31, 32),
            Blkio = new BlkioStats
            {
                Tables = BlkioStats.TableNames.Select((name, index) => (name, index)).ToDictionary(one => one.name,
                    one => (IReadOnlyList<BlkioEntry>)[new BlkioEntry(8, 0, one.index == 7 ? "" : "Read", (ulong)one.index)]),
                Pressure = Pressure(33),
            },
            Hugetlb = { ["2MB"] = new HugetlbStats(34, 35, 36), ["1GB"] = default },
        };
        static string Psi(int n) =>
            $$$"""
            "psi": {
              "some": { "avg10": {{{n}}}.25, "avg60": {{{n}}}.5, "avg300": {{{n}}}, "total": {{{n}}} },
              "full": { "avg10": 0, "avg60": 0.01, "avg300": 100, "total": 18446744073709551615 }
            }
            """;

        Write(stats).Should().Be(Packed(
            $$$"""
            {
              "cpu": {
                "usage": { "total": 1, "percpu": [4, 5], "percpu_kernel": [6], "percpu_user": [7], "kernel": 2, "user": 3 },
                "throttling": { "periods": 8, "throttledPeriods": 9, "throttledTime": 10 },
                {{{Psi(11)}}}
              },
              "cpuset": {
                "cpus": [0, 65535], "cpu_exclusive": 0, "mems": [1], "mem_hardwall": 0, "mem_exclusive": 1, "memory_migrate": 0,
                "memory_spread_page": 0, "memory_spread_slab": 0, "memory_pressure": 0, "sched_load_balance": 0,
                "sched_relax_domain_level": -1
              },
              "memory": {
                "cache": 12,
                "usage": { "limit": 18446744073709551615, "usage": 14, "max": 15, "failcnt": 16 },
                "swap": { "limit": 17, "usage": 18, "max": 19, "failcnt": 20 },
                "kernel": { "limit": 21, "usage": 22, "max": 23, "failcnt": 24 },
                "kernelTCP": { "limit": 25, "usage": 26, "max": 27, "failcnt": 28 },
                "raw": { "a": 0, "b": 29 },
                {{{Psi(30)}}}
              },
              "pids": { "current": 31, "limit": 32 },
              "blkio": {
                "ioServiceBytesRecursive": [{ "major": 8, "op": "Read" }],
                "ioServicedRecursive": [{ "major": 8, "op": "Read", "value": 1 }],
                "ioQueueRecursive": [{ "major": 8, "op": "Read", "value": 2 }],
                "ioServiceTimeRecursive": [{ "major": 8, "op": "Read", "value": 3 }],
                "ioWaitTimeRecursive": [{ "major": 8, "op": "Read", "value": 4 }],
                "ioMergedRecursive": [{ "major": 8, "op": "Read", "value": 5 }],
                "ioTimeRecursive": [{ "major": 8, "op": "Read", "value": 6 }],
                "sectorsRecursive": [{ "major": 8, "value": 7 }],
                {{{Psi(33)}}}
              },
              "hugetlb": { "1GB": { "failcnt": 0 }, "2MB": { "usage": 34, "max": 35, "failcnt": 36 } }
            }
            """));
    }

    [Fact]
    public void A_group_of_no_resctrl_is_empty() => Write(new ResctrlStats().WriteTo).Should().Be("{}");

    [Theory]
    [InlineData("res:group0\nmon:mon1\n", "group0", "mon1")]
    [InlineData("res:group0\nmon:\n", "group0", "")]
    [InlineData("res:/\nmon:mon0\n", "", "mon0")]
    public void The_kernel_tells_the_groups_of_a_process(string text, string group, string monitor) =>
        ResctrlStats.Groups(text).Should().Be((group, monitor));

    [Theory]
    [InlineData("res:\nmon:\n")] // not mounted
    [InlineData("res:/\nmon:\n")]
    [InlineData("")]
    public void The_roots_group_is_nobodys(string text) => ResctrlStats.Groups(text).Should().BeNull();

    [Theory]
    [InlineData("box", "box", "")]
    [InlineData("class/mon_groups/box", "class", "box")]
    [InlineData("mon_groups/box", "", "box")]
    public void A_resctrl_group_is_told_with_what_there_is(string counted, string group, string monitor)
    {
        using FakeResctrl resctrl = new();
        void Write(string file, string text)
        {
            string path = $"{resctrl.Mount}/{file}";
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Write("schemata", "    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n");
        if (group.Length > 0) Write(group + "/schemata", "    MB:0=20;1=100\n    L3:0=f;1=ff\n");
        Write("info/L3/cbm_mask", "fffff\n");
        Write("info/L3/min_cbm_bits", "1\n");
        Write("info/L3/num_closids", "16\n");
        Write("info/MB/bandwidth_gran", "10\n");
        Write("info/MB/delay_linear", "1\n");
        Write("info/MB/min_bandwidth", "10\n");
        Write("info/MB/num_closids", "8\n");
        Write("info/L3_MON/mon_features", "llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n");
        Write(counted + "/mon_data/mon_L3_01/llc_occupancy", "Unavailable\n");
        Write(counted + "/mon_data/mon_L3_01/mbm_total_bytes", "3\n");
        Write(counted + "/mon_data/mon_L3_01/mbm_local_bytes", "4\n");
        Write(counted + "/mon_data/mon_L3_00/llc_occupancy", "4096\n");
        Write(counted + "/mon_data/mon_L3_00/mbm_total_bytes", "18446744073709551615\n");
        Write(counted + "/mon_data/mon_L3_00/mbm_local_bytes", "2\n");
        Write(counted + "/mon_data/mon_PERF_PKG_00/core_energy", "1.5\n");

        string l3 = group.Length > 0 ? "L3:0=f;1=ff" : "L3:0=fffff;1=fffff", bandwidth = group.Length > 0 ? "MB:0=20;1=100" : "MB:0=100;1=100";
        StatsJsonTests.Write(ResctrlStats.Read(resctrl.Mount, group, monitor).WriteTo).Should().Be(Packed(
            $$"""
            {
              "l3_cache_info": { "cbm_mask": "fffff", "min_cbm_bits": 1, "num_closids": 16 },
              "l3_cache_schema_root": "L3:0=fffff;1=fffff", "l3_cache_schema": "{{l3}}",
              "mem_bw_info": { "bandwidth_gran": 10, "delay_linear": 1, "min_bandwidth": 10, "num_closids": 8 },
              "mem_bw_schema_root": "MB:0=100;1=100", "mem_bw_schema": "{{bandwidth}}",
              "schemata": ["{{bandwidth}}", "{{l3}}"],
              "mbm_stats": [
                { "mbm_total_bytes": 18446744073709551615, "mbm_local_bytes": 2 }, { "mbm_total_bytes": 3, "mbm_local_bytes": 4 }
              ],
              "cmt_stats": [{ "llc_occupancy": 4096 }, { "llc_occupancy": 0 }]
            }
            """));
    }

    [Fact]
    public void What_the_processor_can_not_do_is_left_out()
    {
        using FakeResctrl resctrl = new();
        resctrl.Prepare("box", "L3:0=f\n");
        Write(ResctrlStats.Read(resctrl.Mount, "box", "").WriteTo).Should().Be("""{"schemata":["L3:0=f"]}""");
    }
}
