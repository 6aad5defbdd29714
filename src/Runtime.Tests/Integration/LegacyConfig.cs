using System.Text.Json.Nodes;

namespace Rt.Tests.Integration;

/// <summary>Changes to a configuration that several tests of cgroup v1 make.</summary>
internal static class LegacyConfig
{
    public static void Limit(JsonNode config, string resource, string value) =>
        config["linux"]!["resources"]![resource] = JsonNode.Parse(value);

    public static void ShareProcesses(JsonNode config) => Remove(config, "pid");

    public static void Remove(JsonNode config, string type)
    {
        JsonArray namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.RemoveAt(namespaces.ToList().FindIndex(one => one!["type"]!.GetValue<string>() == type));
    }
}
