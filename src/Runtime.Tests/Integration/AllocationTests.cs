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

    [Theory]
    [MemberData(nameof(Bundles))]
    public void The_child_allocates_nothing(string name, Action<JsonNode> change)
    {
        using Container container = Container.Script("true", change);
        foreach (string[] command in (string[][])[["run"], ["create"]])
            container.Rt(["--debug", .. command, "--bundle", container.Bundle, container.Id]).ShouldEndWith(0)
                .Error.Should().MatchRegex("is ready: [1-9]\\d+ steps, 0 bytes allocated on the heap between fork and execve", name);
    }
}
