using Rt.Cgroups;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

public sealed class LegacyLimitsTests
{
    private static readonly HashSet<string> All =
        ["memory", "cpu", "cpuset", "pids", "blkio", "hugetlb", "rdma", "net_cls", "net_prio", "devices", "freezer"];

    [Theory]
    [InlineData(null, null, "")]
    [InlineData(0L, 0L, "")]
    [InlineData(100L, null, "memory.limit_in_bytes=100")]
    [InlineData(100L, 0L, "memory.limit_in_bytes=100")]
    [InlineData(-1L, null, "memory.limit_in_bytes=-1 memory.memsw.limit_in_bytes=-1")]
    [InlineData(100L, 300L, "memory.limit_in_bytes=100 memory.memsw.limit_in_bytes=300")]
    [InlineData(100L, -1L, "memory.limit_in_bytes=100 memory.memsw.limit_in_bytes=-1")]
    [InlineData(null, -1L, "memory.memsw.limit_in_bytes=-1")]
    public void Swap_is_counted_with_memory(long? limit, long? swap, string writes) =>
        Writes(new Resources { Memory = new MemoryLimits { Limit = limit, Swap = swap } }).Should().Be(writes);

    [Theory]
    [InlineData(null, 100L)]
    [InlineData(100L, 99L)]
    public void Swap_that_does_not_go_with_the_memory_limit_is_refused(long? limit, long? swap) =>
        FluentActions.Invoking(() => Writes(new Resources { Memory = new MemoryLimits { Limit = limit, Swap = swap } }))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.memory.swap");

    [Theory]
    [InlineData(100L, 101L, false)]
    [InlineData(100L, 100L, false)] // without the file, swap would be used
    [InlineData(100L, -1L, true)]
    [InlineData(-1L, null, true)]
    public void A_kernel_without_swap_accounting_only_fails_where_there_is_a_limit(long? limit, long? swap, bool optional) =>
        Compile(new Resources { Memory = new MemoryLimits { Limit = limit, Swap = swap } })
            .Single(write => write.File == "memory.memsw.limit_in_bytes").Optional.Should().Be(optional);

    [Fact]
    public void What_only_v1_has_is_written_there()
    {
        MemoryLimits memory = new()
            { Reservation = 1, Kernel = 2, KernelTcp = 3, Swappiness = 0, DisableOomKiller = true, UseHierarchy = true };
        Writes(new Resources { Memory = memory }).Should().Be("memory.use_hierarchy=1 memory.soft_limit_in_bytes=1 "
            + "memory.kmem.limit_in_bytes=2 memory.kmem.tcp.limit_in_bytes=3 memory.swappiness=0 memory.oom_control=1");
        List<InterfacePriority> priorities = [new() { Name = "lo", Priority = 0 }, new() { Name = "eth0", Priority = 7 }];
        Writes(new Resources { Network = new NetworkTags { ClassId = 0x100001, Priorities = priorities } })
            .Should().Be("net_cls.classid=1048577 net_prio.ifpriomap=lo 0 net_prio.ifpriomap=eth0 7");
    }

    /// <summary>Linux since 6.1 or so takes a limit of kernel memory and forgets it.</summary>
    [Fact]
    public void Limits_of_kernel_memory_are_looked_at_again() =>
        Compile(new Resources { Memory = new MemoryLimits { Limit = 9, Kernel = 2, KernelTcp = -1 } })
            .Select(write => (write.File, write.Kept)).Should().Equal(
                ("memory.limit_in_bytes", false), ("memory.kmem.limit_in_bytes", true), ("memory.kmem.tcp.limit_in_bytes", false));

    [Theory]
    [InlineData(true, 100L, "memory.usage_in_bytes")]
    [InlineData(false, 100L, "")]
    [InlineData(true, -1L, "")]
    [Proves("config-linux-memory-01")]
    public void A_limit_is_compared_with_what_is_in_use_if_that_is_to_be_checked(bool check, long limit, string usage) =>
        Compile(new Resources { Memory = new MemoryLimits { Limit = limit, CheckBeforeUpdate = check } })[0].Usage.Should().Be(usage);

