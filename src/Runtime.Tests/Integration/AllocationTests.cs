using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>
/// Between fork and execve the child may not touch the GC heap, whose other threads are gone. It counts what it allocated and
/// tells when it is ready; the steps after that are the gate, the filter and execve itself.
/// </summary>
[BeyondTheSpec("about the heap of a forked child")]
public sealed class AllocationTests
{
    public static TheoryData<string, Action<JsonNode>> Bundles => new()
    {
        { "default", _ => { } },
        { "much", config =>
            {
                config["process"]!["user"] = JsonNode.Parse("""{"uid": 1000, "gid": 1000, "additionalGids": [5, 6, 7]}""");
                config["process"]!["oomScoreAdj"] = 600;
                config["process"]!["noNewPrivileges"] = false;
                config["domainname"] = "domain";
                config["linux"]!["rootfsPropagation"] = "rshared";
                config["linux"]!["sysctl"] = JsonNode.Parse("""{"kernel.msgmax": "65536"}""");
                config["linux"]!["devices"] = JsonNode.Parse("""[{"type": "c", "path": "/dev/a/b/c", "major": 1, "minor": 3, "uid": 3}]""");
                config["linux"]!["seccomp"] = JsonNode.Parse(
                    """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["reboot"], "action": "SCMP_ACT_ERRNO"}]}""");
                config["mounts"]!.AsArray().Add(JsonNode.Parse(
                    """{"destination": "/tmp", "type": "tmpfs", "source": "t", "options": ["ro", "rslave"]}"""));
                config["mounts"]!.AsArray().Add(JsonNode.Parse(
                    """{"destination": "/tmp/etc/x", "type": "bind", "source": "/etc/passwd", "options": ["bind", "ro", "rnosuid"]}"""));
            }
        },
        { "scheduling", config =>
            {
                config["process"]!["scheduler"] = JsonNode.Parse("""{"policy": "SCHED_BATCH", "nice": 1}""");
                config["process"]!["ioPriority"] = JsonNode.Parse("""{"class": "IOPRIO_CLASS_BE", "priority": 5}""");
                config["linux"]!["personality"] = JsonNode.Parse("""{"domain": "LINUX"}""");
                if (NumaTheoryAttribute.HasNuma)
                    config["linux"]!["memoryPolicy"] = JsonNode.Parse("""{"mode": "MPOL_PREFERRED", "nodes": "0"}""");
            }
        },
        { "hooks", config => config["hooks"] = JsonNode.Parse("""
            {"createContainer": [{"path": "/bin/true"}, {"path": "/bin/sh", "args": ["sh", "-c", "echo"], "env": ["A=1"], "timeout": 5}],
             "startContainer": [{"path": "/bin/true"}, {"path": "/bin/sh", "args": ["sh", "-c", "echo"], "env": ["A=1"], "timeout": 5}]}
            """)
        },
        { "user namespace", config => Much(config, joined: null) },
        { "time offsets and copies", config =>
            {
                config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "time"}"""));
                config["linux"]!["timeOffsets"] = JsonNode.Parse("""{"monotonic": {"secs": 1}, "boottime": {"secs": 2}}""");
                Add(config, """{"destination": "/etc", "type": "tmpfs", "source": "t", "options": ["tmpcopyup", "silent"]}""");
                Add(config, """{"destination": "/bin", "type": "tmpfs", "source": "t", "options": ["tmpcopyup", "mode=755"]}""");
                Add(config, """{"destination": "/etc", "type": "tmpfs", "options": ["remount", "size=1m", "ro"]}""");
                Add(config, """{"destination": "/proc", "type": "bind", "options": ["bind", "remount", "nosuid"]}""");
            }
        },
    };

    [Fact]
    public void The_child_allocates_nothing_for_a_terminal()
    {
        using ConsoleServer server = new();
        using Container container = Container.Script("true", config =>
        {
            config["process"]!["terminal"] = true;
            config["process"]!["consoleSize"] = JsonNode.Parse("""{"height": 25, "width": 80}""");
        });
        container.Rt("--debug", "create", "--console-socket", server.Path, "--bundle", container.Bundle, container.Id).ShouldEndWith(0)
            .Error.Should().MatchRegex("is ready: [1-9]\\d+ steps, 0 bytes allocated on the heap between fork and execve");
    }

    private static void Add(JsonNode config, string mount) => config["mounts"]!.AsArray().Add(JsonNode.Parse(mount));

    /// <summary>A user namespace with all that is done otherwise in one, and, if it is joined, an init that another process forks.</summary>
    private static void Much(JsonNode config, NamespaceHolder? joined)
    {
        if (joined == null) UserNamespaceTests.User(config);
        else
        {
            foreach (string type in (string[])["user", "time"])
                config["linux"]!["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = type, ["path"] = joined.Path(type) });
            config["linux"]!["namespaces"]![1]!["path"] = joined.Path("network");
        }

        config["process"]!["user"] = JsonNode.Parse("""{"uid": 1000, "gid": 1000, "additionalGids": [5, 6]}""");
        config["process"]!["oomScoreAdj"] = 600;
        config["linux"]!["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_forward": "1"}""");
        config["linux"]!["devices"] = JsonNode.Parse("""[{"type": "p", "path": "/dev/a/b/c", "uid": 3}]""");
        config["mounts"]![6]!["options"] = new JsonArray("nosuid");
        Add(config, """{"destination": "/tmp", "type": "tmpfs", "source": "t", "options": ["ro", "rslave", "tmpcopyup"]}""");
        Add(config, """{"destination": "/tmp/etc/x", "type": "bind", "source": "/etc", "options": ["rbind", "ridmap", "ro", "rnosuid"]}""");
        Add(config, """{"destination": "/tmp/etc/x", "type": "bind", "options": ["bind", "remount", "noexec"]}""");
    }

    [Theory]
    [MemberData(nameof(Bundles))]
    public void The_child_allocates_nothing(string name, Action<JsonNode> change)
    {
        using Container container = Container.Script("true", change);
        ShouldAllocateNothing(container, name);
    }

    [Fact]
    public void Nor_does_one_that_joins_namespaces_before_it_is_forked()
    {
        using NamespaceHolder holder = new("user network time");
        using Container container = Container.Script("true", config => Much(config, holder));
        ShouldAllocateNothing(container, "joined");
    }

    private static void ShouldAllocateNothing(Container container, string name)
    {
        foreach (string[] command in (string[][])[["run"], ["create"]])
            container.Rt(["--debug", .. command, "--bundle", container.Bundle, container.Id]).ShouldEndWith(0)
                .Error.Should().MatchRegex("is ready: [1-9]\\d+ steps, 0 bytes allocated on the heap between fork and execve", name);
    }
}
