using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>The container's cgroup on the host.</summary>
public sealed class CgroupTests
{
    [Fact]
    [Proves("config-linux-cgroupspath-01")]
    public void The_container_is_born_in_its_cgroup()
    {
        using Container container = Container.Script("sleep 100");
        container.Create().ShouldEndWith(0);
        File.ReadAllText(container.Cgroup + "/cgroup.procs").Should().Be($"{container.Pid}\n");
    }

    [Fact]
    public void Without_a_path_the_cgroup_is_named_after_the_container()
    {
        using Container container = Container.Script("sleep 100", config => config["linux"]!.AsObject().Remove("cgroupsPath"));
        container.Create().ShouldEndWith(0);
        File.ReadAllText($"/proc/{container.Pid}/cgroup").Should().Contain($"0::/{container.Id}\n");
    }

    [Fact]
    [Proves("config-linux-cgroups-01")]
    public void A_cgroup_with_processes_of_others_is_refused_and_left_alone()
    {
        using Container container = Container.Script("true");
        using Command.Running other = Command.Start("sleep", "60");
        Directory.CreateDirectory(container.Cgroup);
        File.WriteAllText(container.Cgroup + "/cgroup.procs", other.Pid.ToString());
        container.Run().ShouldFailWith("container's cgroup is not empty");
        other.HasExited.Should().BeFalse();
        Directory.Exists(container.Cgroup).Should().BeTrue();
        File.WriteAllText("/sys/fs/cgroup/cgroup.procs", other.Pid.ToString());
        Directory.Delete(container.Cgroup);
    }

    /// <summary>One that has another below it can't be made anew.</summary>
    [Fact]
    [Proves("config-linux-cgroups-01")]
    public void A_frozen_cgroup_is_refused_and_left_alone()
    {
        using Container container = Container.Script("true");
        Directory.CreateDirectory(container.Cgroup + "/below");
        try
        {
            File.WriteAllText(container.Cgroup + "/cgroup.freeze", "1");
            SpinWait.SpinUntil(() => File.ReadAllText(container.Cgroup + "/cgroup.events").Contains("frozen 1"), Command.Patience).Should().BeTrue();
            foreach (Result result in (Result[])[container.Create(), container.Run()])
                result.ShouldFailWith("container's cgroup unexpectedly frozen");
            Directory.Exists(container.Cgroup + "/below").Should().BeTrue();
        }
        finally
        {
            Directory.Delete(container.Cgroup + "/below");
            Directory.Delete(container.Cgroup);
        }
    }

