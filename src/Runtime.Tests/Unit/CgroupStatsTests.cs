using Rt.Cgroups;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("what the files of a cgroup come to as statistics, for cgroup v2 and v1")]
public sealed class CgroupStatsTests
{
    private static readonly string[] PageSizes = ["2MB", "1GB"];

    /// <summary>A cgroup v2 directory with all controllers.</summary>
    private static Dictionary<string, string> Unified() => new()
    {
        ["cpu.stat"] = "usage_usec 2500\nuser_usec 1500\nsystem_usec 1000\nnice_usec 0\ncore_sched.force_idle_usec 0\n"
            + "nr_periods 10\nnr_throttled 4\nthrottled_usec 70\nnr_bursts 1\nburst_usec 2\n",
        ["cpu.pressure"] = "some avg10=1.00 avg60=0.00 avg300=0.00 total=10\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
        ["cpuset.cpus.effective"] = "0-1\n",
        ["cpuset.mems.effective"] = "0\n",
        ["memory.stat"] = "anon 1000\nfile 2000\nkernel 3000\n",
        ["memory.current"] = "6000\n",
        ["memory.max"] = "8000\n",
        ["memory.peak"] = "7000\n",
        ["memory.swap.current"] = "50\n",
        ["memory.swap.max"] = "100\n",
        ["memory.swap.peak"] = "60\n",
        ["memory.pressure"] = "some avg10=2.00 avg60=0.00 avg300=0.00 total=20\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
        ["pids.current"] = "3\n",
        ["pids.max"] = "max\n",
        ["io.stat"] = "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n",
        ["io.pressure"] = "some avg10=3.00 avg60=0.00 avg300=0.00 total=30\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
        ["hugetlb.2MB.current"] = "2097152\n",
        ["hugetlb.2MB.rsvd.current"] = "4194304\n",
        ["hugetlb.2MB.events"] = "max 5\n",
        ["hugetlb.1GB.current"] = "0\n",
        ["hugetlb.1GB.events"] = "max 0\n",
    };

    private static CgroupStats Read(Dictionary<string, string> files) =>
        UnifiedStats.Read(new StatsFiles(name => files.GetValueOrDefault(name)), PageSizes);

    [Fact]
    public void A_unified_cgroup_is_told_in_the_terms_of_v1()
    {
        CgroupStats stats = Read(Unified());
        stats.Cpu.Should().BeEquivalentTo(new CpuStats
        {
            Total = 2_500_000, User = 1_500_000, Kernel = 1_000_000, Periods = 10, ThrottledPeriods = 4, ThrottledTime = 70_000,
            Pressure = new Pressure(new(1, 0, 0, 10), default),
        });
        stats.Cpuset.Cpus.Should().Equal(0, 1);
        stats.Cpuset.Mems.Should().Equal(0);
        stats.Memory.Cache.Should().Be(2000);
        stats.Memory.Usage.Should().Be(new MemoryUse(Limit: 8000, Usage: 6000, Max: 7000, Failcnt: 0));
        stats.Memory.Swap.Should().Be(new MemoryUse(Limit: 8100, Usage: 6050, Max: 0, Failcnt: 0));
        stats.Memory.Kernel.Should().Be(default(MemoryUse));
        stats.Memory.Raw.Keys.Should().Equal("anon", "file", "kernel");
        stats.Memory.Pressure!.Some.Avg10.Should().Be(2);
        stats.Pids.Should().Be(new PidsStats(Current: 3, Limit: 0));
        stats.Blkio.Tables[BlkioStats.ServiceBytes].Should().Equal(new BlkioEntry(8, 0, "Read", 1), new(8, 0, "Write", 2));
        stats.Blkio.Pressure!.Some.Avg10.Should().Be(3);
        stats.Hugetlb.Should().Equal(new Dictionary<string, HugetlbStats>
        {
            ["1GB"] = new(Usage: 0, Max: 0, Failcnt: 0), ["2MB"] = new(Usage: 4194304, Max: 0, Failcnt: 5),
        });
    }

    [Fact]
    public void Without_any_file_there_are_zeros()
    {
        CgroupStats stats = Read([]);
        stats.Should().BeEquivalentTo(new CgroupStats { Blkio = new BlkioStats { Tables = StatsText.IoStat("") } });
        stats.Hugetlb.Should().BeEmpty();
    }

