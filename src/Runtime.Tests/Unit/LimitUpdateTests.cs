using Rt.Cgroups;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What a change of limits compiles to, given those that a cgroup has. The files are written "FILE=VALUE".</summary>
[BeyondTheSpec("rt update, a command that the specification does not have")]
public sealed class LimitUpdateTests
{
    [Theory]
    [InlineData("memory.max=100 memory.swap.max=100", "memory.max=150")]
    [InlineData("memory.max=100 memory.swap.max=0", "memory.max=150")]
    [InlineData("memory.max=200 memory.swap.max=max", "memory.max=150")]
    [InlineData("memory.max=max memory.swap.max=max", "memory.max=150")]
    public void Memory_alone_leaves_the_limit_of_swap_as_it_is(string now, string writes) => Memory(now, limit: 150).Should().Be(writes);

    [Theory]
    [InlineData("memory.max=100 memory.swap.max=0", 300L, "memory.swap.max=200")]
    [InlineData("memory.max=100 memory.swap.max=max", 100L, "memory.swap.max=0")]
    [InlineData("memory.max=100 memory.swap.max=0", -1L, "memory.swap.max=max")]
    [InlineData("memory.max=max memory.swap.max=0", -1L, "memory.swap.max=max")]
    [InlineData("memory.max=100 memory.swap.max=50", 0L, "")]
    public void Swap_alone_is_what_is_beyond_the_memory_limit_that_is_set(string now, long total, string writes) =>
        Memory(now, swap: total).Should().Be(writes);

    [Theory]
    [InlineData("memory.max=max memory.swap.max=0", null, 300L, "unable to set swap limit without memory limit")]
    [InlineData("", null, 300L, "unable to set swap limit without memory limit")]
    [InlineData("memory.max=301 memory.swap.max=0", null, 300L, "memory+swap limit should be >= memory limit")]
    [InlineData("memory.max=10 memory.swap.max=0", 301L, 300L, "memory+swap limit should be >= memory limit")]
    public void Swap_that_does_not_go_with_the_memory_limit_is_refused(string now, long? limit, long swap, string words)
    {
        SpecException error = FluentActions.Invoking(() => Memory(now, limit, swap)).Should().Throw<SpecException>().Which;
        error.Path.Should().Be("linux.resources.memory.swap");
        error.Problem.Should().StartWith(words);
    }

    [Theory]
    [InlineData("memory.max=500 memory.swap.max=0", 100L, 300L, "memory.swap.max=200 memory.max=100")]
    [InlineData("memory.max=500 memory.swap.max=100", 100L, -1L, "memory.swap.max=max memory.max=100")]
    [InlineData("memory.max=100 memory.swap.max=200", 500L, 500L, "memory.max=500 memory.swap.max=0")]
    [InlineData("memory.max=500 memory.swap.max=max", 100L, 300L, "memory.max=100 memory.swap.max=200")]
    [InlineData("memory.max=500 memory.swap.max=200", 100L, 300L, "memory.max=100 memory.swap.max=200")]
    [InlineData("memory.max=500 memory.swap.max=100", -1L, null, "memory.swap.max=max memory.max=max")]
    public void More_swap_comes_before_less_memory_and_less_swap_after_more_memory(string now, long? limit, long? swap, string writes) =>
        Memory(now, limit, swap).Should().Be(writes);

    [Theory]
    [InlineData("cpu.max=50000|100000", null, 20000UL, "cpu.max=50000|20000")]
    [InlineData("cpu.max=max|100000", null, 20000UL, "cpu.max=max|20000")]
    [InlineData("cpu.max=50000|100000", 30000L, null, "cpu.max=30000|100000")]
    [InlineData("cpu.max=50000|100000", -1L, null, "cpu.max=max|100000")]
    [InlineData("cpu.max=50000|100000", -1L, 20000UL, "cpu.max=max|20000")]
    [InlineData("cpu.max=50000|100000", 30000L, 20000UL, "cpu.max=30000|20000")]
    [InlineData("cpu.max=50000|100000", 0L, 0UL, "")]
    [InlineData("cpu.max=50000|100000", 0L, 20000UL, "cpu.max=50000|20000")]
    public void Of_quota_and_period_the_one_that_is_not_given_stays(string now, long? quota, ulong? period, string writes) =>
        Writes(now, new Resources { Cpu = new CpuLimits { Quota = quota, Period = period } }).Should().Be(writes);

