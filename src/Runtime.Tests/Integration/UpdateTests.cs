using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>
/// With what cgroup v2 has on every host: its own files, huge pages where they can be limited, the device filter. How other
/// limits are changed is proven by the unit tests, and in a virtual machine.
/// </summary>
[BeyondTheSpec("rt update, a command that the specification does not have")]
public sealed class UpdateTests
{
    private static Container Sleeper() => Container.Script("exec sleep 100");

    private static string Depth(Container container) => File.ReadAllText(container.Cgroup + "/cgroup.max.depth").TrimEnd();

    private static string Descendants(Container container) => File.ReadAllText(container.Cgroup + "/cgroup.max.descendants").TrimEnd();

    /// <summary>By a file.</summary>
    private static Result Update(Container container, string json)
    {
        string file = Path.Combine(container.Bundle, $"resources-{Guid.NewGuid():N}.json");
        File.WriteAllText(file, json);
        return container.Rt("update", "--resources", file, container.Id);
    }

    private static Result UpdateByStdin(Container container, string json) => Command.Shell(
        "printf %s \"$4\" | \"$1\" --root \"$2\" update -r - \"$3\"", Repository.Binary, container.StateRoot, container.Id, json);

    [Theory]
    [InlineData("created")]
    [InlineData("running")]
    [InlineData("paused")]
    public void Limits_change_while_the_container_is_there(string status)
    {
        using Container container = Container.Script("exec sleep 100", config =>
            config["linux"]!["resources"]!["unified"] = new JsonObject { ["cgroup.max.descendants"] = "7" });
        container.Create().ShouldEndWith(0);
        if (status != "created") container.Rt("start", container.Id).ShouldEndWith(0);
        if (status == "paused") container.Rt("pause", container.Id).ShouldEndWith(0);

        Update(container, """{"unified": {"cgroup.max.depth": "3"}}""").ShouldEndWith(0).Error.Should().BeEmpty();
        Depth(container).Should().Be("3");
        Descendants(container).Should().Be("7");
        UpdateByStdin(container, """{"unified": {"cgroup.max.depth": "4"}, "memory": {}, "cpu": null}""").ShouldEndWith(0);
        Depth(container).Should().Be("4");
        container.Status.Should().Be(status);
    }

    [ControllerFact("hugetlb")]
    public void Huge_pages_are_limited_anew()
    {
        using Container container = Container.Sleeping();
        Update(container, """{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}""").ShouldEndWith(0);
        File.ReadAllText(container.Cgroup + "/hugetlb.2MB.max").Should().Be("4194304\n");
        File.ReadAllText(container.Cgroup + "/hugetlb.2MB.rsvd.max").Should().Be("4194304\n");
    }

    [ControllerFact("hugetlb")]
    public void When_the_kernel_refuses_a_value_those_before_it_are_put_back()
    {
        using Container container = Container.Sleeping();
        Update(container, """{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}], "unified": {"cgroup.max.depth": "5"}}""")
            .ShouldEndWith(0);
        Update(container, """
            {"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}],
             "unified": {"cgroup.max.depth": "6", "cgroup.max.descendants": "no number"}}
            """).ShouldFailWith(
                $"unified.cgroup.max.descendants: write \"no number\" to {container.Cgroup}/cgroup.max.descendants: invalid argument");
        File.ReadAllText(container.Cgroup + "/hugetlb.2MB.max").Should().Be("2097152\n");
        File.ReadAllText(container.Cgroup + "/hugetlb.2MB.rsvd.max").Should().Be("2097152\n");
        Depth(container).Should().Be("5");
        Descendants(container).Should().Be("max");
    }

