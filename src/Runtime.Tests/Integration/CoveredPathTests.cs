using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Masked and read-only paths count from the container's root, whatever the host has at the same place.</summary>
public sealed class CoveredPathTests
{
    [Fact]
    [Proves("config-linux-masked-01")]
    public void A_masked_path_is_the_containers()
    {
        using Container container = Container.Script("cat /secret; ls -A /secrets; cat /plain", config =>
            config["linux"]!["maskedPaths"] = new JsonArray("/secret", "/secrets", "/nowhere"), ownRoot: true);
        Directory.CreateDirectory(Path.Combine(container.Root, "secrets"));
        foreach (string file in (string[])["secret", "secrets/one", "plain"]) File.WriteAllText(Path.Combine(container.Root, file), file);
        container.Run().ShouldEndWith(0).Out.Should().Be("plain");
        File.ReadAllText(Path.Combine(container.Root, "secret")).Should().Be("secret");
    }

    [Fact]
    [Proves("config-linux-readonlypaths-01")]
    public void A_read_only_path_is_the_containers()
    {
        using Container container = Container.Script("for f in /kept/file /free/file; do (echo x >$f) 2>/dev/null && echo $f; done; true", config =>
        {
            config["root"]!["readonly"] = false;
            config["linux"]!["readonlyPaths"] = new JsonArray("/kept", "/nowhere");
        }, ownRoot: true);
        foreach (string name in (string[])["kept", "free"]) Directory.CreateDirectory(Path.Combine(container.Root, name));
        container.Run().ShouldEndWith(0).Out.Should().Be("/free/file\n");
    }
}
