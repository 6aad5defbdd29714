using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>rt features: what it says does not come from the host, and containers can have what it says.</summary>
public sealed class FeaturesDocumentTests
{
    private static JsonNode Features => JsonNode.Parse(Command.Rt("features").ShouldEndWith(0).Out)!;

    private static IEnumerable<string> Words(JsonNode list) => list.AsArray().Select(word => word!.GetValue<string>());

    [Fact]
    [Proves("features-structure-01")]
    public void It_is_the_same_whatever_the_host_has()
    {
        string expected = Command.Rt("features").ShouldEndWith(0).Out;
        using Container container = new();
        container.RtAsOrdinaryUser(_ => ["features"]).ShouldEndWith(0).Out.Should().Be(expected);
        Command.Run("unshare", "--mount", "sh", "-c", """
            cd /; mount -t tmpfs none /sys; mount -t tmpfs none /proc; exec setpriv --bounding-set=-all "$0" features
            """, Repository.Binary).ShouldEndWith(0).Out.Should().Be(expected);
        Command.Run("setarch", "i686", "--uname-2.6", Repository.Binary, "features").ShouldEndWith(0).Out.Should().Be(expected);
    }

    [Fact]
    [Proves("features-version-02", "features-version-04")]
    public void Containers_of_both_versions_run()
    {
        foreach (string property in (string[])["ociVersionMin", "ociVersionMax"])
            Container.Script("echo ran", config => config["ociVersion"] = Features[property]!.GetValue<string>())
                .Use(container => container.Run().ShouldEndWith(0).Out.Should().Be("ran\n"));
    }

    [Fact]
    [Proves("features-hooks-01")]
    public void Every_kind_of_hook_is_run()
    {
        string[] kinds = [.. Words(Features["hooks"]!)];
        string directory = Directory.CreateTempSubdirectory("rt-test-").FullName;
        try
        {
            using Container container = Container.Script("true", config =>
            {
                config["mounts"]!.AsArray().Add(new JsonObject
                    { ["destination"] = "/seen", ["source"] = directory, ["type"] = "bind", ["options"] = new JsonArray("bind") });
                config["hooks"] = new JsonObject(kinds.Select(kind => KeyValuePair.Create<string, JsonNode?>(kind, new JsonArray(Hook(kind)))));
            }, ownRoot: true);
            container.Run().ShouldEndWith(0);
            Directory.GetFiles(directory).Select(path => Path.GetFileName(path)).Should().BeEquivalentTo(kinds);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        JsonNode Hook(string kind) => new JsonObject
        {
            ["path"] = "/bin/sh",
            ["args"] = new JsonArray("sh", "-c", $": >{(kind == "startContainer" ? "/seen" : directory)}/{kind}"),
        };
    }

    [Fact]
    [Proves("features-linux-namespaces-01")]
    public void Every_namespace_can_be_had()
    {
        string[] types = [.. Words(Features["linux"]!["namespaces"]!)];
        using Container container = Container.Script("cd /proc/self/ns; for n in cgroup ipc mnt net pid time user uts; do readlink $n; done", config =>
        {
            config["linux"]!["namespaces"] = new JsonArray([.. types.Select(type => (JsonNode)new JsonObject { ["type"] = type })]);
            foreach (string mappings in (string[])["uidMappings", "gidMappings"])
                config["linux"]![mappings] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 65536}]""");
        });
        string[] seen = container.Run().ShouldEndWith(0).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] own = [.. ((string[])["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"])
            .Select(file => new FileInfo("/proc/self/ns/" + file).LinkTarget!)];
        seen.Should().HaveCount(types.Length).And.NotIntersectWith(own);
    }

    [Fact]
    [Proves("features-linux-seccomp-05")]
    public void A_filter_is_loaded_with_every_flag()
    {
        using SeccompAgent agent = new();
        foreach (string flag in Words(Features["linux"]!["seccomp"]!["supportedFlags"]!))
        {
            using Container container = Container.Script("grep ^Seccomp: /proc/1/status", config => config["linux"]!["seccomp"] =
                JsonNode.Parse($$"""
                {"defaultAction": "SCMP_ACT_ALLOW", "flags": ["{{flag}}"], "listenerPath": "{{agent.Path}}",
                 "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}
                """));
            container.Run().ShouldEndWith(0).Out.Should().Be("Seccomp:\t2\n", "{0} is supported", flag);
        }
    }

    [Fact]
    [Proves("features-linux-mountextensions-01")]
    public void The_mappings_of_a_mount_are_applied()
    {
        Features["linux"]!["mountExtensions"]!["idmap"]!["enabled"]!.GetValue<bool>().Should().BeTrue();
        using Container container = Container.Script("stat -c %u:%g /mnt/file", config => config["mounts"]!.AsArray().Add(JsonNode.Parse("""
            {"destination": "/mnt", "source": "mapped", "type": "bind", "options": ["bind"],
             "uidMappings": [{"containerID": 0, "hostID": 5000, "size": 100}], "gidMappings": [{"containerID": 0, "hostID": 6000, "size": 100}]}
            """)), ownRoot: true);
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(container.Bundle, "mapped")).FullName, "file");
        File.WriteAllText(file, "");
        Command.Run("chown", "7:8", file).ShouldEndWith(0);
        container.Run().ShouldEndWith(0).Out.Should().Be("5007:6008\n");
    }
}
