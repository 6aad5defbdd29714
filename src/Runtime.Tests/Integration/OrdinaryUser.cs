using System.Text.Json.Nodes;
using Rt.Spec;

namespace Rt.Tests.Integration;

/// <summary>
/// Somebody without any privilege, with ids from 300000 on set aside for him, and one bundle of his in a folder that he can
/// read. Whatever he did with it, all of it is gone afterwards.
/// </summary>
public sealed class OrdinaryUser : IDisposable
{
    public const int Id = 65534;

    /// <summary>In a shell as root: what he needs of the host, and then a command as he.</summary>
    private const string Become = """
        echo 0 >"$2/cgroup.procs"
        printf '%s:300000:65536\n' "$0" >"$1/subid"
        for file in /etc/subuid /etc/subgid; do [ -e $file ] && mount --bind "$1/subid" $file; done
        user=$0; shift 2
        exec setpriv --reuid $user --regid $user --clear-groups --inh-caps=-all "$@"
        """;

    public OrdinaryUser()
    {
        using Container container = new();
        Command.Shell("cp -a \"$1\" \"$2/rootfs\"; cp \"$3\" \"$2/rt\"; mkdir \"$2/state\"; chmod a+rx \"$2\"; chown $4 \"$2/state\"",
            container.Config["root"]!["path"]!.GetValue<string>(), Bundle, Repository.Binary, $"{Id}:{Id}").ShouldEndWith(0);
    }

    public string Bundle { get; } = Directory.CreateTempSubdirectory("rt-test-").FullName;

    public string State => Path.Combine(Bundle, "state");

    /// <summary>A copy of rt that he may execute.</summary>
    public string Binary => Path.Combine(Bundle, "rt");

    public int Pid => JsonNode.Parse(Rt("state", "mine").ShouldEndWith(0).Out)!["pid"]!.GetValue<int>();

    public string Status => JsonNode.Parse(Rt("state", "mine").ShouldEndWith(0).Out)!["status"]!.GetValue<string>();

    /// <summary>The configuration of rt spec --rootless, which maps his own id alone, with a script as the program.</summary>
    public void Prepare(string script, Action<JsonNode>? change = null)
    {
        JsonNode config = JsonNode.Parse(DefaultConfig.Json((Id, Id)))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("sh", "-c", script);
        change?.Invoke(config);
        string path = Path.Combine(Bundle, "config.json");
        File.WriteAllText(path, config.ToJsonString());
        Command.Run("chmod", "a+r", path).ShouldEndWith(0);
    }

    public static void Map(JsonNode config, string mapping)
    {
        config["linux"]!["uidMappings"] = JsonNode.Parse(mapping);
        config["linux"]!["gidMappings"] = JsonNode.Parse(mapping);
    }

    /// <summary>His own id and those that are set aside for him.</summary>
    public static void MapAll(JsonNode config) =>
        Map(config, $$"""[{"containerID": 0, "hostID": {{Id}}, "size": 1}, {"containerID": 1, "hostID": 300000, "size": 65536}]""");

    /// <summary>A command that runs another one as he.</summary>
    /// <param name="cgroup">The cgroup to be in.</param>
    public string[] As(string cgroup, params string[] command) =>
        ["unshare", "--mount", "sh", "-c", Become, $"{Id}", Bundle, cgroup, .. command];

    public Result Run(params string[] command) => Command.Run(As("/sys/fs/cgroup", command));

    public string[] RtCommand(params string[] arguments) => As("/sys/fs/cgroup", [Binary, "--root", State, .. arguments]);

    public Result Rt(params string[] arguments) => Command.Run(RtCommand(arguments));

    public Result RtIn(string cgroup, params string[] arguments) => Command.Run(As(cgroup, [Binary, "--root", State, .. arguments]));

    /// <summary>Runs his bundle in the foreground.</summary>
    public Result RunBundle(params string[] options) => Rt(["run", "--bundle", Bundle, .. options, "mine"]);

    public void ShouldHaveLeftNothing() => Directory.GetFileSystemEntries(State).Should().BeEmpty();

    public void Dispose()
    {
        foreach (string container in Directory.GetDirectories(State)) Rt("delete", "--force", Path.GetFileName(container));
        Command.Run("rm", "-rf", Bundle);
    }
}
