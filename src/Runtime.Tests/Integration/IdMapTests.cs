using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Mounts that show other owners than the files have.</summary>
public sealed class IdMapTests : IDisposable
{
    private const string Mappings =
        """ "uidMappings": [{"containerID": 0, "hostID": 4000, "size": 2000}], "gidMappings": [{"containerID": 0, "hostID": 6000, "size": 2000}], """;

    private readonly string host = Directory.CreateTempSubdirectory("rt-test-").FullName;

    /// <summary>A directory with files of three owners, and one that is bound over a directory in it.</summary>
    public IdMapTests() => Command.Shell("""
        cd $1 && mkdir -p tree/below other && touch tree/root tree/user tree/beyond other/root && chown 1000:1001 tree/user &&
        chown 50000:50000 tree/beyond && mount --bind other tree/below
        """, host).ShouldEndWith(0);

    public void Dispose()
    {
        Command.Run("umount", Path.Combine(host, "tree/below"));
        Directory.Delete(host, recursive: true);
    }

    private string Tree => Path.Combine(host, "tree");

    private string Inside(string script, string options, string mappings = "", Action<JsonNode>? change = null, string? source = null)
    {
        using Container container = Container.Script(script, config =>
        {
            config["mounts"]!.AsArray().Add(JsonNode.Parse(
                $$"""{"destination": "/tmp", "type": "bind", "source": "{{source ?? Tree}}", {{mappings}} "options": [{{options}}]}"""));
            change?.Invoke(config);
        });
        string output = container.Run().ShouldEndWith(0).Out;
        container.ShouldHaveLeftNothing();
        OwnersOnDisk().Should().StartWith("0:0 1000:1001 50000:50000 0:0", "nothing on the disk may be changed");
        return string.Join(' ', output.TrimEnd('\n').Split('\n'));
    }

    private string OwnersOnDisk() => string.Join(' ', Command.Shell(
        "cd $1; stat -c %u:%g root user beyond below/root; test ! -e new || stat -c %u:%g new", Tree).Out.TrimEnd().Split('\n'));

    private const string Look = "cd /tmp; stat -c %u:%g root user beyond below/root";

    [Theory]
    [InlineData("\"rbind\", \"idmap\"", "4000:6000 5000:7001 65534:65534 0:0")]
    [InlineData("\"rbind\"", "4000:6000 5000:7001 65534:65534 0:0")]
    [InlineData("\"rbind\", \"ridmap\"", "4000:6000 5000:7001 65534:65534 4000:6000")]
    [Proves("config-options-57", "config-options-58", "config-options-59", "config-options-60", "config-options-61", "config-options-64",
        "config-linux-mappings-04")]
    public void Its_own_mappings_say_what_owners_appear(string options, string owners) =>
        Inside(Look, options, Mappings).Should().Be(owners);

    [Fact]
    [Proves("config-options-59", "config-options-64")]
    public void What_is_made_there_belongs_to_the_mapped_owner_on_disk()
    {
        Inside("touch /tmp/new; stat -c %u:%g /tmp/new", "\"bind\", \"idmap\"", Mappings,
            config => config["process"]!["user"] = JsonNode.Parse("""{"uid": 4000, "gid": 6000}""")).Should().Be("4000:6000");
        OwnersOnDisk().Should().EndWith(" 0:0");
    }

    [Theory]
    [InlineData("\"rbind\", \"idmap\"", "", "0:0 1000:1001 50000:50000 65534:65534")]
    [InlineData("\"rbind\", \"ridmap\"", "", "0:0 1000:1001 50000:50000 0:0")]
    [InlineData("\"rbind\"", "", "65534:65534 65534:65534 65534:65534 65534:65534")]
    [Proves("config-options-57", "config-options-58", "config-options-59", "config-options-60")]
    public void Without_any_those_of_the_containers_user_namespace_do(string options, string mappings, string owners)
    {
        Inside(Look, options, mappings, config => UserNamespaceTests.User(config)).Should().Be(owners);
        using NamespaceHolder holder = new("user");
        Inside(Look, options, mappings, config => config["linux"]!["namespaces"]!.AsArray().Add(
            new JsonObject { ["type"] = "user", ["path"] = holder.Path("user") })).Should().Be(owners);
    }

    [Fact]
    [Proves("config-options-62")]
    public void Its_own_mappings_win_over_those_of_the_containers_user_namespace() => Inside(Look, "\"rbind\", \"ridmap\"",
        Mappings.Replace("4000", "100007").Replace("6000", "100011"), config => UserNamespaceTests.User(config))
        .Should().Be("7:11 1007:1012 65534:65534 7:11");

    [Fact]
    [Proves("config-options-59")]
    public void Files_made_by_the_root_of_a_user_namespace_are_roots_on_disk()
    {
        Inside("touch /tmp/new; stat -c %u:%g /tmp/new", "\"bind\", \"idmap\", \"nosuid\", \"rw\"", "", config => UserNamespaceTests.User(config))
            .Should().Be("0:0");
        OwnersOnDisk().Should().EndWith(" 0:0");
    }

    [Theory]
    [InlineData("idmap")]
    [InlineData("ridmap")]
    [Proves("config-options-63")]
    public void Without_any_mapping_it_is_an_error(string word) =>
        Refused($$"""{"destination": "/tmp", "type": "bind", "source": "/tmp", "options": ["rbind", "{{word}}"]}""",
            "mounts[7].options[1]: needs uidMappings and gidMappings, or a user namespace");

    [Fact]
    public void A_file_system_that_can_not_map_ids_is_told() =>
        Refused($$"""{"destination": "/tmp", "type": "bind", "source": "/proc/sys", {{Mappings}} "options": ["bind", "idmap"]}""",
            "mounts[7]: map the ids of /proc/sys: its file system, or one below it, does not support idmapped mounts");

    [Fact]
    public void A_missing_source_is_named() =>
        Refused($$"""{"destination": "/tmp", "type": "bind", "source": "/no/source", {{Mappings}} "options": ["bind", "idmap"]}""",
            "mounts[7].source: open /no/source: no such file or directory");

    private static void Refused(string mount, string words)
    {
        using Container container = new(config => config["mounts"]!.AsArray().Add(JsonNode.Parse(mount)));
        foreach (Result result in (Result[])[container.Create(), container.Run()]) result.ShouldFailWith(words);
        container.ShouldHaveLeftNothing();
    }
}