    [Theory]
    [InlineData(null, null, "")]
    [InlineData(0L, 0ul, "")]
    [InlineData(50000L, null, "cpu.cfs_quota_us=50000")]
    [InlineData(50000L, 200000ul, "cpu.cfs_period_us=200000 cpu.cfs_quota_us=50000")]
    [InlineData(-1L, 200000ul, "cpu.cfs_period_us=200000 cpu.cfs_quota_us=-1")]
    [InlineData(-7L, null, "cpu.cfs_quota_us=-1")]
    public void Quota_and_period_have_a_file_each(long? quota, ulong? period, string writes) =>
        Writes(new Resources { Cpu = new CpuLimits { Quota = quota, Period = period } }).Should().Be(writes);

    [Fact]
    public void What_bounds_another_is_written_before_it() =>
        Writes(new Resources
        {
            Cpu = new CpuLimits
            {
                Idle = 0,
                Shares = 3,
                Quota = 5000,
                Burst = 1000,
                RealtimeRuntime = 7,
                RealtimePeriod = 8,
                Cpus = "0-1",
                Mems = "0",
            },
        }).Should().Be("cpu.idle=0 cpu.shares=3 cpu.cfs_quota_us=5000 cpu.cfs_burst_us=1000 cpu.rt_period_us=8 cpu.rt_runtime_us=7 "
            + "cpuset.cpus=0-1 cpuset.mems=0");

    [Fact]
    public void An_idle_cgroup_has_no_shares() =>
        Writes(new Resources { Cpu = new CpuLimits { Idle = 1, Shares = 512 } }).Should().Be("cpu.idle=1");

    [Theory]
    [InlineData(0L, 0ul, true)]
    [InlineData(1L, 1ul, false)]
    public void A_kernel_that_knows_no_idle_and_burst_has_them_at_0(long idle, ulong burst, bool optional) =>
        Compile(new Resources { Cpu = new CpuLimits { Idle = idle, Burst = burst } })
            .Should().HaveCount(2).And.OnlyContain(write => write.Optional == optional);

    [Theory]
    [InlineData(-1L, "pids.max=max")]
    [InlineData(0L, "pids.max=1")]
    [InlineData(5L, "pids.max=5")]
    [Proves("config-linux-pids-01")]
    public void The_number_of_processes_is_limited(long limit, string writes) =>
        Writes(new Resources { PidsLimit = limit }).Should().Be(writes);

    [Fact]
    public void Weights_of_block_IO_go_to_the_scheduler_that_the_kernel_has() =>
        Compile(new Resources
        {
            BlockIO = new BlockIOLimits
            {
                Weight = 500,
                LeafWeight = 7,
                WeightDevice =
                [
                    new DeviceWeight { Major = 8, Minor = 0, Weight = 10, LeafWeight = 0 },
                    new DeviceWeight { Major = 8, Minor = 16, LeafWeight = 9 },
                ],
            },
        }).Should().Equal(
            new CgroupWrite("blkio.weight", "500", "linux.resources.blockIO.weight",
                Otherwise: new("blkio.bfq.weight", "500", "linux.resources.blockIO.weight")),
            new CgroupWrite("blkio.leaf_weight", "7", "linux.resources.blockIO.leafWeight"),
            new CgroupWrite("blkio.weight_device", "8:0 10", "linux.resources.blockIO.weightDevice[0].weight",
                Otherwise: new("blkio.bfq.weight_device", "8:0 10", "linux.resources.blockIO.weightDevice[0].weight")),
            new CgroupWrite("blkio.leaf_weight_device", "8:16 9", "linux.resources.blockIO.weightDevice[1].leafWeight"));

