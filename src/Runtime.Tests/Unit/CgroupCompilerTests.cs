using Rt.Cgroups;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

public sealed class CgroupCompilerTests
{
    [Theory]
    [InlineData("/docker/1", "/user.slice", "/docker/1")]
    [InlineData("/docker//./1/", "/user.slice", "/docker/1")]
    [InlineData("/docker/../1", "/user.slice", "/1")]
    [InlineData("/../../1", "/user.slice", "/1")]
    [InlineData("tests/1", "/user.slice", "/tests/1")]
    [InlineData("tests/1", "/a/b/c", "/a/b/tests/1")]
    [InlineData("../../1", "/a/b", "/a/1")]
    [InlineData("x/../../../1", "/a/b", "/a/1")]
    [InlineData("", "/a/b", "/a/box")]
    [InlineData("", "/a", "/box")]
    [InlineData("", "/", "/box")]
    [Proves("config-linux-cgroupspath-01", "config-linux-cgroupspath-02")]
    public void The_cgroup_is_where_cgroupsPath_says(string cgroupsPath, string own, string path) =>
        CgroupCompiler.PathOf(cgroupsPath, "box", own).Should().Be(path);

    [Theory]
    [InlineData("/", "/a/b")]
    [InlineData("//", "/a/b")]
    [InlineData("/..", "/a/b")]
    [InlineData("/a/..", "/a/b")]
    [InlineData(".", "/a")]
    [InlineData(".", "/a/b")]
    [InlineData("x/..", "/a/b")]
    [Proves("config-linux-cgroupspath-03")]
    public void The_root_and_the_callers_own_ancestors_are_refused(string cgroupsPath, string own) =>
        FluentActions.Invoking(() => CgroupCompiler.PathOf(cgroupsPath, "box", own))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.cgroupsPath");

    [Theory]
    [InlineData(null, null, "")]
    [InlineData(0L, 0L, "")]
    [InlineData(100L, null, "memory.max=100")]
    [InlineData(-1L, null, "memory.max=max memory.swap.max=max")]
    [InlineData(100L, 300L, "memory.max=100 memory.swap.max=200")]
    [InlineData(100L, 100L, "memory.max=100 memory.swap.max=0")]
    [InlineData(100L, -1L, "memory.max=100 memory.swap.max=max")]
    [InlineData(100L, 0L, "memory.max=100")]
    [InlineData(null, -1L, "memory.swap.max=max")]
    [InlineData(-1L, 100L, "memory.max=max memory.swap.max=100")]
    [InlineData(-1L, -1L, "memory.max=max memory.swap.max=max")]
    public void Swap_is_what_may_be_used_beyond_memory(long? limit, long? swap, string writes) =>
        Writes(new Resources { Memory = new MemoryLimits { Limit = limit, Swap = swap } }).Should().Be(writes);

    [Theory]
    [InlineData(null, 100L)]
    [InlineData(0L, 100L)]
    [InlineData(100L, 99L)]
    public void Swap_that_does_not_go_with_the_memory_limit_is_refused(long? limit, long? swap) =>
        FluentActions.Invoking(() => Writes(new Resources { Memory = new MemoryLimits { Limit = limit, Swap = swap } }))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.memory.swap");

    [Theory]
    [InlineData(100L, 100L, true)]
    [InlineData(100L, -1L, true)]
    [InlineData(-1L, null, true)]
    [InlineData(100L, 101L, false)]
    public void A_kernel_without_swap_accounting_only_fails_where_some_swap_is_the_limit(long? limit, long? swap, bool optional)
    {
        List<CgroupWrite> writes = UnifiedLimits.Compile(new Resources { Memory = new MemoryLimits { Limit = limit, Swap = swap } });
        writes.Single(write => write.File == "memory.swap.max").Optional.Should().Be(optional);
        writes.Single(write => write.File == "memory.max").Optional.Should().BeFalse();
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData(0L, "")]
    [InlineData(50L, "memory.low=50")]
    [InlineData(-1L, "memory.low=max")]
    public void A_reservation_protects_memory(long? reservation, string writes) =>
        Writes(new Resources { Memory = new MemoryLimits { Reservation = reservation } }).Should().Be(writes);

