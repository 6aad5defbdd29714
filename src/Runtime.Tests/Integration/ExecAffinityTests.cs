using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>On which CPUs another process of a container may run.</summary>
public sealed class ExecAffinityTests
{
    private static Result Sh(Container container, string script) => container.Rt("exec", container.Id, "sh", "-c", script);

    [Fact]
    public void It_may_run_on_the_cpus_that_are_asked_for()
    {
        using Container container = Container.Sleeping(config =>
            config["process"]!["execCPUAffinity"] = JsonNode.Parse("""{"initial": "0", "final": "1"}"""));
        const string Script = "grep Cpus_allowed_list /proc/self/status";
        Sh(container, Script).ShouldEndWith(0).Out.Should().Be("Cpus_allowed_list:\t1\n");
    }

    [Fact]
    [Proves("config-linuxprocess-14")]
    public void Without_a_final_affinity_it_keeps_what_the_kernel_has_left_it()
    {
        using Container container = Container.Sleeping(
            config => config["process"]!["execCPUAffinity"] = JsonNode.Parse("""{"initial": "1"}"""));
        // The hosts of these tests have no cpuset in the container's cgroup that would take a CPU away or give one back.
        Sh(container, "grep Cpus_allowed_list /proc/self/status").ShouldEndWith(0).Out.Should().Be("Cpus_allowed_list:\t1\n");
    }

    [Fact]
    public void The_callers_own_affinity_is_not_the_containers()
    {
        using Container container = Container.Sleeping();
        container.Wrapper = ["taskset", "-c", "0"];
        Sh(container, "grep Cpus_allowed_list /proc/self/status").ShouldEndWith(0).Out.Should().NotBe("Cpus_allowed_list:\t0\n");
    }
}
