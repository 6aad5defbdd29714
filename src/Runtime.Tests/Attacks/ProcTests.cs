using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// An image, or a volume, takes the place of /proc or /sys, so that what the runtime writes there lands elsewhere, or so that masks do
/// (CVE-2019-16884, CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-52881). The field fell for it by going to /proc by its name.
/// The rules: /proc and /sys are mounted on directories, never through a link; sysctls are written by way of the procfs that rt itself
/// has mounted, without links and without crossing mounts; labels by way of the host's, which must be a procfs.
/// </summary>
[BeyondTheSpec("attacks by what takes the place of /proc and /sys")]
public sealed class ProcTests
{
    private const string Show = "cat /proc/sys/kernel/msgmax; head -c 3 /proc/version; (echo 1 >/proc/sys/kernel/msgmax) 2>&1; cat /proc/keys";
    private static readonly string[] Names = ["self/attr", "sys/kernel", "bus"];

    private static Container WithSysctl(Action<JsonNode>? change = null) => Container.Script(Show, config =>
    {
        config["linux"]!["sysctl"] = JsonNode.Parse("""{"kernel.msgmax": "77777"}""");
        change?.Invoke(config);
    }, ownRoot: true);

    [Theory]
    [InlineData("proc", 0)]
    [InlineData("proc", 1)]
    [InlineData("sys", 0)]
    [InlineData("sys", 1)]
    [InlineData("proc", -1)]
    [InlineData("sys", -1)]
    public void A_link_in_their_place_is_refused(string place, int link)
    {
        using HostVictim victim = new(Names);
        using Container container = WithSysctl();
        Directory.Move(Path.Combine(container.Root, place), Path.Combine(container.Root, "elsewhere"));
        string target = link < 0 ? "elsewhere" : victim.Links.ElementAt(link);
        File.CreateSymbolicLink(Path.Combine(container.Root, place), target);
        container.Run().ShouldFailWith($"filesystem \"{(place == "sys" ? "sysfs" : "proc")}\" must be mounted on ordinary directory");
        victim.ShouldBeUntouched();
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData("bind")]
    [InlineData("tmpfs")]
    public void A_volume_over_proc_gets_no_sysctl(string type)
    {
        using HostVictim victim = new(Names);
        using Container container = WithSysctl(config => config["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/proc",
            ["type"] = type,
            ["source"] = type == "bind" ? victim.Path : "tmpfs",
            ["options"] = new JsonArray(type == "bind" ? "rbind" : "mode=755"),
        }));
        container.Run().Out.Should().NotContain("77777", "there is no procfs in sight that would have it");
        victim.ShouldBeUntouched();
        container.ShouldHaveLeftNothing();
    }

    /// <summary>Parts of /proc by a volume: a sysctl would be written into it, or into the file that it links to.</summary>
    [Theory]
    [InlineData("/proc/sys/kernel")]
    [InlineData("/proc/sys/kernel/msgmax")]
    [InlineData("/proc/self/attr")]
    public void A_volume_in_proc_gets_nothing_written(string destination)
    {
        using HostVictim victim = new(Names);
        bool isFile = destination.EndsWith("msgmax", StringComparison.Ordinal);
        using Container container = WithSysctl(config => config["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = destination,
            ["type"] = "bind",
            ["source"] = isFile ? victim.Path + "/file" : victim.Path + "/sys/kernel",
            ["options"] = new JsonArray("rbind"),
        }));
        Result result = container.Run();
        if (result.Error.StartsWith("rt: ", StringComparison.Ordinal)) result.IsOneLine.Should().BeTrue("{0}", result.Error);
        victim.ShouldBeUntouched();
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_proc_that_becomes_a_link_is_mounted_masked_or_refused()
    {
        using HostVictim victim = new(Names);
        using Container container = WithSysctl();
        string proc = Path.Combine(container.Root, "proc"), other = Path.Combine(container.Root, "corp");
        File.CreateSymbolicLink(other, victim.Path);
        Rounds rounds;
        using (new Swap(proc, other)) rounds = Rounds.Run(container);
        victim.ShouldBeUntouched();
        rounds.Out.Should().NotContain(HostVictim.Secret);
        rounds.Codes.Keys.Should().BeSubsetOf([0, 1]);
        rounds.Codes.Should().ContainKey(0, "{0}", rounds.Error);
        // The name may stand for the link again when the program looks; whatever is procfs is masked then.
        foreach (string line in rounds.Out.Split('\n'))
            if (line.Contains("create", StringComparison.Ordinal))
                line.Should().MatchRegex("Read-only file system|nonexistent directory|Permission denied");
    }
}
