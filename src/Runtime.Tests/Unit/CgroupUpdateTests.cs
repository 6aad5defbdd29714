using Rt.Cgroups;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>
/// Limits that change while a container is there, in a directory of ordinary files made to look like a cgroup. A write that the
/// kernel refuses is one to a file that is a link to /dev/full.
/// </summary>
[BeyondTheSpec("rt update, a command that the specification does not have")]
public sealed class CgroupUpdateTests : IDisposable
{
    private readonly string mount = Directory.CreateTempSubdirectory("rt-cgroup").FullName;

    public CgroupUpdateTests()
    {
        Directory.CreateDirectory(mount + "/box");
        foreach (string file in (string[])["cgroup.controllers", "cgroup.subtree_control", "box/cgroup.controllers"])
            File.WriteAllText($"{mount}/{file}", "cpu io memory pids hugetlb\n");
    }

    public void Dispose() => Directory.Delete(mount, recursive: true);

    [Fact]
    public void Limits_are_written_and_others_stay()
    {
        Make("memory.max", "200\n");
        Make("pids.max", "300\n");
        Apply(new Resources { PidsLimit = 400 });
        this["pids.max"].Should().Be("400\n");
        this["memory.max"].Should().Be("200\n");
    }

    [Fact]
    public void What_depends_on_a_limit_that_is_set_is_read_from_its_file()
    {
        Make("memory.max", "200\n");
        Make("memory.swap.max", "000\n");
        Apply(new Resources { Memory = new MemoryLimits { Swap = 500 } });
        this["memory.swap.max"].Should().Be("300\n");
    }

    [Fact]
    public void What_was_written_can_be_put_back()
    {
        Make("memory.max", "200\n");
        Make("pids.max", "300\n");
        Action undo = Apply(new Resources { Memory = new MemoryLimits { Limit = 222 }, PidsLimit = 333 });
        (this["memory.max"] + this["pids.max"]).Should().Be("222\n333\n");
        undo();
        (this["memory.max"] + this["pids.max"]).Should().Be("200\n300\n");
    }

    [Fact]
    public void When_a_write_fails_those_before_it_are_put_back()
    {
        Make("memory.max", "200\n");
        Make("cpu.max", "max 100000\n");
        Full("pids.max");
        SpecException error = FluentActions.Invoking(() => Apply(new Resources
        {
            Memory = new MemoryLimits { Limit = 222 }, Cpu = new CpuLimits { Quota = 333, Period = 444444 }, PidsLimit = 5,
        })).Should().Throw<SpecException>().Which;
        error.Path.Should().Be("linux.resources.pids.limit");
        error.Problem.Should().Be($"write \"5\" to {mount}/box/pids.max: no space left on device");
        this["memory.max"].Should().Be("200\n");
        this["cpu.max"].Should().Be("max 100000\n");
    }

    [Fact]
    public void A_file_that_is_not_there_is_noticed_before_anything_is_written()
    {
        Make("memory.max", "200\n");
        FluentActions.Invoking(() => Apply(new Resources { Memory = new MemoryLimits { Limit = 222 }, PidsLimit = 5 }))
            .Should().Throw<SpecException>().Which.Message.Should().EndWith("/box/pids.max: no such file or directory");
        File.GetLastWriteTimeUtc($"{mount}/box/memory.max").Should().Be(DateTime.UnixEpoch);
    }

    [Fact]
    public void A_controller_that_the_tree_does_not_have_is_named()
    {
        SpecException error = FluentActions.Invoking(() => Apply(new Resources { Cpu = new CpuLimits { Cpus = "0" } }))
            .Should().Throw<SpecException>().Which;
        error.Path.Should().Be("linux.resources.cpu.cpus");
        error.Problem.Should().Contain("has no cpuset controller");
    }

    [Theory]
    [InlineData("io.bfq.weight io.weight", "io.bfq.weight", "500")]
    [InlineData("io.weight", "io.weight", "4950")]
    public void A_write_goes_to_the_alternative_where_the_kernel_has_no_such_file(string files, string written, string value)
    {
        foreach (string file in files.Split(' ')) Make(file, "");
        Apply(new Resources { BlockIO = new BlockIOLimits { Weight = 500 } });
        foreach (string file in files.Split(' ')) this[file].Should().Be(file == written ? value : "");
    }

