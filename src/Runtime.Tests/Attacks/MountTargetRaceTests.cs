using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// A directory above a mount's target becomes a symbolic link while the container is created (CVE-2021-30465, CVE-2024-45310). The
/// field fell for it because the path was checked first and used again by name, by which time it led to the host: mounts landed
/// there, directories and files were made there, its content was copied. The rule: a path in the root is resolved once, by openat2(2)
/// with RESOLVE_IN_ROOT, and all that is done is done to that descriptor.
/// </summary>
[BeyondTheSpec("attacks on the way to a mount's target")]
public sealed class MountTargetRaceTests
{
    private static readonly string[] Places = ["directory", "copied", "masked", "work"];

    private static JsonObject Mount(string destination, string type, string source, params string[] options) => new JsonObject
    {
        ["destination"] = destination,
        ["type"] = type,
        ["source"] = source,
        ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]),
    };

    /// <summary>A container that does in /vol/a all that takes a path, and shows what it then has there.</summary>
    private static Container AllInOnePlace()
    {
        Container container = Container.Script("cat /vol/*/*/secret /vol/*/file ./secret 2>/dev/null; true", config =>
        {
            JsonArray mounts = config["mounts"]!.AsArray();
            mounts.Add(Mount("/vol/a/directory", "bind", "source", "rbind", "ro"));
            mounts.Add(Mount("/vol/a/file", "bind", "source/own", "bind", "ro"));
            mounts.Add(Mount("/vol/a/copied", "tmpfs", "tmpfs", "tmpcopyup"));
            mounts.Add(Mount("/vol/a/new/place", "tmpfs", "tmpfs"));
            config["linux"]!["devices"] = JsonNode.Parse("""[{"path": "/vol/a/device", "type": "c", "major": 1, "minor": 3}]""");
            config["linux"]!["maskedPaths"]!.AsArray().Add("/vol/a/masked");
            config["linux"]!["readonlyPaths"]!.AsArray().Add("/vol/a/masked");
            config["process"]!["cwd"] = "/vol/a/work";
        }, ownRoot: true);
        Directory.CreateDirectory(Path.Combine(container.Bundle, "source"));
        File.WriteAllText(Path.Combine(container.Bundle, "source", "own"), "own\n");
        foreach (string place in Places) Directory.CreateDirectory(Path.Combine(container.Root, "vol/a", place));
        return container;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Nothing_of_the_host_is_reached_by_a_link_that_comes_and_goes(int link)
    {
        using HostVictim victim = new(Places);
        using Container container = AllInOnePlace();
        string directory = Path.Combine(container.Root, "vol/a"), other = Path.Combine(container.Root, "vol/b");
        File.CreateSymbolicLink(other, victim.Links.ElementAt(link));
        Rounds rounds;
        using (Swap swap = new(directory, other))
        {
            rounds = Rounds.Run(container);
            swap.Count.Should().BeGreaterThan(Rounds.Count * 10, "many exchanges must fall into each round");
        }

        victim.ShouldBeUntouched();
        rounds.Out.Should().NotContain(HostVictim.Secret);
        rounds.Codes.Keys.Should().BeSubsetOf([0, 1]);
        rounds.Codes.Should().ContainKey(0, "{0}", rounds.Error);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void The_race_is_won_against_a_program_that_looks_first()
    {
        using HostVictim victim = new(Places);
        using Container container = AllInOnePlace();
        string directory = Path.Combine(container.Root, "vol/a"), other = Path.Combine(container.Root, "vol/b");
        File.CreateSymbolicLink(other, victim.Path);
        using Swap swap = new(directory, other);
        Command.Shell("""
            i=0
            while [ "$i" -lt 5000 ] && ! [ -e "$2/made" ]; do
                i=$((i + 1))
                [ -L "$1" ] || mkdir "$1/made" 2>/dev/null
            done
            """, directory, victim.Path).ShouldEndWith(0);
        Directory.Exists(Path.Combine(victim.Path, "made")).Should().BeTrue();
    }
}
