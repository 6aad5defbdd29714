using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Containers on a host with cgroup v1: where they are, what their limits do, and that nothing stays.</summary>
public sealed class LegacyTests(LegacyHost host) : IClassFixture<LegacyHost>
{
    private static void Limit(JsonNode config, string resource, string value) =>
        config["linux"]!["resources"]![resource] = JsonNode.Parse(value);

    private static void ShareProcesses(JsonNode config) => Remove(config, "pid");

    private static void Remove(JsonNode config, string type)
    {
        JsonArray namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.RemoveAt(namespaces.ToList().FindIndex(one => one!["type"]!.GetValue<string>() == type));
    }

    [LegacyTheory]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    [Proves("config-linux-cgroupspath-01")]
    public void The_init_is_in_a_cgroup_of_its_own_in_every_hierarchy(Layout layout)
    {
        using Container container = host.Script(layout, "sleep 100");
        container.Create().ShouldEndWith(0);
        string[] cgroups = File.ReadAllLines($"/proc/{container.Pid}/cgroup");
        foreach (string hierarchy in LegacyHost.Hierarchies)
            cgroups.Should().ContainSingle(line => line.EndsWith($":{hierarchy}:/rt-test/{container.Id}"));
        cgroups.Should().ContainSingle(line => line.StartsWith("0::")).Which.EndsWith("/rt-test/" + container.Id)
            .Should().Be(layout == Layout.Hybrid);
        container.Rt("delete", container.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    [Proves("config-linux-namespaces-08")]
    public void Its_cgroups_are_the_root_of_its_cgroup_namespace(Layout layout)
    {
        using Container container = host.Script(layout, "cut -d: -f2- /proc/self/cgroup");
        string[] seen = container.Run().ShouldEndWith(0).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        seen.Should().Contain(LegacyHost.Hierarchies.Select(one => one + ":/"));
        host.ShouldHaveNothingOf(layout, container);
    }

    /// <summary>The first process, which joins the namespace and forks the init, would count against its limit.</summary>
    [LegacyTheory("pids")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void An_init_that_is_forked_twice_joins_them_too(Layout layout)
    {
        using NamespaceHolder holder = new("pid user");
        using Container container = host.Script(layout, "exec sleep 100", config =>
        {
            Limit(config, "pids", """{"limit": 1}""");
            Remove(config, "pid");
            config["linux"]!["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user", ["path"] = holder.Path("user") });
            config["linux"]!["namespaces"]!.AsArray().Add(
                new JsonObject { ["type"] = "pid", ["path"] = $"/proc/{holder.Pid}/ns/pid_for_children" });
        });
        container.Create().ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldEndWith(0);
        host.Read(layout, container, "pids.current").Should().Be("1");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, container);
    }

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
        SpinWait.SpinUntil(() => !host.Read(layout, container, "cpu.stat").Contains("nr_throttled 0"), 5000).Should().BeTrue();
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

    [LegacyTheory("freezer")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void A_container_that_v1_has_frozen_is_paused_and_can_be_killed(Layout layout)
    {
        using Container container = host.Script(layout, "while :; do echo; sleep 0.01; done");
        container.Run("--detach").ShouldEndWith(0);
        string freezer = host.Cgroup(layout, container, "freezer") + "/freezer.state";
        SpinWait.SpinUntil(() =>
        {
            File.WriteAllText(freezer, "FROZEN");
            return File.ReadAllText(freezer) == "FROZEN\n";
        }, 5000).Should().BeTrue();
        container.Status.Should().Be("paused");
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", 5000).Should().BeTrue();
        container.Rt("delete", container.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, container);
    }

    /// <summary>Its init's death would not end the others.</summary>
    [LegacyTheory("freezer")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void Not_even_those_who_fork_without_end_outlive_the_container(Layout layout)
    {
        using Container container = host.Script(layout,
            "(while :; do (sleep 0.01; :) & sleep 0.001; done) & (trap '' TERM; sleep 1000) & exec sleep 1000", config =>
            {
                ShareProcesses(config);
                Limit(config, "pids", """{"limit": 200}""");
            });
        container.Run("--detach").ShouldEndWith(0);
        string procs = host.Cgroup(layout, container, "freezer") + "/cgroup.procs";
        SpinWait.SpinUntil(() => File.ReadAllLines(procs).Length > 5, 5000).Should().BeTrue();
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("freezer")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void A_signal_goes_to_all_if_that_is_asked_for(Layout layout)
    {
        using Container container = host.Script(layout, "sleep 1000 & sleep 1000 & exec sleep 1000", ShareProcesses);
        container.Run("--detach").ShouldEndWith(0);
        string procs = host.Cgroup(layout, container, "freezer") + "/cgroup.procs";
        SpinWait.SpinUntil(() => File.ReadAllLines(procs).Length == 3, 5000).Should().BeTrue();
        container.Rt("kill", "--all", container.Id, "TERM").ShouldEndWith(0);
        SpinWait.SpinUntil(() => File.ReadAllLines(procs).Length == 0, 5000).Should().BeTrue();
        container.Rt("delete", container.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("memory", "freezer")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void Cgroups_made_inside_are_removed_too(Layout layout)
    {
        using Container container = host.Script(layout, """
            cd /sys/fs/cgroup/memory && mkdir -p a/b $(printf 'no\377text') && mkdir ../freezer/a && echo $$ >../freezer/a/tasks
            mkdir done
            sleep 100
            """, config => config["mounts"]![6]!["options"] = new JsonArray("rw"));
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => Directory.Exists(host.Cgroup(layout, container, "memory") + "/done"), 5000).Should().BeTrue();
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    [Proves("config-linux-cgroups-01")]
    public void A_cgroup_with_processes_of_others_is_refused_and_left_alone(Layout layout)
    {
        using Container container = host.Script(layout, "true");
        using Command.Running other = Command.Start("sleep", "60");
        string cgroup = host.Cgroup(layout, container, "memory");
        Directory.CreateDirectory(cgroup);
        File.WriteAllText(cgroup + "/cgroup.procs", other.Pid.ToString());
        container.Run().ShouldFailWith("container's cgroup is not empty");
        other.HasExited.Should().BeFalse();
        Directory.Exists(cgroup).Should().BeTrue();
        foreach (string hierarchy in LegacyHost.Hierarchies.Where(one => one != "memory"))
            Directory.Exists(host.Cgroup(layout, container, hierarchy.Split(',')[0])).Should().BeFalse();
    }

    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid, true)]
    [InlineData(Layout.Hybrid, false)]
    [InlineData(Layout.Legacy, true)]
    [InlineData(Layout.Legacy, false)]
    public void A_mount_of_cgroups_has_all_hierarchies_with_the_containers_own_as_their_roots(Layout layout, bool inNamespace)
    {
        using Container container = host.Script(layout,
            "cd /sys/fs/cgroup; ls; cat memory/memory.limit_in_bytes; mkdir /sys/fs/cgroup/x /sys/fs/cgroup/memory/x", config =>
            {
                Limit(config, "memory", """{"limit": 20971520}""");
                if (!inNamespace) Remove(config, "cgroup");
            });
        Result result = container.Run().ShouldEndWith(1);
        string[] unified = layout == Layout.Hybrid ? ["unified"] : [];
        string[] all = [.. LegacyHost.Hierarchies.Select(one => one.Replace("name=", "")), .. unified];
        result.Out.Split('\n').Should().BeEquivalentTo([.. all, "20971520", ""]);
        result.Error.Should().Contain("/sys/fs/cgroup/x': Read-only").And.Contain("/sys/fs/cgroup/memory/x': Read-only");
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("memory", "pids")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    [Proves("config-linux-ownership-01")]
    public void In_a_user_namespace_all_is_the_same_and_nothing_is_given_away(Layout layout)
    {
        using Container container = host.Script(layout, "sleep 100", config =>
        {
            UserNamespaceTests.User(config);
            Limit(config, "pids", """{"limit": 33}""");
            config["mounts"]![6]!["options"] = new JsonArray("rw");
        });
        container.Create().ShouldEndWith(0);
        foreach (string hierarchy in LegacyHost.Hierarchies)
        {
            string cgroup = host.Cgroup(layout, container, hierarchy.Split(',')[0]);
            Command.Run("stat", "-c", "%u", cgroup, cgroup + "/cgroup.procs", cgroup + "/tasks").Out.Should().Be("0\n0\n0\n");
        }

        host.Read(layout, container, "pids.max").Should().Be("33");
        container.Rt("delete", container.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, container);
    }

    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid)]
    public void The_plan_tells_directories_limits_and_joins(Layout layout)
    {
        using Container container = host.Script(layout, "true", config => Limit(config, "memory", """{"limit": 20971520}"""));
        string plan = container.Rt("plan", "--bundle", container.Bundle).ShouldEndWith(0).Out;
        plan.Should().Contain($"host  mkdir-cgroup      /sys/fs/cgroup/memory/rt-test/{container.Id}  # linux.cgroupsPath")
            .And.Contain("host  write             memory.limit_in_bytes value=20971520  # linux.resources.memory.limit")
            .And.Contain($"init  join-cgroup       /sys/fs/cgroup/memory/rt-test/{container.Id}  # linux.cgroupsPath");
        plan.Should().MatchRegex("(?s)join-cgroup.*unshare +cgroup");
    }

    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void An_ordinary_user_does_without_unless_he_asks_for_limits(Layout layout)
    {
        foreach (bool limited in (bool[])[false, true])
        {
            string everyones = Directory.CreateTempSubdirectory("rt-test-").FullName;
            try
            {
                using Container container = host.Script(layout, "echo ran", config =>
                {
                    config["root"]!["path"] = everyones + "/rootfs";
                    UserNamespaceTests.User(config);
                    foreach (string ids in (string[])["uidMappings", "gidMappings"])
                        config["linux"]![ids] = JsonNode.Parse("""[{"containerID": 0, "hostID": 65534, "size": 1}]""");
                    config["mounts"]!.AsArray().RemoveAt(6);
                    config["mounts"]![2]!["options"] = new JsonArray("newinstance", "ptmxmode=0666", "mode=0620");
                    if (limited) Limit(config, "memory", """{"limit": 20971520}""");
                });
                Command.Shell(
                    "cp -a $1 $2/rootfs; cp $3 $4/config.json $2; mkdir $2/state; chmod a+rx $2; chmod a+r $2/*; chown 65534 $2/state",
                    Path.Combine(Repository.Root, "artifacts/test/rootfs"), everyones, Repository.Binary, container.Bundle)
                    .ShouldEndWith(0);
                Result result = Command.Run([.. container.Wrapper,
                    "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all",
                    everyones + "/rt", "--debug", "--root", everyones + "/state", "run", "--bundle", everyones, container.Id]);
                if (!limited) result.ShouldEndWith(0).Out.Should().Be("ran\n");
                else
                    result.ShouldEndWith(1).Error.Should().MatchRegex(
                        "linux.resources.memory.limit: can't be set: create cgroup /sys/fs/cgroup/memory/rt-test[^ ]*: permission denied");
                host.ShouldHaveNothingOf(layout, container);
            }
            finally
            {
                Directory.Delete(everyones, recursive: true);
            }
        }
    }
}
