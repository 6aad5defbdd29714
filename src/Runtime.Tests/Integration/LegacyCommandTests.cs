using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Pause, update, ps and kill on a host with cgroup v1.</summary>
[BeyondTheSpec("commands that the specification does not have, and kill --all")]
public sealed class LegacyCommandTests(LegacyHost host) : IClassFixture<LegacyHost>
{
    private const long MiB = 1 << 20;

    private static void ShareProcesses(JsonNode config) => config["linux"]!["namespaces"]!.AsArray().RemoveAt(0);

    private Container Sleeper(Layout layout, Action<JsonNode>? change = null) => host.Script(layout, "exec sleep 100", change);

    [LegacyTheory("freezer")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void A_paused_container_stands_still_until_it_is_resumed(Layout layout)
    {
        using Container container = host.Script(layout, "while :; do :; done");
        container.Create().ShouldEndWith(0);
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldFailWith("cannot start a container in the paused state");
        container.Rt("resume", container.Id).ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Status.Should().Be("paused");
        container.Rt("pause", container.Id).ShouldFailWith("container not running");
        string before = CpuTime(container);
        Thread.Sleep(200);
        CpuTime(container).Should().Be(before);
        container.Rt("resume", container.Id).ShouldEndWith(0);
        container.Rt("resume", container.Id).ShouldFailWith("container not paused");
        SpinWait.SpinUntil(() => CpuTime(container) != before, Command.Patience).Should().BeTrue();
        container.Rt("pause", container.Id).ShouldEndWith(0);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, container);
    }

    /// <summary>User and system time in clock ticks, of /proc/PID/stat.</summary>
    private static string CpuTime(Container container)
    {
        string stat = File.ReadAllText($"/proc/{container.Pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return $"{fields[11]} {fields[12]}";
    }

    [LegacyTheory("memory", "cpu", "pids", "cpuset")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void Limits_change_and_others_stay(Layout layout)
    {
        using Container container = Sleeper(layout, config => config["linux"]!["resources"] = JsonNode.Parse("""
            {"memory": {"limit": 52428800}, "cpu": {"quota": 50000, "period": 100000}, "pids": {"limit": 9}}
            """));
        container.Create().ShouldEndWith(0);
        Update("--memory", "80M");
        ShouldHave("memory.limit_in_bytes", 80 * MiB);
        ShouldHave("pids.max", 9);
        Update("--cpu-period", "20000", "--pids-limit", "12");
        ShouldHave("cpu.cfs_period_us", 20000);
        ShouldHave("cpu.cfs_quota_us", 50000);
        ShouldHave("pids.max", 12);
        Update("--cpu-quota", "-1", "--cpu-share", "512", "--cpuset-cpus", "0");
        ShouldHave("cpu.cfs_quota_us", -1);
        ShouldHave("cpu.shares", 512);
        ShouldHave("cpuset.cpus", 0);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);

        void Update(params string[] options) =>
            container.Rt(["update", .. options, container.Id]).ShouldEndWith(0).Error.Should().BeEmpty();

        void ShouldHave(string file, long value) => host.Read(layout, container, file).Should().Be($"{value}");
    }

    /// <summary>Memory and swap together are never less than memory, so that it depends which goes first.</summary>
    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void Memory_and_swap_change_in_the_order_that_the_kernel_takes(Layout layout)
    {
        using Container container = Sleeper(layout, config => config["linux"]!["resources"]!["memory"] =
            JsonNode.Parse("""{"limit": 52428800, "swap": 104857600}"""));
        container.Create().ShouldEndWith(0);
        ShouldHave(50, 100);
        foreach ((long memory, long swap) in new[] { (200L, 300L), (20L, 40L), (100L, 100L), (30L, 60L) })
        {
            container.Rt("update", "--memory", $"{memory}M", "--memory-swap", $"{swap}M", container.Id).ShouldEndWith(0);
            ShouldHave(memory, swap);
        }

        container.Rt("update", "--memory-swap", "90M", container.Id).ShouldEndWith(0);
        ShouldHave(30, 90);
        container.Rt("update", "--memory-swap", "20M", container.Id)
            .ShouldFailWith("--memory-swap: memory+swap limit should be >= memory limit");
        container.Rt("update", "--memory", "200M", container.Id).ShouldFailWith("--memory: write \"209715200\"");
        ShouldHave(30, 90);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);

        void ShouldHave(long memory, long swap)
        {
            host.Read(layout, container, "memory.limit_in_bytes").Should().Be($"{memory * MiB}");
            host.Read(layout, container, "memory.memsw.limit_in_bytes").Should().Be($"{swap * MiB}");
        }
    }

