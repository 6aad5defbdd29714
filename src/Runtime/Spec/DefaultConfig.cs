using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rt.Spec;

/// <summary>The configuration that <c>rt spec</c> writes: a shell in a confined container, with the defaults of <c>runc spec</c>.</summary>
internal static class DefaultConfig
{
    private const string Capabilities = """["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]""";

    private const string Template = $$"""
        {
          "ociVersion": "{{BuildInfo.SpecVersion}}",
          "process": {
            "terminal": true,
            "user": {"uid": 0, "gid": 0},
            "args": ["sh"],
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            "cwd": "/",
            "capabilities": {"bounding": {{Capabilities}}, "effective": {{Capabilities}}, "permitted": {{Capabilities}}},
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "noNewPrivileges": true
          },
          "root": {"path": "rootfs", "readonly": true},
          "hostname": "runc",
          "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
             "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
            {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev"]},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
            {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
             "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}
          ],
          "linux": {
            "resources": {"devices": [{"allow": false, "access": "rwm"}]},
            "namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"}],
            "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
              "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
          }
        }
        """;

    /// <summary>Indented with tabs, as runc writes it.</summary>
    /// <param name="rootlessUser">The uid and gid that are to be root inside; null for a container that root starts.</param>
    public static byte[] Json((int Uid, int Gid)? rootlessUser)
    {
        JsonObject config = JsonNode.Parse(Template)!.AsObject();
        if (rootlessUser is var (uid, gid)) MakeRootless(config, uid, gid);

        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream,
            new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1, NewLine = "\n" }))
            config.WriteTo(writer);
        return stream.ToArray();
    }

    /// <summary>What an ordinary user can't have is left out: a network namespace to configure, limits, a sysfs, other ids.</summary>
    private static void MakeRootless(JsonObject config, int uid, int gid)
    {
        JsonObject linux = config["linux"]!.AsObject();
        linux.Remove("resources");
        JsonArray namespaces = linux["namespaces"]!.AsArray();
        Remove(namespaces, one => one["type"]!.GetValue<string>() == "network");
        namespaces.Add(JsonNode.Parse("""{"type": "user"}"""));
        linux["uidMappings"] = Mapping(uid);
        linux["gidMappings"] = Mapping(gid);

        foreach (JsonNode? mount in config["mounts"]!.AsArray())
        {
            JsonObject one = mount!.AsObject();
            if (one["destination"]!.GetValue<string>() == "/sys")
            {
                one["type"] = "none";
                one["source"] = "/sys";
                one["options"]!.AsArray().Insert(0, JsonValue.Create("rbind"));
            }

            if (one["options"] is JsonArray options)
                Remove(options, option => option.GetValue<string>().StartsWith("gid=", StringComparison.Ordinal));
        }
    }

    private static void Remove(JsonArray from, Func<JsonNode, bool> which)
    {
        foreach (JsonNode? one in from.Where(one => which(one!)).ToArray()) from.Remove(one);
    }

    private static JsonNode Mapping(int id) => JsonNode.Parse($$"""[{"containerID": 0, "hostID": {{id}}, "size": 1}]""")!;
}
