using Rt.Cgroups;
using Rt.Launch;
using Rt.Security;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What a mount of type "cgroup" is on a host with cgroup v1, and when the init joins its cgroups.</summary>
[BeyondTheSpec("the specification does not say what a mount of type cgroup holds")]
public sealed class LegacyMountTests
{
    private const string NewNamespace = ", {\"type\": \"cgroup\"}";

    private static readonly CgroupHierarchy Hybrid = new("/sys/fs/cgroup/unified", "/user")
    {
        Legacy =
        [
            new LegacyHierarchy("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/"),
            new LegacyHierarchy("name=systemd", "/sys/fs/cgroup/systemd", "/user"),
        ],
    };

    [Fact]
    public void With_a_cgroup_namespace_each_hierarchy_is_mounted() =>
        Lines("\"nosuid\", \"ro\"", NewNamespace).Should().Equal(
            "mount /sys/fs/cgroup attributes=nosuid options=mode=755 type=tmpfs",
            "mount /sys/fs/cgroup/cpu,cpuacct attributes=ro,nosuid options=cpu,cpuacct type=cgroup",
            "symlink /sys/fs/cgroup/cpu to=cpu,cpuacct",
            "symlink /sys/fs/cgroup/cpuacct to=cpu,cpuacct",
            "mount /sys/fs/cgroup/systemd attributes=ro,nosuid options=none,name=systemd type=cgroup",
            "mount /sys/fs/cgroup/unified attributes=ro,nosuid type=cgroup2",
            "remount-readonly /sys/fs/cgroup");

    [Fact]
    public void Without_one_the_containers_own_cgroups_are_bound() =>
        Lines("\"rprivate\"", "").Should().Equal(
            "mount /sys/fs/cgroup options=mode=755 propagation=rprivate type=tmpfs",
            "bind /sys/fs/cgroup/cpu,cpuacct propagation=rprivate source=/sys/fs/cgroup/cpu,cpuacct/box",
            "symlink /sys/fs/cgroup/cpu to=cpu,cpuacct",
            "symlink /sys/fs/cgroup/cpuacct to=cpu,cpuacct",
            "bind /sys/fs/cgroup/systemd propagation=rprivate source=/sys/fs/cgroup/systemd/user/box",
            "bind /sys/fs/cgroup/unified propagation=rprivate source=/sys/fs/cgroup/unified/box");

    [Fact]
    public void Nor_without_any_of_its_own_the_callers() =>
        PlanListing.Of(Compile("", "", "", [], CgroupManager.Disabled)).Where(line => line.Step == "bind").Select(Plans.Words).Should().Equal(
            "bind /sys/fs/cgroup/cpu,cpuacct source=/sys/fs/cgroup/cpu,cpuacct",
            "bind /sys/fs/cgroup/systemd source=/sys/fs/cgroup/systemd/user",
            "bind /sys/fs/cgroup/unified source=/sys/fs/cgroup/unified/user");

    [Fact]
    public void A_label_is_the_tmpfs_own() =>
        Lines("", NewNamespace, ", \"mountLabel\": \"a:b\"").Should()
            .Contain("mount /sys/fs/cgroup options=mode=755,context=a:b type=tmpfs")
            .And.Contain("mount /sys/fs/cgroup/systemd options=none,name=systemd type=cgroup");

    [Fact]
    public void Options_of_the_file_system_are_without_effect_and_warned_of()
    {
        List<string> warnings = [];
        Compile("\"nsdelegate\", \"ro\"", NewNamespace, "", warnings);
        warnings.Should().ContainSingle().Which.Should().Be(
            "mounts[0].options: nsdelegate is for a file system, and without effect on a mount of all hierarchies of cgroup v1");
    }

    /// <summary>The namespace makes of the cgroups that the init is in by then the roots that it sees.</summary>
    [Theory]
    [InlineData("", "join-cgroup join-cgroup unshare")]
    [InlineData(", {\"type\": \"user\", \"path\": \"/u\"}", "setns clone3 join-cgroup join-cgroup become-root unshare")]
    public void The_init_joins_first_of_all_whoever_forks_it(string user, string steps) =>
        string.Join(' ', PlanListing.Of(Compile("", NewNamespace + user, "", [])).Where(line => line.Where == "init")
            .Select(line => line.Step)).Should().StartWith(steps + " setsid");

    private static List<string> Lines(string options, string namespaces, string more = "") =>
    [
        .. PlanListing.Of(Compile(options, namespaces, more, [])).Where(line => line.Where == "init" && line.Origin == "mounts[0]")
            .Select(Plans.Words),
    ];

    private static LaunchPlan Compile(string options, string namespaces, string more, List<string> warnings, CgroupManager manager = default) => Compiler.Compile(
        Configs.Read($$$"""
            {"process": {"args": ["sh"], "cwd": "/"}, "root": {"path": "rootfs"},
             "mounts": [{"destination": "/sys/fs/cgroup", "type": "cgroup", "options": [{{{options}}}]}],
             "linux": {"namespaces": [{"type": "mount"}{{{namespaces}}}]{{{more}}}}}
            """),
        new LaunchOptions { Id = "box", Bundle = "/bundle", Warn = warnings.Add, CgroupManager = manager },
        new Host(Hybrid, 40), _ => new SeccompFilter(new byte[8], 0));
}