    [Theory]
    [InlineData("max", "max", ulong.MaxValue)]
    [InlineData("8000", "max", ulong.MaxValue)]
    [InlineData("max", "0", ulong.MaxValue)]
    [InlineData("max", "100", ulong.MaxValue)]
    [InlineData("18446744073709551614", "100", ulong.MaxValue)]
    [InlineData("8000", "0", 8000)]
    public void Memory_and_swap_together_have_a_limit_if_both_have_one(string memory, string swap, ulong limit)
    {
        Dictionary<string, string> files = Unified();
        files["memory.max"] = memory;
        files["memory.swap.max"] = swap;
        Read(files).Memory.Swap.Limit.Should().Be(limit);
    }

    [Fact]
    public void Where_swap_is_not_accounted_for_there_is_memory_alone()
    {
        Dictionary<string, string> files = Unified();
        foreach (string file in (string[])["memory.swap.current", "memory.swap.max", "memory.swap.peak", "memory.peak"]) files.Remove(file);
        MemoryStats memory = Read(files).Memory;
        memory.Usage.Max.Should().Be(0);
        memory.Swap.Should().Be(new MemoryUse(Limit: 8000, Usage: 6000, Max: 0, Failcnt: 0));
    }

    [Theory]
    [InlineData("cgroup.procs", 3)]
    [InlineData("cgroup.threads", 3)]
    [InlineData("other", 0)]
    public void Without_the_pids_controller_processes_are_counted_or_threads(string file, ulong count)
    {
        Dictionary<string, string> files = Unified();
        files.Remove("pids.current");
        files[file] = "1\n20\n300\n";
        Read(files).Pids.Should().Be(new PidsStats(count, Limit: 0));
    }

    [Fact]
    public void Times_near_the_end_of_64_bits_do_not_wrap_around()
    {
        Dictionary<string, string> files = Unified();
        files["cpu.stat"] = "usage_usec 18446744073709551615\nuser_usec 18446744073709551\nsystem_usec 18446744073709552\n";
        CpuStats cpu = Read(files).Cpu;
        cpu.Total.Should().Be(ulong.MaxValue);
        cpu.User.Should().Be(18446744073709551000);
        cpu.Kernel.Should().Be(ulong.MaxValue);
    }

    [Fact]
    public void A_file_that_should_hold_a_number_and_does_not_is_named()
    {
        Dictionary<string, string> files = Unified();
        files["memory.current"] = "much\n";
        FluentActions.Invoking(() => Read(files)).Should().Throw<RtException>()
            .WithMessage("read memory.current of the container's cgroup: \"much\" is not a number");
    }