    [LegacyTheory("memory", "pids", "cpuset")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void When_the_kernel_refuses_a_value_those_before_it_are_put_back(Layout layout)
    {
        using Container container = Sleeper(layout, config => config["linux"]!["resources"] = JsonNode.Parse("""
            {"memory": {"limit": 52428800, "swap": 104857600}, "pids": {"limit": 9}}
            """));
        container.Create().ShouldEndWith(0);
        foreach ((long memory, long swap) in new[] { (200L, 300L), (20L, 40L) })
        {
            container.Rt("update", "--memory", $"{memory}M", "--memory-swap", $"{swap}M", "--pids-limit", "5", "--cpuset-cpus", "7777",
                container.Id).ShouldFailWith("--cpuset-cpus: write \"7777\"");
            host.Read(layout, container, "memory.limit_in_bytes").Should().Be($"{50 * MiB}");
            host.Read(layout, container, "memory.memsw.limit_in_bytes").Should().Be($"{100 * MiB}");
            host.Read(layout, container, "pids.max").Should().Be("9");
        }

        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
    }

    [LegacyTheory("devices")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void Device_rules_stay_as_they_are_with_a_warning(Layout layout)
    {
        using Container container = Sleeper(layout);
        container.Create().ShouldEndWith(0);
        string before = host.Read(layout, container, "devices.list"), file = Path.Combine(container.Bundle, "resources.json");
        File.WriteAllText(file, """{"devices": [{"allow": true}]}""");
        container.Rt("update", "-r", file, container.Id).ShouldEndWith(0)
            .Error.Should().Contain("linux.resources.devices: left as they are");
        host.Read(layout, container, "devices.list").Should().Be(before);
        container.Rt("delete", container.Id).ShouldEndWith(0);
    }

    [LegacyTheory("freezer")]
    [InlineData(Layout.Hybrid, "TERM")]
    [InlineData(Layout.Hybrid, "KILL")]
    [InlineData(Layout.Legacy, "TERM")]
    [InlineData(Layout.Legacy, "KILL")]
    public void None_escapes_a_signal_by_forking(Layout layout, string signal)
    {
        const string Forks = "next() { (next) & }; for i in 1 2 3 4 5 6 7 8; do next; done; exec sleep 100";
        using Container container = host.Script(layout, Forks, ShareProcesses);
        container.Run("--detach").ShouldEndWith(0);
        string processes = host.Cgroup(layout, container, "freezer") + "/cgroup.procs";
        SpinWait.SpinUntil(() => File.ReadAllLines(processes).Length >= 4, Command.Patience).Should().BeTrue();
        container.Rt("kill", "--all", container.Id, signal).ShouldEndWith(0);
        SpinWait.SpinUntil(() => File.ReadAllLines(processes).Length == 0, Command.Patience).Should().BeTrue();
        container.Rt("ps", "-f", "json", container.Id).ShouldEndWith(0).Out.Should().Be("null\n");
        container.Rt("delete", container.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("freezer")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void Its_processes_are_listed(Layout layout)
    {
        using Container container = Sleeper(layout);
        container.Run("--detach").ShouldEndWith(0);
        container.Rt("ps", "-f", "json", container.Id).ShouldEndWith(0).Out.Should().Be($"[{container.Pid}]\n");
        container.Rt("ps", container.Id, "-eo", "pid,args").ShouldEndWith(0)
            .Out.Should().MatchRegex($"^ +PID COMMAND\n *{container.Pid} sleep 100\n$");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
    }
}
