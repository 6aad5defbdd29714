using System.Text.Json.Nodes;
using Rt.Tests.Matrix;
using static Rt.Tests.Integration.LegacyConfig;

namespace Rt.Tests.Integration;

/// <summary>Containers on a host with cgroup v1: where they are, what becomes of their processes, and that nothing stays.</summary>
public sealed class LegacyTests(LegacyHost host) : IClassFixture<LegacyHost>
{
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

    [LegacyTheory("memory")]
    [InlineData(Layout.Hybrid)]
    [InlineData(Layout.Legacy)]
    public void One_that_is_to_have_none_of_its_own_stays_in_its_callers(Layout layout)
    {
        const string Script = "ls /sys/fs/cgroup; grep cgroup /proc/mounts";
        using Container usual = host.Script(layout, Script), other = host.Script(layout, "exec sleep 100");
        other.Rt("--cgroup-manager", "disabled", "run", "--detach", "--bundle", other.Bundle, other.Id).ShouldEndWith(0);
        File.ReadAllText($"/proc/{other.Pid}/cgroup").Should().Be(File.ReadAllText("/proc/self/cgroup"));
        other.Rt("exec", other.Id, "sh", "-c", Script).ShouldEndWith(0).Out.Should().Be(usual.Run().ShouldEndWith(0).Out);
        other.Rt("delete", "--force", other.Id).ShouldEndWith(0);
        host.ShouldHaveNothingOf(layout, other);

        other.Change(config => Limit(config, "memory", """{"swappiness": 10}"""));
        other.Rt("--cgroup-manager", "disabled", "run", "--bundle", other.Bundle, other.Id)
            .ShouldFailWith("linux.resources.memory.swappiness: can't be set: there is to be no cgroup");
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
        }, Command.Patience).Should().BeTrue();
        container.Status.Should().Be("paused");
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
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
        SpinWait.SpinUntil(() => File.ReadAllLines(procs).Length > 5, Command.Patience).Should().BeTrue();
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
        SpinWait.SpinUntil(() => File.ReadAllLines(procs).Length == 3, Command.Patience).Should().BeTrue();
        container.Rt("kill", "--all", container.Id, "TERM").ShouldEndWith(0);
        SpinWait.SpinUntil(() => File.ReadAllLines(procs).Length == 0, Command.Patience).Should().BeTrue();
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
        SpinWait.SpinUntil(() => Directory.Exists(host.Cgroup(layout, container, "memory") + "/done"), Command.Patience).Should().BeTrue();
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