    [Fact]
    public void Swap_that_need_not_be_limited_is_passed_over_where_the_kernel_counts_none()
    {
        Make("memory.max", "200\n");
        Apply(new Resources { Memory = new MemoryLimits { Limit = 333, Swap = 333 } });
        this["memory.max"].Should().Be("333\n");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_limit_below_what_is_in_use_is_refused_if_that_is_to_be_checked(bool check, bool written)
    {
        Make("memory.max", "900\n");
        Make("memory.swap.max", "000\n");
        Make("memory.current", "500\n");
        Action apply = () => Apply(new Resources
        {
            Memory = new MemoryLimits { Limit = 300, Swap = 400, CheckBeforeUpdate = check },
        });
        if (written) apply.Should().NotThrow();
        else apply.Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.memory.limit");
        this["memory.max"].Should().Be(written ? "300\n" : "900\n");
        this["memory.swap.max"].Should().Be(written ? "100\n" : "000\n");
    }

    [Fact]
    public void The_weight_that_idleness_takes_away_is_put_back_too()
    {
        Make("cpu.idle", "0\n");
        Make("cpu.weight", "777\n");
        Full("pids.max");
        FluentActions.Invoking(() => Apply(new Resources { Cpu = new CpuLimits { Idle = 1 }, PidsLimit = 5 }))
            .Should().Throw<SpecException>();
        this["cpu.idle"].Should().Be("0\n");
        File.GetLastWriteTimeUtc($"{mount}/box/cpu.weight").Should().NotBe(DateTime.UnixEpoch);
        this["cpu.weight"].Should().Be("777\n");
    }

    [Fact]
    public void A_limit_that_cgroup_v1_has_a_controller_for_goes_there()
    {
        Make("memory.limit_in_bytes", "200\n");
        Make("memory.memsw.limit_in_bytes", "400\n");
        Make("pids.max", "300\n");
        Action undo = ApplyToBoth(new Resources { Memory = new MemoryLimits { Limit = 222, Swap = 444 }, PidsLimit = 333 });
        (this["memory.limit_in_bytes"] + this["memory.memsw.limit_in_bytes"] + this["pids.max"]).Should().Be("222\n444\n333\n");
        undo();
        (this["memory.limit_in_bytes"] + this["memory.memsw.limit_in_bytes"] + this["pids.max"]).Should().Be("200\n400\n300\n");
    }

    [Theory]
    [InlineData("300", 400L, null)]
    [InlineData("500", 400L, "memory+swap limit should be >= memory limit")]
    [InlineData("9223372036854771712", 400L, "unable to set swap limit without memory limit")]
    public void Swap_alone_has_to_go_with_the_memory_limit_that_is_set_there_as_well(string limit, long swap, string? words)
    {
        Make("memory.limit_in_bytes", limit + "\n");
        Make("memory.memsw.limit_in_bytes", "999\n");
        Action apply = () => ApplyToBoth(new Resources { Memory = new MemoryLimits { Swap = swap } });
        if (words == null) apply.Should().NotThrow();
        else apply.Should().Throw<SpecException>().Which.Problem.Should().StartWith(words);
        this["memory.memsw.limit_in_bytes"].Should().Be(words == null ? $"{swap}\n" : "999\n");
    }

    [Fact]
    public void When_a_write_to_either_version_fails_those_to_both_are_put_back()
    {
        Make("pids.max", "300\n");
        Make("memory.limit_in_bytes", "200\n");
        Full("memory.soft_limit_in_bytes");
        FluentActions.Invoking(() => ApplyToBoth(new Resources
        {
            Memory = new MemoryLimits { Limit = 222, Reservation = 5 }, PidsLimit = 333,
        })).Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.memory.reservation");
        (this["pids.max"] + this["memory.limit_in_bytes"]).Should().Be("300\n200\n");
    }

    [Fact]
    public void A_limit_for_which_the_container_has_no_cgroup_is_refused() =>
        FluentActions.Invoking(() => CgroupUpdate.Apply(new CgroupHierarchy(mount, "/") { Legacy = [new("memory", mount, "/")] },
                new ContainerCgroup { Unified = mount + "/box" }, new Resources { Memory = new MemoryLimits { Limit = 5 } }))
            .Should().Throw<SpecException>().Which.Message.Should().Be(
                "linux.resources.memory.limit: can't be set: the container has no cgroup for memory.limit_in_bytes");

    private string this[string file] => File.ReadAllText($"{mount}/box/{file}");

    /// <summary>
    /// As old as can be, so that a write shows. New values are as long as the old ones: ordinary files would keep the rest.
    /// </summary>
    private void Make(string file, string content)
    {
        File.WriteAllText($"{mount}/box/{file}", content);
        File.SetLastWriteTimeUtc($"{mount}/box/{file}", DateTime.UnixEpoch);
    }

    private void Full(string file) => File.CreateSymbolicLink($"{mount}/box/{file}", "/dev/full");

    private Action Apply(Resources resources) =>
        CgroupUpdate.Apply(new CgroupHierarchy(mount, "/"), new ContainerCgroup { Unified = mount + "/box" }, resources);

    /// <summary>On a host where memory is cgroup v1's and all else v2's. One directory does for both.</summary>
    private Action ApplyToBoth(Resources resources) => CgroupUpdate.Apply(
        new CgroupHierarchy(mount, "/") { Legacy = [new LegacyHierarchy("memory", mount, "/")] },
        new ContainerCgroup { Unified = mount + "/box", Legacy = [new LegacyDirectory("memory", mount + "/box")] }, resources);
}