    [Theory]
    [InlineData(0ul, 1ul)]
    [InlineData(1ul, 1ul)]
    [InlineData(2ul, 1ul)]
    [InlineData(102ul, 17ul)]
    [InlineData(512ul, 59ul)]
    [InlineData(1024ul, 100ul)]
    [InlineData(2048ul, 174ul)]
    [InlineData(262144ul, 10000ul)]
    [InlineData(262145ul, 10000ul)]
    [InlineData(ulong.MaxValue, 10000ul)]
    public void Shares_become_a_weight(ulong shares, ulong weight) => UnifiedLimits.Weight(shares).Should().Be(weight);

    [Fact]
    public void More_shares_never_weigh_less()
    {
        ulong[] weights = [.. Enumerable.Range(2, 262143).Select(shares => UnifiedLimits.Weight((ulong)shares))];
        weights.Should().BeInAscendingOrder();
        weights.Should().OnlyContain(weight => weight >= 1 && weight <= 10000);
    }

    [Theory]
    [InlineData(null, null, "")]
    [InlineData(0L, 0ul, "")]
    [InlineData(50000L, null, "cpu.max=50000")]
    [InlineData(50000L, 0ul, "cpu.max=50000")]
    [InlineData(50000L, 200000ul, "cpu.max=50000 200000")]
    [InlineData(-1L, 200000ul, "cpu.max=max 200000")]
    [InlineData(-1L, null, "cpu.max=max")]
    [InlineData(null, 200000ul, "cpu.max=max 200000")]
    public void Quota_and_period_go_into_one_file(long? quota, ulong? period, string writes) =>
        Writes(new Resources { Cpu = new CpuLimits { Quota = quota, Period = period } }, " | ").Should().Be(writes);

    [Fact]
    public void A_burst_is_written_after_the_quota_that_bounds_it() =>
        Writes(new Resources { Cpu = new CpuLimits { Quota = 5000, Burst = 1000 } }).Should().Be("cpu.max=5000 cpu.max.burst=1000");

    [Fact]
    public void An_idle_cgroup_has_no_weight() => // the kernel refuses one with EINVAL
        Writes(new Resources { Cpu = new CpuLimits { Idle = 1, Shares = 512 } }).Should().Be("cpu.idle=1");

    [Fact]
    public void A_cgroup_that_is_not_idle_has_one() =>
        Writes(new Resources { Cpu = new CpuLimits { Idle = 0, Shares = 1024, Cpus = "0-1", Mems = "0" } })
            .Should().Be("cpu.idle=0 cpu.weight=100 cpuset.cpus=0-1 cpuset.mems=0");

    [Theory]
    [InlineData(0L, 0ul, true)]
    [InlineData(1L, 1ul, false)]
    public void A_kernel_that_knows_no_idle_and_burst_has_them_at_0(long idle, ulong burst, bool optional) =>
        UnifiedLimits.Compile(new Resources { Cpu = new CpuLimits { Idle = idle, Burst = burst } })
            .Should().HaveCount(2).And.OnlyContain(write => write.Optional == optional);

    [Theory]
    [InlineData(null, "")]
    [InlineData(100L, "pids.max=100")]
    [InlineData(-1L, "pids.max=max")]
    [InlineData(-2L, "pids.max=max")]
    [InlineData(1L, "pids.max=1")]
    [InlineData(0L, "pids.max=1")] // the init, born into the cgroup, is one
    [Proves("config-linux-pids-01")]
    public void The_number_of_processes_is_limited(long? limit, string writes) =>
        Writes(new Resources { PidsLimit = limit }).Should().Be(writes);

    [Theory]
    [InlineData(0L, "")]
    [InlineData(1L, "io.bfq.weight=1 | otherwise io.weight=1")]
    [InlineData(10L, "io.bfq.weight=10 | otherwise io.weight=1")]
    [InlineData(11L, "io.bfq.weight=11 | otherwise io.weight=11")]
    [InlineData(500L, "io.bfq.weight=500 | otherwise io.weight=4950")]
    [InlineData(1000L, "io.bfq.weight=1000 | otherwise io.weight=10000")]
    public void A_weight_of_block_IO_goes_to_BFQ_or_converted_to_the_kernels_own(long weight, string writes) =>
        Alternatives(new BlockIOLimits { Weight = weight }).Should().Be(writes);

