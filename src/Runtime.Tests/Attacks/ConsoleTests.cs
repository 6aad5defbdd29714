using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// A link takes the place of /dev/console, /dev/ptmx or /dev/pts while the container's terminal is made (CVE-2025-52565): the field bound
/// the terminal by name, and so over a file of /proc that the container could then write to. The rule: terminal and console come from
/// descriptors (TIOCGPTPEER), of which links have no part.
/// </summary>
[BeyondTheSpec("attacks on the container's terminal")]
public sealed class ConsoleTests
{
    private const string Show = "(echo x >/proc/sys/kernel/core_pattern) 2>&1; cat /proc/sys/kernel/core_pattern | head -c 20; tty";

    /// <param name="mount">Whether /dev is a new tmpfs, or the image's own directory.</param>
    private static Container WithTerminal(bool mount) => Container.Script(Show, config =>
    {
        config["process"]!["terminal"] = true;
        JsonArray mounts = config["mounts"]!.AsArray();
        if (!mount) mounts.Remove(mounts.First(one => one!["destination"]!.GetValue<string>() == "/dev"));
    }, ownRoot: true);

    private static void Judge(int code, string output, string error)
    {
        if (code != 0) error.Should().StartWith("rt: ");
        else output.Should().Contain("Read-only file system").And.MatchRegex("/0\r?\n$", "it has a terminal");
    }

    [Theory]
    [InlineData("console", "/proc/sys/kernel/core_pattern")]
    [InlineData("console", "../proc/sys/kernel/core_pattern")]
    [InlineData("ptmx", "/proc/sys/kernel/core_pattern")]
    [InlineData("pts", "/proc/sys/kernel")]
    [InlineData("tty", "/proc/sys/kernel/core_pattern")]
    public void A_link_in_the_image_is_not_followed(string name, string target)
    {
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        foreach (bool mount in (bool[])[true, false])
        {
            using Container container = WithTerminal(mount);
            string place = Path.Combine(container.Root, "dev", name);
            Command.Run("rm", "-rf", place).ShouldEndWith(0);
            File.CreateSymbolicLink(place, target);
            Result result = container.Run();
            Judge(result.Code, result.Out, result.Error);
            File.ReadAllText("/proc/sys/kernel/core_pattern").Should().Be(pattern);
            container.ShouldHaveLeftNothing();
        }
    }

    [Theory]
    [InlineData("console")]
    [InlineData("pts")]
    public void A_link_that_comes_and_goes_is_not_followed(string name)
    {
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        using Container container = WithTerminal(mount: false);
        string place = Path.Combine(container.Root, "dev", name), other = Path.Combine(container.Root, "dev/other");
        if (name == "pts") Directory.CreateDirectory(place);
        else File.WriteAllText(place, "");
        File.CreateSymbolicLink(other, name == "pts" ? "/proc/sys/kernel" : "/proc/sys/kernel/core_pattern");
        Rounds rounds;
        using (new Swap(place, other)) rounds = Rounds.Run(container);
        rounds.Codes.Keys.Should().BeSubsetOf([0, 1]);
        rounds.Codes.Should().ContainKey(0, "{0}", rounds.Error);
        rounds.Out.Should().Contain("Read-only file system").And.Contain(pattern[..Math.Min(pattern.Length, 20)].Trim());
        File.ReadAllText("/proc/sys/kernel/core_pattern").Should().Be(pattern);
        container.ShouldHaveLeftNothing();
    }
}
