using System.Text;
using System.Text.Json.Nodes;
using Rt.Spec;

namespace Rt.Tests.Unit;

/// <summary>A small configuration that is right in every way, and changes to it.</summary>
internal static class Configs
{
    public const string Good = """
        {
          "ociVersion": "1.3.0",
          "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["sh"],
            "env": ["PATH=/bin"],
            "cwd": "/",
            "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}],
            "oomScoreAdj": 0
          },
          "root": {"path": "rootfs"},
          "hostname": "box",
          "domainname": "test",
          "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
          "linux": {
            "namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}],
            "devices": [{"type": "c", "path": "/dev/fuse", "major": 10, "minor": 229}],
            "resources": {"devices": [{"allow": false, "access": "rwm"}]},
            "maskedPaths": ["/proc/kcore"],
            "readonlyPaths": ["/proc/sys"],
            "sysctl": {}
          }
        }
        """;

    public static Config Read(string json) => ConfigReader.Read(Encoding.UTF8.GetBytes(json));

    /// <summary>The section as it stands in a configuration, on its third line.</summary>
    public static SeccompSection Seccomp(string json) => Read($"{{\"linux\":\n{{\"seccomp\":\n{json}}}}}").Linux.Seccomp!;

    /// <summary>
    /// The good configuration with one value put in at a JSON path such as "process.args[0]"; the value "absent" takes the
    /// property away.
    /// </summary>
    public static string With(string path, string value)
    {
        JsonNode root = JsonNode.Parse(Good)!;
        string[] parts = path.Replace("[", ".[").Split('.');
        JsonNode at = root;
        foreach (string part in parts[..^1]) at = part[0] == '[' ? at[Index(part)]! : at[part]!;

        string last = parts[^1];
        if (value == "absent") at.AsObject().Remove(last);
        else if (last[0] == '[') at[Index(last)] = JsonNode.Parse(value);
        else at[last] = JsonNode.Parse(value);
        return root.ToJsonString();
    }

    private static int Index(string part) => int.Parse(part[1..^1]);
}