    [Fact]
    public void Rates_of_block_devices_have_a_file_each() =>
        Writes(new Resources
        {
            BlockIO = new BlockIOLimits
            {
                ThrottleReadBpsDevice = [new() { Major = 8, Minor = 0, Rate = 600 }, new() { Major = 8, Minor = 16, Rate = 0 }],
                ThrottleWriteBpsDevice = [new() { Major = 8, Minor = 0, Rate = ulong.MaxValue }],
                ThrottleReadIOPSDevice = [new() { Major = 8, Minor = 0, Rate = 1 }],
                ThrottleWriteIOPSDevice = [new() { Major = 8, Minor = 0, Rate = 2 }],
            },
        }).Should().Be("blkio.throttle.read_bps_device=8:0 600 blkio.throttle.read_bps_device=8:16 0 "
            + "blkio.throttle.write_bps_device=8:0 18446744073709551615 blkio.throttle.read_iops_device=8:0 1 "
            + "blkio.throttle.write_iops_device=8:0 2");

    [Fact]
    [Proves("config-linux-hugepages-01")]
    public void Huge_pages_are_limited_in_use_and_where_the_kernel_can_in_reservation() =>
        Compile(new Resources { HugepageLimits = [new() { PageSize = "2MB", Limit = 4194304 }] }).Should().Equal(
            new CgroupWrite("hugetlb.2MB.limit_in_bytes", "4194304", "linux.resources.hugepageLimits[0]"),
            new CgroupWrite("hugetlb.2MB.rsvd.limit_in_bytes", "4194304", "linux.resources.hugepageLimits[0]", Optional: true));

    [Fact]
    public void RDMA_is_limited_by_device() =>
        Writes(new Resources { Rdma = [new() { Device = "mlx5_1", HcaHandles = 3 }] }).Should().Be("rdma.max=mlx5_1 hca_handle=3");

    [Theory]
    [InlineData("memory pids", "memory.limit_in_bytes=1 pids.max=2", "cpu.max=4 cpuset.cpus=0")]
    [InlineData("cpu", "cpu.cfs_quota_us=4", "memory.max=1 pids.max=2 cpuset.cpus=0")]
    [InlineData("cpuset freezer", "cpuset.cpus=0", "memory.max=1 pids.max=2 cpu.max=4")]
    [InlineData("", "", "memory.max=1 pids.max=2 cpu.max=4 cpuset.cpus=0")]
    public void Each_controller_gets_its_limits_where_it_is(string legacy, string v1, string v2)
    {
        Resources resources = new()
        {
            Memory = new MemoryLimits { Limit = 1 },
            PidsLimit = 2,
            Cpu = new CpuLimits { Quota = 4, Cpus = "0" },
        };
        HashSet<string> controllers = [.. legacy.Split(' ')];
        Writes(LegacyLimits.Compile(resources, controllers)).Should().Be(v1);
        Writes(UnifiedLimits.Compile(resources, controllers)).Split(' ').Should().BeEquivalentTo(v2.Split(' '));
    }

    [Theory]
    [InlineData("""{"classID": 1}""", "classID", "net_cls")]
    [InlineData("""{"priorities": [{"name": "lo", "priority": 1}]}""", "priorities[0]", "net_prio")]
    public void Without_its_controller_a_mark_of_packets_is_refused(string network, string property, string controller) =>
        FluentActions.Invoking(() => LegacyLimits.Compile(
                Configs.Read(Configs.With("linux.resources.network", network)).Linux.Resources, new HashSet<string> { "memory" }))
            .Should().Throw<SpecException>()
            .WithMessage($"linux.resources.network.{property}: can't be set: there is no {controller} controller at /sys/fs/cgroup");

    private static List<CgroupWrite> Compile(Resources resources) => LegacyLimits.Compile(resources, All);

    private static string Writes(Resources resources) => Writes(Compile(resources));

    private static string Writes(IEnumerable<CgroupWrite> writes) =>
        string.Join(' ', writes.Select(write => $"{write.File}={write.Value}"));
}