    [Fact]
    public void A_device_may_have_a_weight_of_its_own() =>
        Alternatives(new BlockIOLimits
        {
            Weight = 20,
            WeightDevice =
            [
                new DeviceWeight { Major = 8, Minor = 16, Weight = 100, LeafWeight = 0 },
                new DeviceWeight { Major = 8, Minor = 0, LeafWeight = 0 },
                new DeviceWeight { Major = 9, Minor = 0, Weight = 0 },
            ],
        }).Should().Be("io.bfq.weight=20 | otherwise io.weight=102 | io.bfq.weight=8:16 100 | otherwise io.weight=8:16 910");

    [Fact]
    public void Rates_of_block_devices_are_written_one_by_one_each_with_its_path()
    {
        BlockIOLimits block = new()
        {
            ThrottleReadBpsDevice =
            [
                new DeviceRate { Major = 8, Minor = 0, Rate = 600 },
                new DeviceRate { Major = 8, Minor = 16, Rate = 0 },
            ],
            ThrottleWriteBpsDevice = [new DeviceRate { Major = 259, Minor = 1048575, Rate = ulong.MaxValue }],
            ThrottleReadIOPSDevice = [new DeviceRate { Major = 8, Minor = 0, Rate = 1 }],
            ThrottleWriteIOPSDevice = [new DeviceRate { Major = 8, Minor = 0, Rate = 2 }],
        };

        UnifiedLimits.Compile(new Resources { BlockIO = block }).Should().Equal(
            new CgroupWrite("io.max", "8:0 rbps=600", "linux.resources.blockIO.throttleReadBpsDevice[0]"),
            new CgroupWrite("io.max", "8:16 rbps=max", "linux.resources.blockIO.throttleReadBpsDevice[1]"),
            new CgroupWrite("io.max", "259:1048575 wbps=18446744073709551615", "linux.resources.blockIO.throttleWriteBpsDevice[0]"),
            new CgroupWrite("io.max", "8:0 riops=1", "linux.resources.blockIO.throttleReadIOPSDevice[0]"),
            new CgroupWrite("io.max", "8:0 wiops=2", "linux.resources.blockIO.throttleWriteIOPSDevice[0]"));
    }

    [Fact]
    public void Huge_pages_are_limited_in_use_and_where_the_kernel_can_in_reservation()
    {
        Resources resources = new();
        resources.HugepageLimits.Add(new HugepageLimit { PageSize = "2MB", Limit = 4194304 });
        resources.HugepageLimits.Add(new HugepageLimit { PageSize = "1GB", Limit = 0 });

        UnifiedLimits.Compile(resources).Should().Equal(
            new CgroupWrite("hugetlb.2MB.max", "4194304", "linux.resources.hugepageLimits[0]"),
            new CgroupWrite("hugetlb.2MB.rsvd.max", "4194304", "linux.resources.hugepageLimits[0]", Optional: true),
            new CgroupWrite("hugetlb.1GB.max", "0", "linux.resources.hugepageLimits[1]"),
            new CgroupWrite("hugetlb.1GB.rsvd.max", "0", "linux.resources.hugepageLimits[1]", Optional: true));
    }

    [Theory]
    [InlineData(3u, 10000u, "mlx5_1 hca_handle=3 hca_object=10000")]
    [InlineData(0u, null, "mlx5_1 hca_handle=0")]
    [InlineData(null, 1u, "mlx5_1 hca_object=1")]
    public void RDMA_is_limited_by_device(uint? handles, uint? objects, string value)
    {
        Resources resources = new();
        resources.Rdma.Add(new RdmaLimits { Device = "mlx5_1", HcaHandles = handles, HcaObjects = objects });
        UnifiedLimits.Compile(resources).Should().Equal(new CgroupWrite("rdma.max", value, "linux.resources.rdma.mlx5_1"));
    }

