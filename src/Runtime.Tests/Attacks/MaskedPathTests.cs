using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// Files are masked by binding /dev/null over them. The field took the container's own, which an image or a second container can
/// replace by a link to what it wants to write to (CVE-2025-31133). The rule: it is the host's, opened before the fork and known to be
/// that device; and a path that can't be masked is an error, but for one that is not there.
/// </summary>
[BeyondTheSpec("attacks on masked and read-only paths")]
public sealed class MaskedPathTests
{
    private const string Look = """
        stat -c '%F %t:%T' /hidden; cat /hidden; (echo written >/hidden) 2>/dev/null; ls /hiddendir; (echo x >/proc/sys/kernel/msgmax) 2>&1; cat /proc/keys
        """;

    private static Container Masking() => Container.Script(Look, config =>
    {
        JsonArray mounts = config["mounts"]!.AsArray();
        foreach (JsonNode? one in mounts.ToArray())
            if (one!["destination"]!.GetValue<string>().StartsWith("/dev", StringComparison.Ordinal))
                mounts.Remove(one);
        foreach (string path in (string[])["/hidden", "/hiddendir"]) config["linux"]!["maskedPaths"]!.AsArray().Add(path);
    }, ownRoot: true);

    private static void Fill(Container container)
    {
        File.WriteAllText(Path.Combine(container.Root, "hidden"), HostVictim.Secret);
        Directory.CreateDirectory(Path.Combine(container.Root, "hiddendir/inner"));
    }

    private const string Masked = "character special file 1:3\nsh: can't create /proc/sys/kernel/msgmax: Read-only file system\n";

    [Theory]
    [InlineData("/proc/sys/kernel/core_pattern")]
    [InlineData("/proc/sysrq-trigger")]
    [InlineData("victim")]
    [InlineData("directory")]
    [InlineData("nothing")]
    public void The_null_device_of_the_image_is_not_used(string target)
    {
        using HostVictim victim = new("pts");
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        using Container container = Masking();
        Fill(container);
        string nullDevice = Path.Combine(container.Root, "dev/null");
        File.Delete(nullDevice);
        if (target == "directory") Directory.CreateDirectory(nullDevice);
        else if (target != "nothing") File.CreateSymbolicLink(nullDevice, target == "victim" ? victim.Path + "/file" : target);
        Result result = container.Run();
        if (result.Code != 0) result.IsOneLine.Should().BeTrue("{0}", result.Error);
        else result.Out.Should().Be(Masked);
        victim.ShouldBeUntouched();
        File.ReadAllText("/proc/sys/kernel/core_pattern").Should().Be(pattern);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Nor_one_that_is_exchanged_meanwhile()
    {
        using HostVictim victim = new("pts");
        using Container container = Masking();
        Fill(container);
        string nullDevice = Path.Combine(container.Root, "dev/null"), other = Path.Combine(container.Root, "dev/other");
        File.Delete(nullDevice);
        Command.Run("mknod", nullDevice, "c", "1", "3").ShouldEndWith(0);
        File.CreateSymbolicLink(other, victim.Path + "/file");
        Rounds rounds;
        using (new Swap(nullDevice, other)) rounds = Rounds.Run(container);
        victim.ShouldBeUntouched();
        rounds.Codes.Keys.Should().BeSubsetOf([0, 1]);
        rounds.Codes.Should().ContainKey(0, "{0}", rounds.Error);
        rounds.Out.Should().NotContain(HostVictim.Secret);
        string[] shown = [.. Masked.Split('\n'), "sh: can't create /dev/null: nonexistent directory"]; // the shell's, by its link
        rounds.Out.Split('\n').Should().BeSubsetOf(shown);
    }
}
