using Rt.Cgroups;
using Rt.Spec;
using Rt.Systemd;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("the unit that --systemd-cgroup makes of a configuration")]
public sealed class ScopeCompilerTests
{
    [Theory]
    [InlineData("", "system.slice", "rt-box.scope")]
    [InlineData("system.slice:docker:1234", "system.slice", "docker-1234.scope")]
    [InlineData(":docker:1234", "system.slice", "docker-1234.scope")]
    [InlineData("machine.slice:libpod:1234", "machine.slice", "libpod-1234.scope")]
    [InlineData("kubepods-burstable-pod1_2.slice:cri-containerd:1234", "kubepods-burstable-pod1_2.slice", "cri-containerd-1234.scope")]
    [InlineData("-:a:b", "-.slice", "a-b.scope")]
    [InlineData("-.slice:a:b", "-.slice", "a-b.scope")]
    [InlineData("::b", "system.slice", "-b.scope")]
    [InlineData(":a:b@c\\x2d", "system.slice", "a-b@c\\x2d.scope")]
    public void The_unit_is_named_by_cgroupsPath_as_runc_does(string cgroupsPath, string slice, string unit) =>
        ScopeCompiler.Names(cgroupsPath, "box", "system.slice").Should().Be((slice, unit));

    [Fact]
    public void An_id_that_is_no_part_of_a_units_name_is_escaped() =>
        ScopeCompiler.Names("", "a+b_1.2-c", "system.slice").Unit.Should().Be(@"rt-a\x2bb_1.2-c.scope");

    [Theory]
    [InlineData("/docker/1", "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/docker/1\" instead")]
    [InlineData("a.slice:b", "expected cgroupsPath *")]
    [InlineData("a.slice:b:c:d", "expected cgroupsPath *")]
    [InlineData("a:b:c", "\"a\" is not the name of a slice*")]
    [InlineData("a.slice/b.slice:b:c", "\"a.slice/b.slice\" is not the name of a slice*")]
    [InlineData("a--b.slice:b:c", "\"a--b.slice\" is not *")]
    [InlineData("-a.slice:b:c", "\"-a.slice\" is not *")]
    [InlineData("a-.slice:b:c", "\"a-.slice\" is not *")]
    [InlineData(".slice:b:c", "\".slice\" is not *")]
    [InlineData("a@b.slice:b:c", "\"a@b.slice\" is not *")]
    [InlineData("a.slice:b:", "\"a.slice:b:\" has an empty name behind the last colon")]
    [InlineData("a.slice:b:c.slice", "\"c.slice\" would be a slice*")]
    [InlineData("a.slice:b/c:d", "\"b/c-d.scope\" is no name of a unit*")]
    [InlineData("a.slice:b:c d", "\"b-c d.scope\" is no name of a unit*")]
    [InlineData("a.slice:b:ä", "\"b-ä.scope\" is no name of a unit*")]
    [InlineData("a.slice:@b:c", "\"@b-c.scope\" is no name of a unit*")]
    public void What_names_no_scope_is_refused(string cgroupsPath, string problem) =>
        FluentActions.Invoking(() => ScopeCompiler.Names(cgroupsPath, "box", "system.slice"))
            .Should().Throw<SpecException>().WithMessage($"linux.cgroupsPath: {problem}");

    [Fact]
    public void A_units_name_has_255_characters_at_most()
    {
        ScopeCompiler.Names(":a:" + new string('b', 247), "box", "system.slice").Unit.Should().HaveLength(255);
        FluentActions.Invoking(() => ScopeCompiler.Names(":a:" + new string('b', 248), "box", "system.slice"))
            .Should().Throw<SpecException>().WithMessage("*longer than 255 characters");
    }

    [Theory]
    [InlineData("-.slice", "/u.scope")]
    [InlineData("a.slice", "/a.slice/u.scope")]
    [InlineData("a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice/u.scope")]
    public void A_slice_lies_in_those_that_its_name_begins_with(string slice, string path) =>
        new ScopePlan("u.scope", false, slice, [], []).Path.Should().Be(path);

