using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// Hooks run with the host's privileges. Where they get the container's environment, an image says what their dynamic linker loads
/// (CVE-2025-23266). The rule: a hook has its own environment and nothing else, runs where the host says, and inherits no descriptor.
/// </summary>
[BeyondTheSpec("attacks on hooks")]
public sealed class HookEnvironmentTests
{
    public static TheoryData<string> Hooks => ["prestart", "createRuntime", "createContainer", "poststart", "poststop"];

    [Theory]
    [MemberData(nameof(Hooks))]
    public void A_hook_gets_nothing_of_the_containers_nor_of_the_callers(string hook)
    {
        using Container container = Container.Script("true", config =>
        {
            config["process"]!["env"] = new JsonArray("PATH=/bin", "LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/evil", "GCONV_PATH=/evil");
            config["process"]!["cwd"] = "/root";
        });
        string seen = Path.Combine(container.Bundle, "seen");
        container.Change(config => config["hooks"] = new JsonObject
        {
            [hook] = new JsonArray(new JsonObject
            {
                ["path"] = "/bin/sh",
                ["args"] = new JsonArray("sh", "-c", $"{{ tr '\\0' '\\n' </proc/self/environ; readlink /proc/self/cwd; ls /proc/self/fd; }} >{seen}"),
                ["env"] = new JsonArray("OWN=1"),
            }),
        });
        Command.Shell("LD_AUDIT=/evil.so CALLERS=1 exec \"$1\" --root \"$2\" run -b \"$3\" \"$4\" 7</", Repository.Binary,
            container.StateRoot, container.Bundle, container.Id).ShouldEndWith(0);
        string[] lines = File.ReadAllText(seen).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].Should().Be("OWN=1");
        lines[1].Should().BeOneOf([container.Bundle, Environment.CurrentDirectory], "it is the bundle, or where the caller is");
        lines.Skip(2).Should().BeSubsetOf(["0", "1", "2", "3"], "ls has the directory open that it shows");
    }
}