    [Fact]
    public void A_cgroup_of_v1_has_what_only_v1_counts()
    {
        using Directories v1 = new();
        v1.Write("cpu", "cpu.stat", "nr_periods 10\nnr_throttled 4\nthrottled_time 70000\n");
        v1.Write("cpuacct", "cpuacct.usage", "2500000\n");
        v1.Write("cpuacct", "cpuacct.stat", "user 15\nsystem 10\n");
        v1.Write("cpuacct", "cpuacct.usage_percpu", "2000000 500000 \n");
        v1.Write("cpuacct", "cpuacct.usage_all", "cpu user system\n0 1200000 800000\n1 300000 200000\n");
        v1.Write("cpuset", "cpuset.cpus", "0-1\n");
        v1.Write("cpuset", "cpuset.mems", "0\n");
        v1.Write("cpuset", "cpuset.sched_load_balance", "1\n");
        v1.Write("cpuset", "cpuset.sched_relax_domain_level", "-1\n");
        v1.Write("memory", "memory.stat", "cache 2000\nrss 1000\nhierarchical_memory_limit 9223372036854771712\n");
        foreach (var (prefix, scale) in (ReadOnlySpan<(string, int)>)[("memory", 1), ("memory.memsw", 2), ("memory.kmem.tcp", 4)])
        {
            v1.Write("memory", prefix + ".usage_in_bytes", $"{6000 * scale}\n");
            v1.Write("memory", prefix + ".max_usage_in_bytes", $"{7000 * scale}\n");
            v1.Write("memory", prefix + ".limit_in_bytes", "9223372036854771712\n");
            v1.Write("memory", prefix + ".failcnt", $"{scale}\n");
        }

        v1.Write("memory", "memory.kmem.usage_in_bytes", "3\n"); // no limit, as since Linux 5.16
        v1.Write("pids", "pids.current", "3\n");
        v1.Write("pids", "pids.max", "77\n");
        v1.Write("blkio", "blkio.bfq.io_serviced_recursive", "Total 0\n");
        v1.Write("blkio", "blkio.throttle.io_serviced_recursive", "8:0 Read 3\n8:0 Total 3\nTotal 3\n");
        v1.Write("blkio", "blkio.throttle.io_service_bytes", "8:0 Read 4096\nTotal 4096\n");
        v1.Write("blkio", "blkio.time_recursive", "8:0 9\n");
        v1.Write("hugetlb", "hugetlb.2MB.rsvd.usage_in_bytes", "4194304\n");
        v1.Write("hugetlb", "hugetlb.2MB.rsvd.max_usage_in_bytes", "6291456\n");
        v1.Write("hugetlb", "hugetlb.2MB.rsvd.failcnt", "5\n");
        v1.Write("hugetlb", "hugetlb.2MB.usage_in_bytes", "1\n");
        v1.Write("hugetlb", "hugetlb.1GB.usage_in_bytes", "1073741824\n");
        v1.Write("hugetlb", "hugetlb.1GB.failcnt", "1\n");

        CgroupStats stats = LegacyStats.Read(v1.ByController, PageSizes);

        stats.Cpu.Should().BeEquivalentTo(new CpuStats
        {
            Total = 2_500_000, User = 150_000_000, Kernel = 100_000_000, Percpu = [2_000_000, 500_000],
            PercpuUser = [1_200_000, 300_000], PercpuKernel = [800_000, 200_000],
            Periods = 10, ThrottledPeriods = 4, ThrottledTime = 70_000,
        });
        stats.Cpuset.Cpus.Should().Equal(0, 1);
        stats.Cpuset.Mems.Should().Equal(0);
        stats.Cpuset.Flags.Should().Equal(new Dictionary<string, long> { ["sched_load_balance"] = 1, ["sched_relax_domain_level"] = -1 });
        stats.Memory.Cache.Should().Be(2000);
        stats.Memory.Usage.Should().Be(new MemoryUse(9223372036854771712, 6000, 7000, 1));
        stats.Memory.Swap.Should().Be(new MemoryUse(9223372036854771712, 12000, 14000, 2));
        stats.Memory.Kernel.Should().Be(new MemoryUse(0, 3, 0, 0));
        stats.Memory.KernelTcp.Should().Be(new MemoryUse(9223372036854771712, 24000, 28000, 4));
        stats.Memory.Raw.Should().HaveCount(3);
        stats.Pids.Should().Be(new PidsStats(3, 77));
        stats.Blkio.Tables.Where(table => table.Value.Count > 0).Should().BeEquivalentTo(new Dictionary<string, BlkioEntry[]>
        {
            [BlkioStats.Serviced] = [new(8, 0, "Read", 3), new(8, 0, "Total", 3)],
            [BlkioStats.ServiceBytes] = [new(8, 0, "Read", 4096)],
            [BlkioStats.Time] = [new(8, 0, "", 9)],
        });
        stats.Hugetlb.Should().Equal(new Dictionary<string, HugetlbStats> { ["1GB"] = new(1073741824, 0, 1), ["2MB"] = new(4194304, 6291456, 5) });
    }

    [Fact]
    public void Without_any_controller_of_v1_there_are_zeros()
    {
        CgroupStats stats = LegacyStats.Read(new Dictionary<string, string> { ["memory"] = "/nowhere" }, PageSizes);
        stats.Blkio.Tables.Values.Should().OnlyContain(table => table.Count == 0);
        (stats with { Blkio = new BlkioStats() }).Should().BeEquivalentTo(new CgroupStats());
    }

    /// <summary>A directory for each controller, with ordinary files.</summary>
    private sealed class Directories : IDisposable
    {
        private readonly string top = Directory.CreateTempSubdirectory("rt-test-").FullName;

        public Dictionary<string, string> ByController { get; } = [];

        public void Write(string controller, string file, string text)
        {
            Directory.CreateDirectory(ByController[controller] = $"{top}/{controller}");
            File.WriteAllText($"{top}/{controller}/{file}", text);
        }

        public void Dispose() => Directory.Delete(top, recursive: true);
    }
}
