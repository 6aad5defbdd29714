using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// Nothing of the host, of rt or of who called it is in a container that did not ask for it, as the kernel tells inside: by whatever
/// way a process got there, with and without a user namespace, and however careless the caller was.
/// </summary>
[BeyondTheSpec("what is left of the host inside a container")]
public sealed class HygieneTests
{
    /// <summary>A caller with open descriptors, ignored signals, groups, a variable, an umask and a priority of his own.</summary>
    private const string CarelessCaller = """
        trap '' HUP PIPE USR1 TERM; umask 0; exec 3</ 4</etc/passwd 8</sys/fs/cgroup
        CALLERS=1 exec setpriv --groups 5,6 --inh-caps=+sys_admin,+chown "$@"
        """;

    private const string Look = """
        cat /proc/$$/status; echo ==fd; ls /proc/self/fd; ls /proc/self/fdinfo; echo ==environ; tr '\0' '\n' </proc/self/environ
        echo ==mounts; cat /proc/self/mountinfo; echo ==stat; cat /proc/$$/stat; echo ==keyring; /bin/session-keyring; echo ==links
        readlink /proc/$$/cwd; readlink /proc/$$/root; echo ==personality; cat /proc/self/personality
        """;

    private static readonly string[] Environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"];

    public static TheoryData<string, bool> Ways
    {
        get
        {
            TheoryData<string, bool> ways = [];
            foreach (string way in (string[])["run", "create", "exec"])
                foreach (bool user in (bool[])[false, true])
                    ways.Add(way, user);
            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Nothing_of_the_host_is_inside(string way, bool user)
    {
        using Container container = Container.Script(way == "exec" ? "sleep 100" : Look, config =>
        {
            if (user) UserNamespaceTests.User(config);
        }, ownRoot: true);
        File.Copy(Tools.SessionKeyring, Path.Combine(container.Root, "bin/session-keyring"));
        Dictionary<string, string[]> seen = Parts(Enter(container, way));

        string status = string.Join('\n', seen[""]);
        foreach (string set in (string[])["SigBlk", "SigPnd", "ShdPnd", "CapInh", "CapAmb"]) Field(set).Should().Be(new string('0', 16), set);
        Field("SigIgn").Should().Be("0000000000000004", "the shell itself ignores SIGQUIT");
        foreach (string set in (string[])["CapPrm", "CapEff", "CapBnd"]) Field(set).Should().Be("0000000020000420", set); // as rt spec has them
        Field("Groups").Should().BeEmpty();
        Field("NoNewPrivs").Should().Be("1");
        Field("TracerPid").Should().Be("0");
        Field("PPid").Should().Be("0");
        Field("Umask").Should().Be("0022");

        seen["fd"].Should().BeSubsetOf(["0", "1", "2", "3"], "ls has the directory open that it shows");
        seen["environ"].Where(one => !one.StartsWith("HOME=", StringComparison.Ordinal)).Should().BeEquivalentTo(Environment);
        seen["links"].Should().Equal("/", "/");
        seen["personality"].Should().Equal("00000000");

        // Mount points are the configuration's, and what is masked and read-only.
        string[] allowed = [.. new[] { "mounts", "linux/maskedPaths", "linux/readonlyPaths" }.SelectMany(list => Paths(container.Config, list)), "/"];
        string[] devices = user ? [.. ((string[])["null", "zero", "full", "random", "urandom", "tty"]).Select(name => "/dev/" + name)] : [];
        seen["mounts"].Select(line => line.Split(' ')[4]).Should().BeSubsetOf([.. allowed, .. devices]);
        seen["mounts"].Should().OnlyContain(line => !line.Contains(" shared:") && !line.Contains(" master:"), "no mount is tied to the host's");

        string[] stat = seen["stat"][0][(seen["stat"][0].LastIndexOf(')') + 2)..].Split(' ');
        stat[3].Should().NotBe("0", "its session began inside");
        seen["keyring"].Single().Should().EndWith(";_ses." + container.Id);

        string Field(string name) => Regex.Match(status, $"^{name}:[ \t]*(.*?)[ \t]*$", RegexOptions.Multiline).Groups[1].Value;
    }

    private static string Enter(Container container, string way)
    {
        if (way == "exec")
        {
            container.Run("--detach").ShouldEndWith(0);
            return Carelessly(container, "exec", container.Id, "sh", "-c", Look).ShouldEndWith(0).Out;
        }

        if (way == "run") return Carelessly(container, "run", "--bundle", container.Bundle, container.Id).ShouldEndWith(0).Out;
        string output = Path.Combine(container.Bundle, "output");
        Command.Shell("out=$1; shift; exec \"$@\" >\"$out\" 2>&1", [output, "sh", "-c", CarelessCaller, "sh", Repository.Binary, "--root",
            container.StateRoot, "create", "--bundle", container.Bundle, container.Id]).ShouldEndWith(0);
        Carelessly(container, "start", container.Id).ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(0);
        return File.ReadAllText(output);
    }

    private static Result Carelessly(Container container, params string[] arguments) =>
        Command.Shell(CarelessCaller, [Repository.Binary, "--root", container.StateRoot, .. arguments]);

    /// <summary>What the script printed, by the heading before it.</summary>
    private static Dictionary<string, string[]> Parts(string output) => ("==\n" + output).Split("==")[1..]
        .Select(part => part.Split('\n', StringSplitOptions.RemoveEmptyEntries) is var lines && part.StartsWith('\n') ? ("", lines) : (lines[0], lines[1..]))
        .ToDictionary(part => part.Item1, part => part.Item2);

    private static IEnumerable<string> Paths(JsonNode config, string list) =>
        list.Split('/').Aggregate(config, (node, name) => node[name]!).AsArray().Select(one => one is JsonObject mount ? $"{mount["destination"]}" : $"{one}");
}
