using Rt.Cgroups;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Where the hierarchies of cgroup v1 are, and a container's directories in them.</summary>
public sealed class LegacyHierarchyTests
{
    private static readonly CgroupHierarchy Hybrid = new("/sys/fs/cgroup/unified", "/own")
    {
        Legacy =
        [
            new LegacyHierarchy("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/a/b"),
            new LegacyHierarchy("devices", "/sys/fs/cgroup/devices", "/"),
            new LegacyHierarchy("name=systemd", "/sys/fs/cgroup/systemd", "/c"),
        ],
    };

    private static readonly CgroupHierarchy V1 = Hybrid with { Mount = null, Own = "/" };

    [Theory]
    [InlineData("", "")]
    [InlineData("0::/user.slice\n", "")]
    [InlineData("4:memory:/x\n3:cpu,cpuacct:/\n1:name=systemd:/y:z\n0::/\n", "memory at /x, cpu,cpuacct at /, name=systemd at /y:z")]
    [InlineData("4:memory:\ngarbage\n5\n", "")]
    public void The_kernel_lists_hierarchies_and_the_callers_cgroups(string file, string found) =>
        string.Join(", ", LegacyHierarchy.Parse(file).Select(one => $"{one.Controllers} at {one.Own}")).Should().Be(found);

    [Theory]
    [InlineData("memory", "memory")]
    [InlineData("cpu,cpuacct", "cpu,cpuacct cpu cpuacct")]
    [InlineData("name=systemd", "systemd")]
    public void A_hierarchy_is_mounted_by_its_name_or_its_controllers(string controllers, string places) =>
        LegacyHierarchy.Places(controllers).Should().Equal(places.Split(' ').Select(place => "/sys/fs/cgroup/" + place));

    [Theory]
    [InlineData("/docker/1", "/a/b", "/docker/1")]
    [InlineData("/docker/../../1", "/a/b", "/1")]
    [InlineData("tests/1", "/a/b", "/a/b/tests/1")]
    [InlineData("../../1", "/a/b", "/a/b/1")]
    [InlineData("tests/1", "/", "/tests/1")]
    [InlineData("", "/a/b", "/a/b/box")]
    [InlineData("", "/", "/box")]
    [Proves("config-linux-cgroupspath-01", "config-linux-cgroupspath-02")]
    public void A_relative_path_is_below_the_callers_own_cgroup(string cgroupsPath, string own, string path) =>
        CgroupCompiler.LegacyPathOf(cgroupsPath, "box", own).Should().Be(path);

    [Theory]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("/a/b")]
    [InlineData(".")]
    [Proves("config-linux-cgroupspath-03")]
    public void The_callers_own_cgroup_and_its_ancestors_are_refused(string cgroupsPath) =>
        FluentActions.Invoking(() => CgroupCompiler.LegacyPathOf(cgroupsPath, "box", "/a/b"))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.cgroupsPath");

    [Fact]
    [Proves("config-linux-cgroupspath-01")]
    public void A_container_has_a_directory_in_every_hierarchy_and_in_the_tree_of_v2()
    {
        CgroupPlan plan = Compile(Hybrid, """{"pids": {"limit": 3}, "cpu": {"quota": 5}}""")!;
        plan.Unified!.Directory.Should().Be("/sys/fs/cgroup/unified/box");
        plan.Unified.Writes.Should().ContainSingle().Which.File.Should().Be("pids.max");
        plan.Legacy!.Directories.Should().Equal(
            new LegacyDirectory("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/a/b/box"),
            new LegacyDirectory("devices", "/sys/fs/cgroup/devices/box"),
            new LegacyDirectory("name=systemd", "/sys/fs/cgroup/systemd/c/box"));
        plan.Legacy.Limits.Should().ContainSingle().Which.File.Should().Be("cpu.cfs_quota_us");
    }

    [Fact]
    public void Devices_are_judged_by_v1_where_it_has_their_controller()
    {
        CgroupPlan both = Compile(Hybrid, "{}")!;
        both.Unified!.DeviceProgram.Should().BeEmpty();
        both.Legacy!.Devices.Should().NotBeEmpty();
        CgroupPlan without = Compile(Hybrid with { Legacy = [Hybrid.Legacy[0]] }, "{}")!;
        without.Unified!.DeviceProgram.Should().NotBeEmpty();
        without.Legacy!.Devices.Should().BeEmpty();
    }

    [Theory]
    [InlineData("""{"unified": {"memory.high": "max"}}""", "unified.memory.high", "memory")]
    [InlineData("""{"pids": {"limit": 1}}""", "pids.limit", "pids")]
    [Proves("config-linux-unified-03")]
    public void Without_v2_what_v1_does_not_have_is_refused(string resources, string property, string controller) =>
        FluentActions.Invoking(() => Compile(V1, resources)).Should().Throw<SpecException>().WithMessage(
            $"linux.resources.{property}: can't be set: there is neither cgroup v2 nor a {controller} controller of v1 at /sys/fs/cgroup");

    [Fact]
    public void Without_v2_the_directories_of_v1_are_all_there_is()
    {
        CgroupPlan plan = Compile(V1, """{"cpu": {"quota": 5}}""")!;
        plan.Unified.Should().BeNull();
        plan.Legacy!.Directories.Should().HaveCount(3);
        plan.HasLimits.Should().BeTrue();
        Compile(V1, "{}")!.HasLimits.Should().BeFalse();
    }

    [Theory]
    [InlineData("cpu,cpuacct", "cpu", true)]
    [InlineData("cpu,cpuacct", "cpuacct", true)]
    [InlineData("cpu,cpuacct", "cp", false)]
    [InlineData("cpuset", "cpu", false)]
    [InlineData("name=systemd", "systemd", false)]
    public void A_directory_has_the_controllers_of_its_hierarchy(string controllers, string one, bool has) =>
        new LegacyDirectory(controllers, "/x").Has(one).Should().Be(has);

    private static CgroupPlan? Compile(CgroupHierarchy host, string resources) =>
        CgroupCompiler.Compile(Configs.Read(Configs.With("linux.resources", resources)), "box", host);
}