    [Theory]
    [InlineData("cpu.max=50000|100000 cpu.max.burst=0", null, 40000UL, "cpu.max.burst=40000")]
    [InlineData("cpu.max=50000|100000 cpu.max.burst=40000", 20000L, 10000UL, "cpu.max.burst=10000 cpu.max=20000|100000")]
    [InlineData("cpu.max=20000|100000 cpu.max.burst=10000", 50000L, 40000UL, "cpu.max=50000|100000 cpu.max.burst=40000")]
    [InlineData("cpu.max=max|100000 cpu.max.burst=0", null, 40000UL, "cpu.max.burst=40000")]
    [InlineData("cpu.max=20000|100000 cpu.max.burst=10000", -1L, 40000UL, "cpu.max=max|100000 cpu.max.burst=40000")]
    public void At_no_moment_is_the_burst_above_the_quota(string now, long? quota, ulong burst, string writes) =>
        Writes(now, new Resources { Cpu = new CpuLimits { Quota = quota, Burst = burst } }).Should().Be(writes);

    [Theory]
    [InlineData("cpu.max=20000|100000 cpu.max.burst=0", null, 20001UL, "burst")]
    [InlineData("cpu.max=50000|100000 cpu.max.burst=40000", 30000L, null, "quota")]
    public void A_burst_above_the_quota_is_refused(string now, long? quota, ulong? burst, string property) =>
        FluentActions.Invoking(() => Writes(now, new Resources { Cpu = new CpuLimits { Quota = quota, Burst = burst } }))
            .Should().Throw<SpecException>().Which.Path.Should().Be($"linux.resources.cpu.{property}");

    [Fact]
    public void A_burst_that_was_above_the_quota_before_is_no_matter_for_other_limits() =>
        Writes("cpu.max=20000|100000 cpu.max.burst=40000", new Resources { Cpu = new CpuLimits { Shares = 1024 } })
            .Should().Be("cpu.weight=100");

    [Fact]
    public void Shares_of_an_idle_container_are_refused_unless_it_is_to_be_idle_no_more()
    {
        Resources shares = new() { Cpu = new CpuLimits { Shares = 1024 } };
        FluentActions.Invoking(() => Writes("cpu.idle=1 cpu.weight=0", shares))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.cpu.shares");
        Writes("cpu.idle=0 cpu.weight=100", shares).Should().Be("cpu.weight=100");
        shares.Cpu!.Idle = 0;
        Writes("cpu.idle=1 cpu.weight=0", shares).Should().Be("cpu.idle=0 cpu.weight=100");
    }

    [Fact]
    public void What_is_not_named_is_not_written() =>
        Writes("memory.max=1 cpu.max=1|1 pids.max=1", new Resources
        {
            Memory = new MemoryLimits { Limit = 0, Swap = 0, Reservation = 0 },
            Cpu = new CpuLimits { Shares = 0, Quota = 0, Period = 0 },
            BlockIO = new BlockIOLimits { Weight = 0 },
        }).Should().BeEmpty();

    private static string Memory(string now, long? limit = null, long? swap = null) =>
        Writes(now, new Resources { Memory = new MemoryLimits { Limit = limit, Swap = swap } });

    /// <summary>With "|" for the blank in cpu.max.</summary>
    private static string Writes(string now, Resources resources)
    {
        Dictionary<string, string> files = now.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(file => file.Split('=')).ToDictionary(pair => pair[0], pair => pair[1].Replace('|', ' '));
        return string.Join(' ', UnifiedLimits.Compile(resources, now: files.GetValueOrDefault)
            .Select(write => $"{write.File}={write.Value.Replace(' ', '|')}"));
    }
}
