using System.Text.Json.Nodes;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>rt inside a container of rt's.</summary>
[BeyondTheSpec("containers in containers")]
public sealed class NestedTests
{
    /// <summary>Creates a container in the container and goes through its life; prints a line for each thing.</summary>
    private const string Life = """
        rt="rt $OPTIONS"
        $rt run --bundle /inner in && echo ran
        sed -i 's/echo inside/exec sleep 100/' /inner/config.json
        $rt create --bundle /inner in && $rt start in && echo started
        $rt exec in sh -c 'test $$ != 1 && echo executed'
        $rt ps --format json in | grep -q '^\[[0-9]*\]$' && echo listed
        $rt pause in && $rt resume in && echo paused
        $rt kill in KILL; $rt wait in; echo "ended with $?"
        $rt delete in && echo deleted
        ! ls -A /run/rt /sys/fs/cgroup | grep -x in
        """;

    private const string Done = "inside\nran\nstarted\nexecuted\nlisted\nended with 137\ndeleted\n", DoneWithPause =
        "inside\nran\nstarted\nexecuted\nlisted\npaused\nended with 137\ndeleted\n";

    /// <summary>A container with all capabilities that has rt and a bundle at /inner, whose root file system is its own.</summary>
    private static Container Outer(bool writableCgroups, bool inUserNamespace, string options = "", Action<JsonNode>? changeInner = null)
    {
        Container outer = Container.Script(Life, config =>
        {
            JsonNode process = config["process"]!;
            JsonArray all = [.. CapabilityNames.All.Where(name => name != "CAP_SYS_RESOURCE").Select(name => JsonValue.Create(name))];
            foreach (string set in (string[])["bounding", "effective", "permitted"]) process["capabilities"]![set] = all.DeepClone();
            process["env"]!.AsArray().Add("OPTIONS=" + options);
            config["root"]!["readonly"] = false;
            config["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination": "/run", "type": "tmpfs", "source": "tmpfs"}"""));
            if (writableCgroups)
                foreach (JsonNode? mount in config["mounts"]!.AsArray())
                    if (mount!["type"]!.GetValue<string>() == "cgroup")
                        mount["options"] = new JsonArray("nosuid", "noexec", "nodev");
            if (!inUserNamespace) return;
            config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "user"}"""));
            OrdinaryUser.Map(config, """[{"containerID": 0, "hostID": 300000, "size": 65536}]""");
        }, ownRoot: true);

        JsonNode inner = JsonNode.Parse(DefaultConfig.Json(null))!;
        inner["process"]!["terminal"] = false;
        inner["process"]!["args"] = new JsonArray("sh", "-c", "echo inside");
        inner["root"]!["path"] = "/";
        changeInner?.Invoke(inner);
        Directory.CreateDirectory(outer.Root + "/inner");
        File.WriteAllText(outer.Root + "/inner/config.json", inner.ToJsonString());
        File.Copy(Repository.Binary, outer.Root + "/bin/rt");
        if (inUserNamespace) Command.Run("chown", "-R", "300000:300000", outer.Root).ShouldEndWith(0);
        return outer;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_a_container_with_all_privileges_it_does_all_that_it_does_on_a_host(bool inUserNamespace)
    {
        using Container outer = Outer(writableCgroups: true, inUserNamespace);
        outer.Run().ShouldEndWith(0).Out.Should().Be(DoneWithPause);
    }

    [Fact]
    public void Without_cgroups_of_its_own_the_root_of_a_user_namespace_does_without()
    {
        using Container outer = Outer(writableCgroups: false, inUserNamespace: true);
        Result result = outer.Run().ShouldEndWith(0);
        result.Out.Should().Be(Done);
        result.Error.Should().Be("rt: pause container in: it has no cgroup, by which it could be stopped\n");
    }

    [Fact]
    public void The_hosts_root_does_if_told_so()
    {
        using (Container outer = Outer(writableCgroups: false, inUserNamespace: false))
            outer.Run().Error.Should().StartWith("rt: create cgroup /sys/fs/cgroup/in: read-only file system\n");
        using (Container outer = Outer(writableCgroups: false, inUserNamespace: false, "--rootless=true"))
            outer.Run().ShouldEndWith(0).Out.Should().Be(Done);
    }

    [Fact]
    public void A_user_namespace_is_made_in_a_user_namespace()
    {
        using Container outer = Outer(writableCgroups: true, inUserNamespace: true, changeInner: config =>
        {
            config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "user"}"""));
            OrdinaryUser.Map(config, """[{"containerID": 0, "hostID": 1000, "size": 1000}]""");
        });
        outer.Change(config => config["linux"]!.AsObject().Remove("maskedPaths"));
        outer.Change(config => config["linux"]!.AsObject().Remove("readonlyPaths"));
        outer.Run().ShouldEndWith(0).Out.Should().Be(DoneWithPause);
    }
}
