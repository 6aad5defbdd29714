using System.Text.Json.Nodes;
using Rt.Tests.Matrix;
using static Rt.Tests.Integration.LegacyConfig;

namespace Rt.Tests.Integration;

/// <summary>What limits and device rules do on a host with cgroup v1.</summary>
public sealed class LegacyLimitTests(LegacyHost host) : IClassFixture<LegacyHost>
{
    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void Who_needs_more_memory_than_the_limit_is_killed(Layout layout)
    {
        using Container container = host.Script(layout, "head -c 100000000 /dev/zero | tail >/dev/null; echo $?", config =>
            Limit(config, "memory", """{"limit": 20971520, "swap": 20971520}"""));
        container.Run().ShouldEndWith(0).Out.Should().Be("137\n");
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid)]
    public void All_that_v1_knows_about_memory_is_set(Layout layout)
    {
        using Container container = host.Script(layout, "sleep 100", config => Limit(config, "memory", """
            {"limit": 20971520, "swap": 41943040, "reservation": 10485760, "kernelTCP": 5242880, "swappiness": 17,
             "disableOOMKiller": true, "useHierarchy": true}
            """));
        container.Create().ShouldEndWith(0);
        host.Read(layout, container, "memory.limit_in_bytes").Should().Be("20971520");
        host.Read(layout, container, "memory.memsw.limit_in_bytes").Should().Be("41943040");
        host.Read(layout, container, "memory.soft_limit_in_bytes").Should().Be("10485760");
        host.Read(layout, container, "memory.kmem.tcp.limit_in_bytes").Should().Be("5242880");
        host.Read(layout, container, "memory.swappiness").Should().Be("17");
        host.Read(layout, container, "memory.use_hierarchy").Should().Be("1");
        host.Read(layout, container, "memory.oom_control").Should().StartWith("oom_kill_disable 1\n");
    }

    /// <summary>Kernels have given up on it; some still take the value.</summary>
    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid)]
    public void A_limit_of_kernel_memory_is_set_or_refused_but_not_passed_over(Layout layout)
    {
        using Container container = host.Script(layout, "sleep 100", config => Limit(config, "memory", """{"kernel": 20971520}"""));
        Result result = container.Create();
        if (result.Code == 0) host.Read(layout, container, "memory.kmem.limit_in_bytes").Should().Be("20971520");
        else
        {
            result.ShouldFailWith("linux.resources.memory.kernel: ");
            host.ShouldHaveNothingOf(layout, container);
        }
    }

    [LegacyTheory("pids")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void Forks_beyond_the_limit_are_refused(Layout layout)
    {
        using Container container = host.Script(layout, "for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; echo all", config =>
            Limit(config, "pids", """{"limit": 5}"""));
        Result result = container.Run();
        result.Out.Should().BeEmpty();
        result.Error.Should().Contain("can't fork: Resource temporarily unavailable");
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("cpu")]
    [InlineData(Layout.Hybrid)]
    public void Who_uses_up_his_quota_is_throttled(Layout layout)
    {
        using Container container = host.Script(layout, "while :; do :; done", config =>
            Limit(config, "cpu", """{"quota": 5000, "period": 50000, "burst": 1000, "shares": 77}"""));
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => !host.Read(layout, container, "cpu.stat").Contains("nr_throttled 0"), Command.Patience).Should().BeTrue();
        host.Read(layout, container, "cpu.cfs_burst_us").Should().Be("1000");
        host.Read(layout, container, "cpu.shares").Should().Be("77");
    }

    [LegacyTheory("cpu")]
    [InlineData(Layout.Hybrid)]
    public void Realtime_CPU_time_is_shared_out_from_the_top(Layout layout)
    {
        using Container container = host.Script(layout, "sleep 100", config =>
            Limit(config, "cpu", """{"realtimeRuntime": 5000, "realtimePeriod": 500000}"""));
        if (!File.Exists(host.Path(layout, "/sys/fs/cgroup/cpu/cpu.rt_runtime_us")))
        {
            container.Create().ShouldFailWith("linux.resources.cpu.realtimePeriod: open ");
            return;
        }

        container.Create().ShouldEndWith(0);
        host.Read(layout, container, "cpu.rt_runtime_us").Should().Be("5000");
        host.Read(layout, container, "cpu.rt_period_us").Should().Be("500000");
        string above = Path.GetDirectoryName(host.Cgroup(layout, container, "cpu"))!;
        File.ReadAllText(above + "/cpu.rt_runtime_us").Should().Be("5000\n");

        using Container greedy = host.Script(layout, "true", config =>
            Limit(config, "cpu", """{"realtimeRuntime": 400000, "realtimePeriod": 500000}"""));
        greedy.Create().ShouldFailWith("linux.resources.cpu.realtimeRuntime: write \"400000\" to ");
        host.ShouldHaveNothingOf(layout, greedy);
    }

    [LegacyTheory("cpuset")]
    [InlineData(Layout.Hybrid, "", "")]
    [InlineData(Layout.Legacy, "0", "")]
    [InlineData(Layout.Legacy, "0", "0")]
    public void Processors_are_those_of_the_cgroup_above_unless_they_are_chosen(Layout layout, string cpus, string mems)
    {
        using Container container = host.Script(layout, "grep _allowed_list /proc/self/status", config =>
            Limit(config, "cpu", $$"""{"cpus": "{{cpus}}", "mems": "{{mems}}"}"""));
        string all = File.ReadAllText(host.Path(layout, "/sys/fs/cgroup/cpuset/cpuset.cpus")).TrimEnd();
        container.Run().ShouldEndWith(0).Out.Should()
            .Be($"Cpus_allowed_list:\t{(cpus.Length > 0 ? cpus : all)}\nMems_allowed_list:\t0\n");
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("blkio")]
    [InlineData(Layout.Hybrid)]
    public void Block_IO_is_weighed_by_the_scheduler_that_there_is(Layout layout)
    {
        using Container container = host.Script(layout, "sleep 100", config => Limit(config, "blockIO", """{"weight": 321}"""));
        container.Create().ShouldEndWith(0);
        string cgroup = host.Cgroup(layout, container, "blkio");
        string file = Array.Find(["blkio.weight", "blkio.bfq.weight"], one => File.Exists($"{cgroup}/{one}"))!;
        host.Read(layout, container, file).Should().Be("321");
    }

    [LegacyTheory("net_cls", "net_prio")]
    [InlineData(Layout.Legacy)]
    public void Packets_are_marked(Layout layout)
    {
        using Container container = host.Script(layout, "sleep 100", config =>
            Limit(config, "network", """{"classID": 1048577, "priorities": [{"name": "lo", "priority": 5}]}"""));
        container.Create().ShouldEndWith(0);
        host.Read(layout, container, "net_cls.classid").Should().Be("1048577");
        host.Read(layout, container, "net_prio.ifpriomap").Should().Contain("lo 5");
    }

    [LegacyTheory("devices")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    [Proves("config-linux-devicerules-01")]
    public void Device_rules_take_effect_in_their_order(Layout layout)
    {
        const string Look = """
            mknod /dev/shm/kmsg c 1 11
            (: </dev/shm/kmsg) 2>&1 | sed 's/.*: //'; (: </dev/shm/kmsg) 2>/dev/null && echo read
            : >/dev/null && echo null
            """;
        foreach (bool allowedLast in (bool[])[true, false])
        {
            using Container container = host.Script(layout, Look, config =>
            {
                JsonNode mount = config["mounts"]!.AsArray().First(one => one!["destination"]!.GetValue<string>() == "/dev/shm")!;
                mount["options"] = new JsonArray();
                foreach (string set in (string[])["bounding", "effective", "permitted"])
                    foreach (string name in (string[])["CAP_MKNOD", "CAP_SYSLOG"])
                        config["process"]!["capabilities"]![set]!.AsArray().Add(name);
                Limit(config, "devices", $$"""
                    [{"allow": {{(allowedLast ? "false" : "true")}}, "access": "rwm"},
                     {"allow": {{(allowedLast ? "true" : "false")}}, "type": "c", "major": 1, "minor": 11, "access": "r"}]
                    """);
            });
            container.Run().ShouldEndWith(0).Out.Should().Be(allowedLast ? "read\nnull\n" : "Operation not permitted\nnull\n");
            host.ShouldHaveNothingOf(layout, container);
        }
    }

    /// <summary>Where v1 has no controller for devices, v2 judges them; where there is no v2 either, nobody does.</summary>
    [LegacyTheory("devices")]
    [InlineData(Layout.Hybrid, "Operation not permitted")]
    [InlineData(Layout.Legacy, "read")]
    public void Without_the_devices_controller_there_is_the_filter_of_v2_or_a_warning(Layout layout, string seen)
    {
        using Container container = host.Script(layout,
            "mknod /dev/shm/kmsg c 1 11; (: </dev/shm/kmsg) 2>&1 | sed 's/.*: //'; (: </dev/shm/kmsg) 2>/dev/null && echo read", config =>
            {
                config["mounts"]![3]!["options"] = new JsonArray();
                foreach (string set in (string[])["bounding", "effective", "permitted"])
                    foreach (string name in (string[])["CAP_MKNOD", "CAP_SYSLOG"])
                        config["process"]!["capabilities"]![set]!.AsArray().Add(name);
            });
        string devices = LegacyHost.Hierarchies.First(one => one.Split(',').Contains("devices"));
        container.Wrapper =
            [.. container.Wrapper, "unshare", "--mount", "sh", "-c", $"umount /sys/fs/cgroup/{devices}; exec \"$@\"", "sh"];
        string log = Path.Combine(container.Bundle, "log");
        container.Rt("--log", log, "run", "--bundle", container.Bundle, container.Id).Out.Should().Be(seen + "\n");
        File.ReadAllText(log).Contains("linux.resources.devices: not applied").Should().Be(layout == Layout.Legacy);
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("devices")]
    [InlineData(Layout.Hybrid)]
    public void Device_rules_that_v1_can_not_be_told_are_refused(Layout layout)
    {
        using Container container = host.Script(layout, "true", config => Limit(config, "devices", """
            [{"allow": false}, {"allow": true, "type": "c", "major": 1}, {"allow": false, "type": "c", "major": 1, "minor": 1}]
            """));
        container.Create().ShouldFailWith(
            "linux.resources.devices[2]: can't be told to cgroup v1: it denies a part of what a rule before it allows");
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("memory")]
    [InlineData("cpu", """{"cpus": "some"}""", "cpu.cpus: write \"some\" to ")]
    [InlineData("unified", """{"memory.high": "max"}""", "unified.memory.high: can't be set: there is neither cgroup v2 nor ")]
    [InlineData("blockIO", """{"leafWeight": 100}""", "blockIO.leafWeight: open ")]
    [Proves("config-linux-unified-03")]
    public void What_the_kernel_refuses_is_told_by_its_path_and_undone(string resource, string value, string words)
    {
        using Container container = host.Script(Layout.Legacy, "sleep 100", config => Limit(config, resource, value));
        container.Create().ShouldFailWith("linux.resources." + words);
        host.ShouldHaveNothingOf(Layout.Legacy, container);
    }

    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void An_init_that_its_memory_limit_kills_leaves_nothing(Layout layout)
    {
        using Container container = host.Script(layout, "true", config => Limit(config, "memory", """{"limit": 4096}"""));
        container.Create().ShouldFailWith("killed by SIGKILL while it was being set up (is its memory limit too low?)");
        host.ShouldHaveNothingOf(layout, container);
    }
}
