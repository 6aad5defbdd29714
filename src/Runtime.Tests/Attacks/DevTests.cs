using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// A root file system whose /dev, or something in it, is a symbolic link (CVE-2026-41579, CVE-2026-47766): the field fell for it by
/// making devices, links and the console there by name, in a directory of the host's. The rule: what is made in /dev is made in the
/// directory that was resolved within the root, and only there.
/// </summary>
[BeyondTheSpec("attacks by what an image has at /dev")]
public sealed class DevTests
{
    private static readonly string[] Names = ["pts", "shm", "mqueue"];

    /// <param name="mount">Whether /dev is a new tmpfs, as engines have it, or the image's own directory.</param>
    private static Container Of(bool mount, bool terminal = false) => Container.Script(
        "cat /dev/secret /dev/*/secret /dev/file 2>/dev/null; for f in null zero tty; do [ -c /dev/$f ] && echo $f; done; true", config =>
    {
        config["process"]!["terminal"] = terminal;
        JsonArray mounts = config["mounts"]!.AsArray();
        foreach (JsonNode? one in mounts.ToArray())
            if (!mount && one!["destination"]!.GetValue<string>().StartsWith("/dev", StringComparison.Ordinal))
                mounts.Remove(one);
        config["linux"]!["devices"] = JsonNode.Parse("""[{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229}]""");
    }, ownRoot: true);

    public static TheoryData<bool, bool, int> Cases
    {
        get
        {
            TheoryData<bool, bool, int> cases = [];
            foreach (bool mount in (bool[])[true, false])
                foreach (bool terminal in (bool[])[true, false])
                    for (int link = 0; link < 2; link++)
                        cases.Add(mount, terminal, link);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_dev_that_is_a_link_leads_nowhere(bool mount, bool terminal, int link)
    {
        using HostVictim victim = new(Names);
        using Container container = Of(mount, terminal);
        Directory.Delete(Path.Combine(container.Root, "dev"), recursive: true);
        File.CreateSymbolicLink(Path.Combine(container.Root, "dev"), victim.Links.ElementAt(link));
        Result result = container.Run();
        victim.ShouldBeUntouched();
        if (result.Code != 0) result.IsOneLine.Should().BeTrue("{0}", result.Error);
        else result.Out.Replace("\r", "").Should().Contain("null\nzero\n").And.NotContain(HostVictim.Secret);
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_dev_that_becomes_a_link_leads_nowhere(bool mount)
    {
        using HostVictim victim = new(Names);
        using Container container = Of(mount);
        string dev = Path.Combine(container.Root, "dev"), other = Path.Combine(container.Root, "ved");
        File.CreateSymbolicLink(other, victim.Path);
        Rounds rounds;
        using (new Swap(dev, other)) rounds = Rounds.Run(container);
        victim.ShouldBeUntouched();
        rounds.Out.Should().NotContain(HostVictim.Secret);
        rounds.Codes.Keys.Should().BeSubsetOf([0, 1]);
        rounds.Codes.Should().ContainKey(0, "{0}", rounds.Error);
        container.ShouldHaveLeftNothing();
    }

    /// <summary>What an image may have where a device, a link or a directory of /dev is to be.</summary>
    [Theory]
    [InlineData("null")]
    [InlineData("ptmx")]
    [InlineData("console")]
    [InlineData("fd")]
    [InlineData("pts")]
    [InlineData("fuse")]
    public void Links_in_the_images_own_dev_are_not_followed(string name)
    {
        using HostVictim victim = new(Names);
        foreach (string target in (string[])[victim.Path + "/file", victim.Path + "/new", victim.Path + "/pts"])
        {
            using Container container = Of(mount: false, terminal: name == "console");
            string place = Path.Combine(container.Root, "dev", name);
            Command.Run("rm", "-rf", place).ShouldEndWith(0);
            File.CreateSymbolicLink(place, target);
            Result result = container.Run();
            victim.ShouldBeUntouched();
            if (result.Code != 0) result.IsOneLine.Should().BeTrue("{0}", result.Error);
            else result.Out.Should().NotContain(HostVictim.Secret);
            container.ShouldHaveLeftNothing();
        }
    }
}