    [Theory]
    [InlineData("/rt-test/")]
    [InlineData("rt-relative-")]
    [InlineData("../rt-relative-")]
    [Proves("config-linux-cgroupspath-02")]
    public void The_same_path_is_the_same_cgroup_each_time(string path)
    {
        using Container container = Container.Script("sleep 100");
        container.Change(config => config["linux"]!["cgroupsPath"] = path + container.Id);
        string[] seen = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            container.Create().ShouldEndWith(0);
            string cgroup = File.ReadAllText($"/proc/{container.Pid}/cgroup");
            container.Rt("delete", container.Id).ShouldEndWith(0);
            return cgroup[cgroup.IndexOf("0::", StringComparison.Ordinal)..];
        })];
        seen[1].Should().Be(seen[0]).And.EndWith(container.Id + "\n");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/..")]
    [Proves("config-linux-cgroupspath-03")]
    public void A_path_that_holds_the_caller_is_refused(string path)
    {
        using Container container = Container.Script("true", config => config["linux"]!["cgroupsPath"] = path);
        container.Run().ShouldFailWith($"linux.cgroupsPath: \"{path}\" is /, which holds the caller's own processes");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("config-linux-unified-02")]
    public void A_unified_file_of_the_cgroup_itself_is_written()
    {
        using Container container = Container.Script("sleep 100", config =>
            config["linux"]!["resources"]!["unified"] = JsonNode.Parse("""{"cgroup.max.depth": "3", "cgroup.max.descendants": "7"}"""));
        container.Create().ShouldEndWith(0);
        File.ReadAllText(container.Cgroup + "/cgroup.max.depth").Should().Be("3\n");
        File.ReadAllText(container.Cgroup + "/cgroup.max.descendants").Should().Be("7\n");
    }

    [Theory]
    [InlineData("nosuch.max", "has no nosuch controller")]
    [InlineData("cgroup.nosuch", "cgroup.nosuch: no such file or directory")]
    [Proves("config-linux-unified-03")]
    public void A_unified_file_that_is_not_there_is_an_error(string file, string words)
    {
        using Container container = Container.Script("true", config =>
            config["linux"]!["resources"]!["unified"] = new JsonObject { [file] = "1" });
        container.Run().ShouldFailWith($"linux.resources.unified.{file}: ").Error.Should().Contain(words);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("config-linux-devicerules-01")]
    public void Device_rules_take_effect_in_their_order()
    {
        const string Look = "mknod /dev/shm/kmsg c 1 11; (: </dev/shm/kmsg) 2>/dev/null && echo yes || echo no";
        foreach ((bool allowedLast, string seen) in new[] { (true, "yes\n"), (false, "no\n") })
        {
            using Container container = Container.Script(Look, config =>
            {
                JsonNode mount = config["mounts"]!.AsArray().First(one => one!["destination"]!.GetValue<string>() == "/dev/shm")!;
                mount["options"] = new JsonArray();
                foreach (string set in (string[])["bounding", "effective", "permitted"])
                    foreach (string name in (string[])["CAP_MKNOD", "CAP_SYSLOG"])
                        config["process"]!["capabilities"]![set]!.AsArray().Add(name);
                config["linux"]!["resources"]!["devices"] = new JsonArray(
                    Rule("a", !allowedLast), new JsonObject { ["type"] = "c", ["major"] = 1, ["minor"] = 11, ["access"] = "r", ["allow"] = allowedLast });
            });
            container.Run().ShouldEndWith(0).Out.Should().Be(seen);
        }

        static JsonNode Rule(string type, bool allow) => new JsonObject { ["type"] = type, ["access"] = "rw", ["allow"] = allow };
    }

    [Fact]
    public void An_empty_cgroup_that_was_left_over_is_used()
    {
        using Container container = Container.Script("true");
        Directory.CreateDirectory(container.Cgroup);
        container.Run().ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Cgroups_made_inside_are_removed_too()
    {
        using Container container = Container.Script("cd /sys/fs/cgroup && mkdir .x $(printf 'no\\377text') && mkdir -p a/b; sleep 100", config =>
            config["mounts"]![6]!["options"] = new JsonArray("rw"));
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => Directory.Exists(container.Cgroup + "/a/b"), Command.Patience).Should().BeTrue();
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Without_a_cgroup_namespace_the_hosts_cgroups_are_bound_and_keep_their_options()
    {
        Command.Run("mount", "-o", "remount,nsdelegate", "/sys/fs/cgroup").ShouldEndWith(0);
        using Container container = Container.Script("ls -d /sys/fs/cgroup/rt-test; grep ' /sys/fs/cgroup ' /proc/mounts", config =>
            config["linux"]!["namespaces"]!.AsArray().RemoveAt(5));
        container.Run().ShouldEndWith(0).Out.Should().StartWith("/sys/fs/cgroup/rt-test\n").And.Contain("ro,nosuid,nodev,noexec");
        File.ReadAllText("/proc/mounts").Should().MatchRegex("/sys/fs/cgroup cgroup2 .*nsdelegate");
    }

    [ControllerFact]
    [Proves("config-linux-unified-01")]
    public void A_limit_is_set_with_its_controller_handed_down_the_tree()
    {
        var (controller, file, value) = ControllerFactAttribute.Limit;
        using Container container = Container.Script("sleep 100", config =>
        {
            config["linux"]!["cgroupsPath"] = config["linux"]!["cgroupsPath"]!.GetValue<string>().Replace("/rt-test/", "/rt-limits/a/");
            config["linux"]!["resources"]!["unified"] = new JsonObject { [file] = value };
        });
        try
        {
            container.Create().ShouldEndWith(0);
            File.ReadAllText($"/sys/fs/cgroup/rt-limits/a/{container.Id}/{file}").Should().Be(value + "\n");
            File.ReadAllText("/sys/fs/cgroup/rt-limits/a/cgroup.subtree_control").Should().Contain(controller);
            container.Rt("delete", container.Id).ShouldEndWith(0);
        }
        finally
        {
            Directory.Delete("/sys/fs/cgroup/rt-limits/a");
            Directory.Delete("/sys/fs/cgroup/rt-limits");
        }
    }

    /// <summary>A cgroup with processes of its own can hand down none.</summary>
    [ControllerFact]
    [Proves("config-linux-unified-03")]
    public void A_controller_that_can_not_be_enabled_is_an_error()
    {
        const string Busy = "/sys/fs/cgroup/rt-busy";
        var (controller, file, value) = ControllerFactAttribute.Limit;
        using Container container = Container.Script("true", config =>
        {
            config["linux"]!["cgroupsPath"] = "/rt-busy/box";
            config["linux"]!["resources"]!["unified"] = new JsonObject { [file] = value };
        });
        using Command.Running other = Command.Start("sleep", "60");
        Directory.CreateDirectory(Busy);
        try
        {
            File.WriteAllText(Busy + "/cgroup.procs", other.Pid.ToString());
            container.Run().ShouldFailWith($"enable controllers +{controller} in {Busy}/cgroup.subtree_control: {Busy} has processes of its own");
            Directory.Exists(Busy + "/box").Should().BeFalse();
            container.ShouldHaveLeftNothing();
        }
        finally
        {
            File.WriteAllText("/sys/fs/cgroup/cgroup.procs", other.Pid.ToString());
            Directory.Delete(Busy);
        }
    }

    /// <summary>Below a threaded cgroup there are only threaded ones, into which no process is born.</summary>
    [Fact]
    [Proves("config-linux-cgroupspath-03")]
    public void A_path_below_a_threaded_cgroup_is_an_error()
    {
        const string Threaded = "/sys/fs/cgroup/rt-threaded";
        using Container container = Container.Script("true", config => config["linux"]!["cgroupsPath"] = "/rt-threaded/box");
        Directory.CreateDirectory(Threaded);
        try
        {
            File.WriteAllText(Threaded + "/cgroup.type", "threaded");
            container.Run().ShouldFailWith("the cgroup /rt-threaded/box can't take processes: it or one above it is threaded");
            Directory.GetDirectories(Threaded).Should().BeEmpty();
            container.ShouldHaveLeftNothing();
        }
        finally
        {
            Directory.Delete(Threaded);
        }
    }

    /// <summary>Engines read statistics of containers without limits, too.</summary>
    [ControllerFact]
    public void All_controllers_of_the_tree_are_handed_down_without_limits()
    {
        const string Parent = "/sys/fs/cgroup/rt-handed";
        using Container container = Container.Script("sleep 100", config => config["linux"]!["cgroupsPath"] = "/rt-handed/a/box");
        try
        {
            container.Create().ShouldEndWith(0);
            string[] files = ["/sys/fs/cgroup/cgroup.subtree_control", Parent + "/cgroup.subtree_control", Parent + "/a/cgroup.subtree_control", Parent + "/a/box/cgroup.controllers"];
            files.Select(File.ReadAllText).Should().AllBe(File.ReadAllText("/sys/fs/cgroup/cgroup.controllers"));
            container.Rt("delete", container.Id).ShouldEndWith(0);
        }
        finally
        {
            Directory.Delete(Parent + "/a");
            Directory.Delete(Parent);
        }
    }

    [ControllerFact]
    public void A_value_that_the_kernel_refuses_is_told_with_its_path_and_undone()
    {
        using Container container = Container.Script("true", config =>
            config["linux"]!["resources"]!["unified"] = new JsonObject { [ControllerFactAttribute.Limit.File] = "nonsense" });
        container.Run()
            .ShouldFailWith($"linux.resources.unified.{ControllerFactAttribute.Limit.File}: write \"nonsense\" to {container.Cgroup}");
        container.ShouldHaveLeftNothing();
    }

    [ControllerFact("hugetlb")]
    public void Huge_pages_are_limited()
    {
        using Container container = Container.Script("sleep 100", config => config["linux"]!["resources"]!["hugepageLimits"] =
            JsonNode.Parse("""[{"pageSize": "2MB", "limit": 4194304}]"""));
        container.Create().ShouldEndWith(0);
        File.ReadAllText(container.Cgroup + "/hugetlb.2MB.max").Should().Be("4194304\n");
        File.ReadAllText(container.Cgroup + "/hugetlb.2MB.rsvd.max").Should().Be("4194304\n");
    }

    [ControllerFact("hugetlb")]
    [Proves("config-linux-hugepages-03")]
    public void A_size_of_huge_pages_that_the_host_does_not_have_is_told_with_its_path_and_undone()
    {
        using Container container = Container.Script("true", config => config["linux"]!["resources"]!["hugepageLimits"] =
            JsonNode.Parse("""[{"pageSize": "2MB", "limit": 0}, {"pageSize": "3MB", "limit": 0}]"""));
        container.Run().ShouldFailWith($"linux.resources.hugepageLimits[1]: open {container.Cgroup}/hugetlb.3MB.max: no such file");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Where_the_host_has_v1_beside_it_the_unified_tree_is_used()
    {
        using Container container = Container.Script("true");
        Command.Run("unshare", "--mount", "--propagation", "private", "sh", "-c", """
            umount /sys/fs/cgroup; mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/unified
            mount -t cgroup2 none /sys/fs/cgroup/unified; shift 0; exec "$0" "$@"
            """, Repository.Binary, "plan", "--bundle", container.Bundle)
            .ShouldEndWith(0).Out.Should().Contain("mkdir-cgroup      /sys/fs/cgroup/unified/rt-test/");
    }

    [Fact]
    public void Without_cgroup_v2_the_container_runs_unless_limits_were_asked_for()
    {
        string[] without = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
            "mount -t tmpfs none /sys/fs/cgroup; exec \"$0\" \"$@\"", Repository.Binary];
        using Container plain = Container.Script("echo ran");
        Result result = Command.Run([.. without, "--debug", "--root", plain.StateRoot, "run", "--bundle", plain.Bundle, plain.Id])
            .ShouldEndWith(0);
        result.Out.Should().Be("ran\n");
        result.Error.Should().Contain("the container has no cgroup of its own");

        using Container limited = Container.Script("true", config =>
            config["linux"]!["resources"]!["pids"] = JsonNode.Parse("""{"limit": 10}"""));
        Command.Run([.. without, "--root", limited.StateRoot, "run", "--bundle", limited.Bundle, limited.Id])
            .ShouldFailWith("linux.resources.pids.limit: can't be set: there is no cgroup v2 mount");
        limited.ShouldHaveLeftNothing();
    }
}