    [Theory]
    [InlineData("{", "invalid JSON at line 1")]
    [InlineData("[]", "expected an object, found an array")]
    [InlineData("{} {}", "invalid JSON")]
    [InlineData("""{"pids": {"limit": "many"}}""", "pids.limit: expected a whole number")]
    [InlineData("""{"cpu": {"burst": 5, "quota": 4}}""", "cpu.burst: 5 is more than the quota (4)")]
    [InlineData("""{"unified": {"../x": "1"}}""", "unified.../x: is not the name of a cgroup file")]
    [InlineData("""{"unified": {"cgroup.nosuch": "1"}}""", "cgroup.nosuch: no such file or directory")]
    [InlineData("""{"unified": {"nosuch.max": "1"}}""", "has no nosuch controller")]
    [InlineData("""{"devices": [{"allow": true, "type": "z"}]}""", "devices[0].type: \"z\" is no type of device")]
    [InlineData("""{"memory": {"swappiness": 10}}""", "memory.swappiness: has no counterpart in cgroup v2")]
    public void What_can_not_be_used_is_told_by_its_file_and_path_and_changes_nothing(string json, string words)
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        json = json.Replace("\"unified\": {", "\"unified\": {\"cgroup.max.depth\": \"3\", ", StringComparison.Ordinal);
        Update(container, json).ShouldFailWith(words).Error.Should().StartWith($"rt: {container.Bundle}/resources-");
        UpdateByStdin(container, json).ShouldFailWith(words).Error.Should().StartWith("rt: standard input: ");
        Depth(container).Should().Be("max");
    }

    [Fact]
    public void A_file_that_is_missing_or_without_end_is_told()
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        container.Rt("update", "-r", "/nowhere/file", container.Id).ShouldFailWith("open /nowhere/file: no such file or directory");
        container.Rt("update", "-r", "/dev/zero", container.Id).ShouldFailWith("read /dev/zero: larger than 1048576 bytes");
        container.Rt("update", "-r", container.Bundle, container.Id).ShouldFailWith("is a directory");
    }

    [Theory]
    [InlineData("invalid value for memory: invalid size: '10x'", "--memory", "10x")]
    [InlineData("invalid value for memory: invalid size: '-2'", "--memory", "-2")]
    [InlineData("invalid value for memory-swap: invalid size: 'max'", "--memory-swap=max")]
    [InlineData("invalid value for memory-reservation: invalid size: '9e'", "--memory-reservation", "9e")]
    [InlineData("invalid value for cpu-period: \"abc\" is no whole number", "--cpu-period", "abc")]
    [InlineData("invalid value for cpu-period: -1 is negative", "--cpu-period", "-1")]
    [InlineData("invalid value for cpu-quota: \"1.5\" is no whole number", "--cpu-quota", "1.5")]
    [InlineData("invalid value for cpu-share: \"18446744073709551616\" is no whole number", "--cpu-share", "18446744073709551616")]
    [InlineData("invalid value for cpu-idle: 2 is not between 0 and 1", "--cpu-idle", "2")]
    [InlineData("invalid value for blkio-weight: 1001 is not between 0 and 1000", "--blkio-weight", "1001")]
    [InlineData("invalid value for pids-limit: \"\\t1\" is no whole number", "--pids-limit", "\t1")]
    [InlineData("--cpu-burst: 6 is more than the quota (5)", "--cpu-quota", "5", "--cpu-burst", "6")]
    [InlineData("--cpu-rt-runtime: cgroup v2 has no limit for realtime CPU time", "--cpu-rt-runtime", "950")]
    [InlineData("--memory-swap: memory+swap limit should be >= memory limit", "--memory", "100M", "--memory-swap", "50M")]
    [InlineData("--memory-swap: unable to set swap limit without memory limit", "--memory-swap", "50M")]
    [InlineData("--l3-cache-schema: \"L2:0=f\" does not begin with L3:", "--l3-cache-schema", "L2:0=f")]
    [InlineData("--mem-bw-schema: must be one line", "--mem-bw-schema", "MB:0=1\nMB:1=1")]
    [InlineData("flag provided but not defined: --kernel", "--kernel", "5")]
    public void A_value_that_can_not_be_is_told_by_its_option(string words, params string[] options)
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        container.Rt(["update", .. options, container.Id]).ShouldFailWith(words);
    }

    [Fact]
    public void Nothing_to_change_is_no_error_and_obsolete_options_are_a_warning()
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        container.Rt("update", container.Id).ShouldEndWith(0);
        container.Rt("update", "--memory", "0", "--cpu-quota", "0", "--pids-limit", "0", "--blkio-weight", "0", "--cpu-share", "0",
            container.Id).ShouldEndWith(0).Error.Should().BeEmpty();
        foreach (string option in (string[])["--kernel-memory", "--kernel-memory-tcp"])
            container.Rt("update", option, "5M", container.Id).ShouldEndWith(0)
                .Error.Should().Contain($"level=warning msg=\"{option} is ignored");
    }

    [Fact]
    public void Options_beside_a_file_are_ignored_with_a_warning()
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        string file = Path.Combine(container.Bundle, "resources.json");
        File.WriteAllText(file, """{"unified": {"cgroup.max.depth": "3"}}""");
        container.Rt("update", "--memory", "nonsense", "-r", file, container.Id).ShouldEndWith(0)
            .Error.Should().Contain("--memory is ignored beside --resources");
        Depth(container).Should().Be("3");
    }

    [Fact]
    public void A_container_that_has_stopped_has_no_limits_to_change()
    {
        using Container container = Container.Script("true");
        container.Run("--keep").ShouldEndWith(0);
        container.Rt("update", "--pids-limit", "5", container.Id).ShouldFailWith("container not running");
        container.Rt("update", "--pids-limit", "5", "nobody").ShouldFailWith("container does not exist");
    }

    [Theory]
    [InlineData("--l3-cache-schema", "L3:0=f")]
    [InlineData("--mem-bw-schema", "MB:0=50")]
    public void Without_resctrl_it_is_told_so_and_other_limits_are_put_back(string option, string schema)
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        string file = Path.Combine(container.Bundle, "resources.json");
        File.WriteAllText(file, """{"unified": {"cgroup.max.depth": "3"}}""");
        Command.Run("unshare", "--mount", "sh", "-c", "umount -a -t resctrl; exec \"$0\" \"$@\"", Repository.Binary,
                "--root", container.StateRoot, "update", option, schema, "-r", file, container.Id)
            .ShouldFailWith("there is no resctrl file system mounted");
        Depth(container).Should().Be("max");
    }

    [Fact]
    public void Of_updates_at_once_each_is_whole()
    {
        using Container container = Container.Sleeping();
        for (int round = 1; round <= 10; round++)
        {
            Result[] results = Race.Of(
                () => Update(container, $$$"""{"unified": {"cgroup.max.depth": "{{{round}}}"}}"""),
                () => Update(container, $$$"""{"unified": {"cgroup.max.descendants": "{{{round}}}"}}"""),
                () => Update(container, """{"unified": {"cgroup.max.depth": "99", "cgroup.max.descendants": "no number"}}"""));
            results[..2].Should().OnlyContain(result => result.Code == 0);
            results[2].ShouldFailWith("no number");
            Depth(container).Should().Be($"{round}");
            Descendants(container).Should().Be($"{round}");
        }
    }

    [Fact]
    public void An_update_racing_with_delete_ends_with_the_container_gone()
    {
        for (int round = 0; round < 10; round++)
        {
            using Container container = Container.Sleeping();
            Result[] results = Race.Of(() => container.Rt("delete", "--force", container.Id),
                () => Update(container, """{"unified": {"cgroup.max.depth": "3"}, "devices": [{"allow": true}]}"""));
            results[0].ShouldEndWith(0);
            if (results[1].Code != 0) results[1].ShouldFailWith("container does not exist");
            container.ShouldHaveLeftNothing();
        }
    }
}
