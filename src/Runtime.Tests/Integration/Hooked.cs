using System.Text.Json.Nodes;

namespace Rt.Tests.Integration;

/// <summary>
/// Containers with hooks. Every hook finds the bundle in its working directory, so that it can leave files for the test there:
/// those that run in the container have it bound to /tmp, and a poststop hook reads the path from its stdin.
/// </summary>
internal static class Hooked
{
    public static readonly string[] Kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    public static readonly string[] OfRuntime = ["prestart", "createRuntime", "poststart", "poststop"];

    /// <summary>Those whose failure is an error.</summary>
    public static readonly string[] Fatal = Kinds[..^1];

    /// <summary>A container that runs a shell script in its /tmp, which is the bundle.</summary>
    public static Container Script(string program, Action<JsonNode> change, bool ownRoot = false) => Container.Script(program, config =>
    {
        config["process"]!["cwd"] = "/tmp";
        config["mounts"]!.AsArray().Add(
            JsonNode.Parse("""{"destination": "/tmp", "type": "bind", "source": ".", "options": ["bind"]}"""));
        config["hooks"] = new JsonObject();
        change(config);
    }, ownRoot);

    /// <summary>A container with one hook of each kind, which runs a script.</summary>
    public static Container OfEveryKind(string program, Func<string, string> script, int? timeout = null, bool ownRoot = false) =>
        Script(program, config => Array.ForEach(Kinds, kind => config.Hook(kind, script(kind), timeout)), ownRoot);

    /// <summary>Adds a hook that runs a script.</summary>
    public static void Hook(this JsonNode config, string kind, string script, int? timeout = null)
    {
        if (kind == "poststop") script = $"cd \"$(sed 's/.*\"bundle\":\"//; s/\".*//')\"; {script}";
        JsonObject hook = new() { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", script) };
        if (timeout != null) hook["timeout"] = timeout;
        config.Hook(kind, hook);
    }

    public static void Hook(this JsonNode config, string kind, JsonNode hook)
    {
        JsonObject hooks = config["hooks"]!.AsObject();
        if (!hooks.ContainsKey(kind)) hooks[kind] = new JsonArray();
        hooks[kind]!.AsArray().Add(hook);
    }

    /// <summary>What a hook or the program has left in the bundle, without the last line's end; "" if nothing.</summary>
    public static string Left(this Container container, string file)
    {
        string path = Path.Combine(container.Bundle, file);
        return File.Exists(path) ? File.ReadAllText(path).TrimEnd('\n') : "";
    }

    /// <summary>Also an empty one, or one of empty lines.</summary>
    public static void ShouldSoonLeaveFile(this Container container, string file) =>
        SpinWait.SpinUntil(() => File.Exists(Path.Combine(container.Bundle, file)), Command.Patience).Should().BeTrue("{0} should be there", file);

    public static void ShouldSoonLeave(this Container container, string file) =>
        SpinWait.SpinUntil(() => container.Left(file).Length > 0, Command.Patience).Should().BeTrue("{0} should be there", file);
}
