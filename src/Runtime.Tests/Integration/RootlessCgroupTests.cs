using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Cgroups of an ordinary user's containers: mostly none, unless he was given one.</summary>
[BeyondTheSpec("who may make cgroups is left to the host")]
public sealed class RootlessCgroupTests : IDisposable
{
    private readonly OrdinaryUser user = new();

    public void Dispose() => user.Dispose();

    private static void Limit(JsonNode config) =>
        config["linux"]!["resources"] = JsonNode.Parse("""{"unified": {"cgroup.max.depth": "3"}}""");

    [Theory]
    [InlineData("auto")]
    [InlineData("true")]
    public void Limits_that_he_has_no_cgroup_for_are_an_error(string rootless)
    {
        user.Prepare("true", Limit);
        user.Rt("--rootless", rootless, "run", "--bundle", user.Bundle, "mine")
            .ShouldFailWith("linux.resources.unified.cgroup.max.depth: can't be set: ").Error.Should()
            .EndWith("permission denied (it takes a cgroup that was delegated to the caller)\n");
        user.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Told_that_it_is_not_rootless_rt_insists_on_a_cgroup()
    {
        user.Prepare("true");
        user.Rt("--rootless", "false", "run", "--bundle", user.Bundle, "mine").ShouldFailWith("create cgroup /sys/fs/cgroup/mine: permission denied");
        user.ShouldHaveLeftNothing();
    }

    [Fact]
    public void In_a_cgroup_that_was_delegated_to_him_limits_are_set()
    {
        using Delegation _ = new(OrdinaryUser.Id);
        user.Prepare("exec sleep 100", Limit);
        user.RtIn(Delegation.Path + "/session", "run", "--detach", "--bundle", user.Bundle, "mine").ShouldEndWith(0);
        File.ReadAllText(Delegation.Path + "/mine/cgroup.max.depth").Should().Be("3\n");
        File.ReadAllText(Delegation.Path + "/mine/cgroup.procs").TrimEnd().Should().Be($"{user.Pid}");
        user.Rt("pause", "mine").ShouldEndWith(0);
        user.Status.Should().Be("paused");
        user.Rt("resume", "mine").ShouldEndWith(0);
        user.RtIn(Delegation.Path + "/session", "exec", "mine", "cat", "/proc/self/cgroup").ShouldEndWith(0).Out.Should().Contain("0::/\n");
        user.Rt("delete", "--force", "mine").ShouldEndWith(0);
        Directory.Exists(Delegation.Path + "/mine").Should().BeFalse();
    }

    /// <summary>He may make cgroups there, but the kernel lets nobody move processes in from elsewhere.</summary>
    [Fact]
    public void A_delegated_cgroup_that_he_is_not_in_is_out_of_reach()
    {
        using Delegation _ = new(OrdinaryUser.Id);
        user.Prepare("cat /proc/self/cgroup", config => config["linux"]!["cgroupsPath"] = "/rt-delegated/mine");
        user.RunBundle().ShouldEndWith(0).Out.Should().Contain("0::/\n");
        user.Rt("--debug", "run", "--bundle", user.Bundle, "mine").ShouldEndWith(0).Error.Should()
            .Contain("move a process from cgroup / to /rt-delegated/mine: permission denied: the container runs without a cgroup there");
        Directory.Exists(Delegation.Path + "/mine").Should().BeFalse();
    }

    /// <summary>A cgroup that is a user's, with one for his session below it.</summary>
    private sealed class Delegation : IDisposable
    {
        private static readonly string[] Given = ["", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"];

        public Delegation(int user)
        {
            Directory.CreateDirectory(Path + "/session");
            foreach (string file in Given) Command.Run("chown", $"{user}", Path + file).ShouldEndWith(0);
        }

        public const string Path = "/sys/fs/cgroup/rt-delegated";

        public void Dispose() =>
            Command.Shell("for i in 1 2 3 4 5; do for d in $1/*/; do echo 1 >$d/cgroup.kill; rmdir $d; done; rmdir $1 && break; sleep 0.2; done 2>/dev/null",
                Path);
    }
}
