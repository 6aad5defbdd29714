using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rt.Doctor.Engines;

/// <summary>Docker's daemon.json with rt as a runtime: what is there already stays (dockerd(8), "DAEMON CONFIGURATION FILE").</summary>
internal static class DockerConfiguration
{
    private const string CgroupDriver = "native.cgroupdriver=";

    public static string Text(EngineHost host)
    {
        string path = host.IsOrdinaryUser ? $"{host.ConfigurationHome}/docker/daemon.json" : "/etc/docker/daemon.json";
        string? there = host.Read(path);
        JsonObject merged = Merge(there, path, host);
        string restart = host.IsOrdinaryUser ? "systemctl --user restart docker" : "systemctl restart docker";
        string kept = merged["default-runtime"] is { } other && other.ToString() != EngineHost.Runtime
            ? $"# Containers get the runtime {other}, as before; those of docker run --runtime {EngineHost.Runtime} get rt.\n" : "";
        if (Driver(merged) == "systemd" && !host.SystemdCgroup)
            kept += $"# {CgroupDriver}systemd, which is kept, does not work here (rt doctor says why): {CgroupDriver}cgroupfs does.\n";
        return $"""
            # For {path}{(there == null ? "" : ", with what is there already")}: all but the lines that begin with #.
            # To make it take effect: {restart}
            # To check: docker info --format '{"{{.DefaultRuntime}} {{.CgroupDriver}}"}'

            """ + kept + Indented(merged);
    }

    /// <exception cref="RtException">What is there is no such file; the message names the file and the place in it.</exception>
    internal static JsonObject Merge(string? there, string path, EngineHost host)
    {
        JsonObject configuration = Parse(there, path);
        JsonObject runtimes = Member(configuration, "runtimes", () => new JsonObject(), "an object", path);
        runtimes[EngineHost.Runtime] = new JsonObject { ["path"] = host.Binary };
        if (configuration["default-runtime"] == null) configuration["default-runtime"] = EngineHost.Runtime;
        JsonArray options = Member(configuration, "exec-opts", () => new JsonArray(), "an array", path);
        if (Driver(configuration) == null)
            options.Add((JsonNode)(CgroupDriver + (host.SystemdCgroup ? "systemd" : "cgroupfs")));
        return configuration;
    }

    /// <summary>Who makes cgroups, if the file says so.</summary>
    private static string? Driver(JsonObject configuration) => configuration["exec-opts"]?.AsArray()
        .Select(option => option?.ToString() ?? "").FirstOrDefault(option => option.StartsWith(CgroupDriver, StringComparison.Ordinal))?[CgroupDriver.Length..];

    private static JsonObject Parse(string? text, string path)
    {
        if (string.IsNullOrWhiteSpace(text)) return [];
        try
        {
            JsonObject? all = JsonNode.Parse(text) as JsonObject;
            _ = all?.Count; // looks at the names, which may not be there twice
            return all ?? throw new RtException($"{path}: expected an object");
        }
        catch (JsonException e)
        {
            throw new RtException($"{path}: invalid JSON at line {(e.LineNumber ?? 0) + 1}, column {(e.BytePositionInLine ?? 0) + 1}");
        }
        catch (ArgumentException)
        {
            throw new RtException($"{path}: an object has the same name twice");
        }
    }

    /// <summary>A member, which is made if it is not there.</summary>
    private static T Member<T>(JsonObject parent, string name, Func<T> make, string kind, string path) where T : JsonNode
    {
        if (parent[name] is null) parent[name] = make();
        return parent[name] as T ?? throw new RtException($"{path}: {name}: expected {kind}");
    }

    private static string Indented(JsonObject configuration)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream,
            new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            configuration.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