    [Fact]
    public void Unified_files_are_written_last_and_so_have_the_last_word()
    {
        Resources resources = new() { PidsLimit = 5, Memory = new MemoryLimits { Limit = 1 } };
        resources.Unified.Add("pids.max", "7");
        resources.Unified.Add("memory.high", "max");
        resources.Unified.Add("hugetlb.2MB.max", "0");
        resources.HugepageLimits.Add(new HugepageLimit { PageSize = "2MB", Limit = 1 });

        Writes(resources).Should().Be(
            "memory.max=1 pids.max=5 hugetlb.2MB.max=1 hugetlb.2MB.rsvd.max=1 hugetlb.2MB.max=0 memory.high=max pids.max=7");
        UnifiedLimits.Compile(resources)[^1].Should().Be(new CgroupWrite("pids.max", "7", "linux.resources.unified.pids.max"));
    }

    [Theory]
    [InlineData("../memory.max")]
    [InlineData("sub/memory.max")]
    [InlineData("/sys/fs/cgroup/memory.max")]
    [InlineData("memory")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public void A_unified_name_that_is_no_file_of_the_cgroup_is_refused(string name)
    {
        Resources resources = new();
        resources.Unified.Add(name, "1");
        FluentActions.Invoking(() => UnifiedLimits.Compile(resources))
            .Should().Throw<SpecException>().Which.Path.Should().Be($"linux.resources.unified.{name}");
    }

    [Fact]
    public void A_write_knows_its_controller() => new CgroupWrite("memory.swap.max", "0", "").Controller.Should().Be("memory");

    [Fact]
    public void Without_a_cgroup2_mount_a_container_without_limits_has_no_cgroup() =>
        CgroupCompiler.Compile(new Config(), "box", new CgroupHierarchy(null, "/")).Should().BeNull();

    [Fact]
    public void Without_a_cgroup2_mount_a_limit_is_refused_by_its_path()
    {
        Config config = new() { Linux = new Linux { Resources = new Resources { PidsLimit = 10 } } };
        FluentActions.Invoking(() => CgroupCompiler.Compile(config, "box", new CgroupHierarchy(null, "/")))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.pids.limit");
    }

    [Fact]
    public void With_one_the_container_gets_a_directory_limits_and_a_device_filter()
    {
        Config config = new();
        config.Linux.CgroupsPath = "/a/b";
        config.Linux.Resources.PidsLimit = 10;
        config.Linux.Resources.Devices.Add(new DeviceRule { Access = "rwm" });

        UnifiedPlan plan = CgroupCompiler.Compile(config, "box", new CgroupHierarchy("/sys/fs/cgroup/unified", "/"))!.Unified!;

        plan.Directory.Should().Be("/sys/fs/cgroup/unified/a/b");
        plan.Writes.Should().ContainSingle().Which.File.Should().Be("pids.max");
        plan.DeviceProgram.Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("0::/user.slice/session\n", "/user.slice/session")]
    [InlineData("12:pids:/x\n1:name=systemd:/y\n0::/z\n", "/z")]
    [InlineData("0::/\n", "/")]
    [InlineData("1:cpu:/x\n", "/")]
    [InlineData("", "/")]
    public void The_callers_cgroup_is_the_line_of_version_2(string file, string own) => CgroupHierarchy.OwnCgroup(file).Should().Be(own);

    [Theory]
    [InlineData("/", "/a", "")]
    [InlineData("/a/b", "/a/c", "/a")]
    [InlineData("/a/b", "/a/b/c", "/a/b")]
    [InlineData("/ab", "/a", "")]
    public void The_closest_cgroup_above_two_is_found(string one, string other, string above) =>
        CgroupPrivilege.CommonAncestor(one, other).Should().Be(above);

    private static string Alternatives(BlockIOLimits block) =>
        string.Join(" | ", UnifiedLimits.Compile(new Resources { BlockIO = block })
            .SelectMany(write => new[] { $"{write.File}={write.Value}", $"otherwise {write.Otherwise!.File}={write.Otherwise.Value}" }));

    private static string Writes(Resources resources, string separator = " ") =>
        string.Join(separator, UnifiedLimits.Compile(resources).Select(write => $"{write.File}={write.Value}"));
}
