using Rt.Cgroups;
using Rt.Kernel;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Which files a write goes to, in a directory of ordinary files made to look like a cgroup.</summary>
public sealed class CgroupFilesTests : IDisposable
{
    private readonly string mount = Directory.CreateTempSubdirectory("rt-cgroup").FullName;

    public CgroupFilesTests()
    {
        Directory.CreateDirectory(mount + "/box");
        File.WriteAllText(mount + "/cgroup.controllers", "io hugetlb\n");
        File.WriteAllText(mount + "/cgroup.subtree_control", "io hugetlb\n");
        File.WriteAllText(mount + "/box/cgroup.events", "populated 0\nfrozen 0\n");
    }

    public void Dispose() => Directory.Delete(mount, recursive: true);

    [Theory]
    [InlineData("io.weight io.bfq.weight", "io.bfq.weight", "500")]
    [InlineData("io.bfq.weight", "io.bfq.weight", "500")]
    [InlineData("io.weight", "io.weight", "4950")]
    public void A_write_goes_to_the_alternative_where_the_kernel_has_no_such_file(string files, string written, string value)
    {
        Make(files);
        Apply(new Resources { BlockIO = new BlockIOLimits { Weight = 500 } });
        foreach (string file in files.Split(' ')) File.ReadAllText($"{mount}/box/{file}").Should().Be(file == written ? value : "");
    }

    [Fact]
    public void With_neither_file_the_error_names_the_path() =>
        FluentActions.Invoking(() => Apply(new Resources { BlockIO = new BlockIOLimits { Weight = 500 } }))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.blockIO.weight");

    [Fact]
    [Proves("config-linux-hugepages-01")]
    public void An_optional_write_is_left_out_where_the_kernel_has_no_such_file()
    {
        Make("hugetlb.2MB.max");
        Apply(new Resources { HugepageLimits = [new HugepageLimit { PageSize = "2MB", Limit = 7 }] });
        File.ReadAllText(mount + "/box/hugetlb.2MB.max").Should().Be("7");
        File.Exists(mount + "/box/hugetlb.2MB.rsvd.max").Should().BeFalse();
    }

    [Fact]
    [Proves("config-linux-hugepages-03")]
    public void Any_other_write_is_not()
    {
        Make("hugetlb.2MB.rsvd.max");
        FluentActions.Invoking(() => Apply(new Resources { HugepageLimits = [new HugepageLimit { PageSize = "2MB", Limit = 7 }] }))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.hugepageLimits[0]");
    }

    [Fact]
    [Proves("config-linux-unified-02")]
    public void A_file_that_nothing_is_known_about_is_written()
    {
        File.WriteAllText(mount + "/cgroup.controllers", "io hugetlb newest\n");
        File.WriteAllText(mount + "/cgroup.subtree_control", "io hugetlb newest\n");
        Make("newest.of-all");
        Apply(Unified("newest.of-all", "any text"));
        File.ReadAllText(mount + "/box/newest.of-all").Should().Be("any text");
    }

    [Fact]
    [Proves("config-linux-unified-01")]
    public void The_controller_of_a_unified_file_is_handed_down()
    {
        File.WriteAllText(mount + "/cgroup.subtree_control", "");
        File.WriteAllText(mount + "/box/cgroup.controllers", "io\n");
        Make("hugetlb.2MB.max");
        Apply(Unified("hugetlb.2MB.max", "0"));
        File.ReadAllText(mount + "/cgroup.subtree_control").Should().Be("+hugetlb");
    }

    [Fact]
    [Proves("config-linux-unified-03")]
    public void A_file_of_a_controller_that_is_not_there_is_an_error()
    {
        SpecException error = FluentActions.Invoking(() => Apply(Unified("nosuch.max", "1"))).Should().Throw<SpecException>().Which;
        error.Path.Should().Be("linux.resources.unified.nosuch.max");
        error.Message.Should().Contain("has no nosuch controller");
    }

    [Theory]
    [InlineData(true, "5000\n", 4999L, false)]
    [InlineData(true, "5000\n", 5000L, true)]
    [InlineData(true, "5000\n", -1L, true)]
    [InlineData(true, null, 1L, true)] // a kernel that does not tell
    [InlineData(false, "5000\n", 4999L, true)]
    [Proves("config-linux-memory-01")]
    public void A_memory_limit_below_what_is_in_use_is_refused_if_that_is_to_be_checked(bool check, string? used, long limit, bool written)
    {
        File.WriteAllText(mount + "/cgroup.controllers", "memory\n");
        File.WriteAllText(mount + "/cgroup.subtree_control", "memory\n");
        Make("memory.max memory.swap.max");
        if (used != null) File.WriteAllText(mount + "/box/memory.current", used);
        Action apply = () => Apply(new Resources { Memory = new MemoryLimits { Limit = limit, CheckBeforeUpdate = check } });

        if (written) apply.Should().NotThrow();
        else apply.Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.memory.limit");
        File.ReadAllText(mount + "/box/memory.max").Should().Be(written ? limit < 0 ? "max" : $"{limit}" : "");
    }

    private static Resources Unified(string file, string value)
    {
        Resources resources = new();
        resources.Unified.Add(file, value);
        return resources;
    }

    private void Make(string files)
    {
        foreach (string file in files.Split(' ')) File.WriteAllText($"{mount}/box/{file}", "");
    }

    private void Apply(Resources resources) =>
        Files.close(UnifiedCgroup.Create(new UnifiedPlan(mount, "/box", UnifiedLimits.Compile(resources), []), out _));
}
