using System.Text.Json.Nodes;

namespace Rt.Tests.Integration;

/// <summary>tmpcopyup: a tmpfs that begins with what it covers.</summary>
[Matrix.BeyondTheSpec("the specification has the option, but demands nothing of it")]
public sealed class CopyUpTests
{
    private const string Make = """
        mkdir -p data/nested/deep data/empty data/many && cd data &&
        echo content >file && chmod 640 file && chown 5:6 file && echo x >setuid && chmod 4755 setuid && : >zero &&
        head -c 300000 /dev/urandom >large && ln -s nested/deep rel && ln -s /etc/passwd abs && ln -s nowhere dangling && chown -h 7:8 abs &&
        echo y >nested/deep/er && chmod 2755 nested && chown 9:10 nested && chmod 1777 empty && mkfifo -m 600 fifo &&
        for i in $(seq 10 40); do : >many/$(printf %0200d $i); done && chmod 711 . && chown 3:4 .
        """;

    /// <summary>Everything about every file, in the container's busybox.</summary>
    private const string Look = """
        cd /data; find . | sort | while read f; do stat -c '%n %F %a %u:%g' $f; readlink $f; if [ -f $f ]; then md5sum <$f; fi; done
        """;

    private static Container With(string options, string script, bool user = false) => Filled(Container.Script(script, config =>
    {
        if (user) UserNamespaceTests.User(config);
        foreach (string set in (string[])["bounding", "effective", "permitted"])
            config["process"]!["capabilities"]![set] = new JsonArray("CAP_DAC_OVERRIDE");
        config["mounts"]!.AsArray().Add(JsonNode.Parse(
            $$"""{"destination": "/data", "type": "tmpfs", "source": "t", "options": ["tmpcopyup", {{options}}]}"""));
    }, ownRoot: true));

    private static Container Filled(Container container)
    {
        Command.Shell("cd $1 && " + Make, container.Root).ShouldEndWith(0);
        return container;
    }

    private static string OnHost(Container container) => Command.Run("chroot", container.Root, "sh", "-c", Look).ShouldEndWith(0).Out;

    [Theory]
    [InlineData("\"nosuid\"")]
    [InlineData("\"iversion\"")] // by way of the old mount call
    [InlineData("\"ro\"")]
    public void All_of_it_is_there_with_owners_and_modes(string options) => With(options, Look).Use(container =>
    {
        string before = OnHost(container);
        before.Should().Contain("./setuid regular file 4755").And.Contain("./abs symbolic link 777 7:8\n/etc/passwd").And.Contain("0040 regular empty file");
        container.Run().ShouldEndWith(0).Out.Should().Be(before);
        OnHost(container).Should().Be(before);
        container.ShouldHaveLeftNothing();
    });

    [Fact]
    public void What_is_changed_there_is_not_changed_in_the_root() =>
        With("\"nosuid\"", "cd /data && echo more >>zero && rm -r nested file && : >new && ls new").Use(container =>
        {
            string before = OnHost(container);
            container.Run().ShouldEndWith(0).Out.Should().Be("new\n");
            OnHost(container).Should().Be(before);
        });

    [Fact]
    public void A_mode_of_the_options_holds_for_the_directory_itself() =>
        With("\"mode=1700\", \"uid=77\"", "stat -c '%a %u:%g' /data /data/nested").Use(container =>
            container.Run().ShouldEndWith(0).Out.Should().Be("1700 77:0\n2755 9:10\n"));

    [Fact]
    public void A_directory_that_is_not_there_yet_is_empty() => Container.Script("ls -A /tmp/new", config =>
    {
        config["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination": "/tmp", "type": "tmpfs", "source": "t"}"""));
        config["mounts"]!.AsArray().Add(JsonNode.Parse(
            """{"destination": "/tmp/new", "type": "tmpfs", "source": "t", "options": ["tmpcopyup"]}"""));
    }).Use(container => container.Run().ShouldEndWith(0).Out.Should().BeEmpty());

    [Fact]
    public void In_a_user_namespace_owners_are_as_they_appear_there_and_devices_are_left_out() =>
        With("\"nosuid\"", "stat -c '%n %a %u:%g' /data/mapped /data/nested; cat /data/mapped; ls /data", user: true).Use(container =>
        {
            Command.Shell("cd $1/data && chmod -R a+rX . && echo z >mapped && chown 100005:100006 mapped && mknod device c 1 3",
                container.Root).ShouldEndWith(0);
            string output = container.Run().ShouldEndWith(0).Out;
            output.Should().StartWith("/data/mapped 644 5:6\n/data/nested 2755 65534:65534\nz\n").And.NotContain("device");
        });

    [Fact]
    public void Owners_that_a_user_namespace_can_not_name_become_its_root()
    {
        using Container container = With("\"nosuid\"", "stat -c '%n %u:%g' /data/file /data/nested", user: true);
        Command.Shell("cd $1/data && chmod -R a+rX .", container.Root).ShouldEndWith(0);
        string file = Path.Combine(container.Bundle, "config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(file))!;
        foreach (string ids in (string[])["uidMappings", "gidMappings"]) config["linux"]![ids]![0]!["size"] = 100;
        File.WriteAllText(file, config.ToJsonString());
        container.Run().ShouldEndWith(0).Out.Should().Be("/data/file 0:0\n/data/nested 0:0\n");
    }
}
