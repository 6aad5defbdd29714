using Rt.Cgroups;
using Rt.Kernel;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Which files a write goes to, in a directory of ordinary files made to look like a cgroup.</summary>
[BeyondTheSpec("which file takes a limit where kernels differ")]
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
    public void An_optional_write_is_left_out_where_the_kernel_has_no_such_file()
    {
        Make("hugetlb.2MB.max");
        Apply(new Resources { HugepageLimits = [new HugepageLimit { PageSize = "2MB", Limit = 7 }] });
        File.ReadAllText(mount + "/box/hugetlb.2MB.max").Should().Be("7");
        File.Exists(mount + "/box/hugetlb.2MB.rsvd.max").Should().BeFalse();
    }

    [Fact]
    public void Any_other_write_is_not()
    {
        Make("hugetlb.2MB.rsvd.max");
        FluentActions.Invoking(() => Apply(new Resources { HugepageLimits = [new HugepageLimit { PageSize = "2MB", Limit = 7 }] }))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.resources.hugepageLimits[0]");
    }

    private void Make(string files)
    {
        foreach (string file in files.Split(' ')) File.WriteAllText($"{mount}/box/{file}", "");
    }

    private void Apply(Resources resources) =>
        Files.close(Cgroup.Create(new CgroupPlan(mount, "/box", CgroupCompiler.Limits(resources), []), out _));
}