    [Theory]
    [InlineData(false, "system.slice")]
    [InlineData(true, "user.slice")]
    public void A_scope_is_delegated_and_counts_everything(bool rootless, string slice) =>
        Properties(ScopeCompiler.Compile(Configs.Read("{}"), "box", rootless)).Should().Be(
            $"Description='rt container box' Slice='{slice}' Delegate=true CPUAccounting=true MemoryAccounting=true "
            + "IOAccounting=true TasksAccounting=true DefaultDependencies=false");

    [Fact]
    public void An_annotation_takes_the_place_of_what_rt_would_have()
    {
        ScopePlan plan = ScopeCompiler.Compile(Configs.Read("""
            {"annotations": {"org.systemd.property.DefaultDependencies": "true", "org.systemd.property.After": "['a.service']",
             "other": "x"}, "linux": {"cgroupsPath": "a.slice:b:c"}}
            """), "box", false);
        Properties(plan).Should().StartWith("Description='rt container box' Slice='a.slice' ")
            .And.EndWith("TasksAccounting=true After=['a.service'] DefaultDependencies=true");
        plan.Properties[^1].Origin.Should().Be("annotations.org.systemd.property.DefaultDependencies");
    }

    public static TheoryData<string, string, string> Files => new()
    {
        { "memory.max", "1048576", "MemoryMax=uint64 1048576" },
        { "memory.max", "max", "MemoryMax=uint64 18446744073709551615" },
        { "memory.max", "512M\n", "MemoryMax=uint64 536870912" },
        { "memory.max", "1k", "MemoryMax=uint64 1024" },
        { "memory.max", "0", "" }, // systemd takes no such maximum
        { "memory.max", "1Z", "" },
        { "memory.max", "99999999999E", "" },
        { "memory.max", "", "" },
        { "memory.min", "0", "MemoryMin=uint64 0" },
        { "memory.low", "5", "MemoryLow=uint64 5" },
        { "memory.high", "5", "MemoryHigh=uint64 5" },
        { "memory.swap.max", "0", "MemorySwapMax=uint64 0" },
        { "memory.oom.group", "1", "OOMPolicy='kill'" },
        { "memory.oom.group", "0", "OOMPolicy='continue'" },
        { "memory.swap.high", "5", "" },
        { "pids.max", "100", "TasksMax=uint64 100" },
        { "pids.max", "max", "TasksMax=uint64 18446744073709551615" },
        { "pids.max", "0", "TasksMax=uint64 1" }, // nor 0 of these
        { "cpu.weight", "1", "CPUWeight=uint64 1" },
        { "cpu.weight", "10000", "CPUWeight=uint64 10000" },
        { "cpu.weight", "10001", "" },
        { "cpu.idle", "1", "CPUWeight=uint64 0" },
        { "cpu.idle", "0", "CPUWeight=uint64 18446744073709551615" },
        { "cpu.max", "50000", "CPUQuotaPerSecUSec=uint64 500000" },
        { "cpu.max", "50000 200000", "CPUQuotaPeriodUSec=uint64 200000 CPUQuotaPerSecUSec=uint64 250000" },
        { "cpu.max", "max 200000", "CPUQuotaPeriodUSec=uint64 200000 CPUQuotaPerSecUSec=uint64 18446744073709551615" },
        { "cpu.max", "max", "CPUQuotaPerSecUSec=uint64 18446744073709551615" },
        { "cpu.max", "33300 100000", "CPUQuotaPeriodUSec=uint64 100000 CPUQuotaPerSecUSec=uint64 340000" },
        { "cpu.max", "999 100000", "" }, // less than a millisecond is refused by the kernel
        { "cpu.max", "5000 999", "" },
        { "cpu.max", "5000 1000001", "" },
        { "cpu.max", "17592186044415 1000", "CPUQuotaPeriodUSec=uint64 1000 CPUQuotaPerSecUSec=uint64 17592186044420000" },
        { "cpu.max", "1 2 3", "" },
        { "cpu.max.burst", "5000", "" },
        { "cpuset.cpus", "0-3,9", "AllowedCPUs=[byte 0x0f, byte 0x02]" },
        { "cpuset.cpus", "64", $"AllowedCPUs=[{string.Concat(Enumerable.Repeat("byte 0x00, ", 8))}byte 0x01]" },
        { "cpuset.cpus", "x", "" },
        { "cpuset.mems", "1", "AllowedMemoryNodes=[byte 0x02]" },
        { "io.weight", "default 200", "IOWeight=uint64 200" },
        { "io.weight", "200", "IOWeight=uint64 200" },
        { "io.weight", "8:16 200", "" },
        { "io.max", "8:0 rbps=600", "" },
        { "hugetlb.2MB.max", "0", "" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_has_the_property_that_stands_for_it(string file, string value, string properties) =>
        string.Join(' ', UnitLimits.PropertiesOf(new CgroupWrite(file, value, "o"))).Should().Be(properties);

    [Theory]
    [InlineData("50000", "50000")]
    [InlineData("50000 100000", "50000 100000")]
    [InlineData("33300 100000", "34000 100000")]
    [InlineData("33300", "34000")]
    [InlineData("12345 33333", "12666 33333")]
    [InlineData("max 200000", "max 200000")]
    [InlineData("1 2 3", "1 2 3")]
    public void A_quota_is_written_as_systemd_keeps_it(string asked, string written) =>
        UnitLimits.Rounded(new CgroupWrite("cpu.max", asked, "o")).Value.Should().Be(written);

    [Fact]
    public void Resources_are_converted_as_without_systemd_and_written_as_well()
    {
        Resources resources = new()
        {
            Memory = new MemoryLimits { Limit = 100, Swap = 300, Reservation = 50 },
            Cpu = new CpuLimits { Shares = 1024, Quota = 33300, Period = 100000, Cpus = "0-1", Mems = "0" },
            PidsLimit = 0,
            BlockIO = new BlockIOLimits { Weight = 500 },
            HugepageLimits = [new HugepageLimit { PageSize = "2MB", Limit = 4 }],
            Unified = { ["memory.high"] = "80", ["memory.swap.max"] = "7" },
        };
        ScopeLimits limits = ScopeCompiler.Limits(resources);
        string.Join(' ', limits.Properties).Should().Be(
            "MemoryMax=uint64 100 MemoryLow=uint64 50 CPUWeight=uint64 100 CPUQuotaPeriodUSec=uint64 100000 "
            + "CPUQuotaPerSecUSec=uint64 340000 AllowedCPUs=[byte 0x03] AllowedMemoryNodes=[byte 0x01] TasksMax=uint64 1 "
            + "IOWeight=uint64 4950 MemoryHigh=uint64 80 MemorySwapMax=uint64 7");
        limits.Properties.Should().Contain(property => property.Name == "MemorySwapMax"
            && property.Origin == "linux.resources.unified.memory.swap.max");
        string.Join(' ', limits.Writes.Select(write => write.File)).Should().Be(
            "memory.max memory.swap.max memory.low cpu.weight cpu.max cpuset.cpus cpuset.mems pids.max io.bfq.weight "
            + "hugetlb.2MB.max hugetlb.2MB.rsvd.max memory.high memory.swap.max");
        limits.Writes.Single(write => write.File == "cpu.max").Value.Should().Be("34000 100000");
    }

    [Theory]
    [InlineData("cpuset.cpus", "1", 244)]
    [InlineData("cpuset.mems", "1", 244)]
    [InlineData("cpu.idle", "1", 252)]
    [InlineData("memory.oom.group", "1", 253)]
    [InlineData("memory.max", "1", 0)]
    public void A_property_says_which_systemd_was_the_first_to_know_it(string file, string value, int since) =>
        UnitLimits.PropertiesOf(new CgroupWrite(file, value, "o")).Single().Since.Should().Be(since);

    private static string Properties(ScopePlan plan) => string.Join(' ', plan.Properties);
}
