using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>With a systemd, the option is tested in a VM (vm/groups/scope.sh).</summary>
[BeyondTheSpec("--systemd-cgroup where there is no systemd, or no scope is asked for")]
public sealed class ScopeTests
{
    /// <summary>Where a systemd runs, it is hidden.</summary>
    [Fact]
    public void Without_systemd_the_container_is_refused_and_nothing_is_left()
    {
        using Container container = Container.Script("echo ran", config => config["linux"]!.AsObject().Remove("cgroupsPath"));
        container.Wrapper = ["unshare", "--mount", "sh", "-ec",
            "if [ -d /run/systemd ]; then mount -t tmpfs none /run/systemd; fi; exec \"$@\"", "sh"];
        container.Rt("--systemd-cgroup", "run", "--bundle", container.Bundle, container.Id)
            .ShouldFailWith("--systemd-cgroup: systemd does not run here: /run/systemd/system: no such file or directory")
            .Out.Should().BeEmpty();
        container.Rt("state", container.Id).ShouldFailWith("container does not exist");
    }

    [Fact]
    public void A_path_of_the_other_driver_is_refused_with_the_form_that_is_expected()
    {
        using Container container = Container.Script("echo ran", config => config["linux"]!["cgroupsPath"] = "/docker/1");
        container.Rt("--systemd-cgroup", "create", "--bundle", container.Bundle, container.Id).ShouldFailWith(
            "linux.cgroupsPath: expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/docker/1\" instead");
    }

    [Theory]
    [InlineData("--systemd-cgroup")]
    [InlineData("--cgroup-manager", "systemd")]
    public void The_plan_shows_the_scope_and_its_properties(params string[] option)
    {
        using Container container = Container.Script("echo ran", config =>
        {
            config["linux"]!["cgroupsPath"] = "machine.slice:box:1";
            config["linux"]!["resources"]!["pids"] = new System.Text.Json.Nodes.JsonObject { ["limit"] = 7 };
        });
        string plan = container.Rt([.. option, "plan", "--bundle", container.Bundle]).ShouldEndWith(0).Out;
        plan.Should().MatchRegex("systemd-scope +box-1.scope").And.MatchRegex("Slice .*'machine.slice'")
            .And.MatchRegex("TasksMax .*uint64 7.*linux.resources.pids.limit");
    }
}
