using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>linux.devices, where nodes can be made and where they can't.</summary>
public sealed class DeviceTests
{
    private const string Look = "stat -c '%n %F %t:%T %a %u:%g' ";

    private static Container With(string devices, string script, bool user = false, bool ownRoot = false) => Container.Script(script, config =>
    {
        if (user) UserNamespaceTests.User(config);
        if (ownRoot) config["root"]!["readonly"] = false;
        config["linux"]!["devices"] = JsonNode.Parse(devices);
    }, ownRoot);

    [Fact]
    [Proves("config-linux-devices-01", "config-linux-devices-05")]
    public void Devices_of_every_type_are_made_with_number_mode_and_owner_in_dev_and_elsewhere() => With("""
        [{"type": "c", "path": "/dev/deep/down/null", "major": 1, "minor": 3, "fileMode": 416, "uid": 5, "gid": 6},
         {"type": "b", "path": "/dev/block", "major": 259, "minor": 70000},
         {"type": "u", "path": "/new/zero", "major": 1, "minor": 5, "fileMode": 384},
         {"type": "p", "path": "/new/fifo", "fileMode": 444, "uid": 7, "gid": 8},
         {"type": "c", "path": "/dev/null", "major": 1, "minor": 3, "fileMode": 256}]
        """, Look + "/dev/deep/down/null /dev/block /new/zero /new/fifo /dev/null", ownRoot: true).Use(container =>
        {
            container.Run().ShouldEndWith(0).Out.TrimEnd().Split('\n').Should().Equal(
                "/dev/deep/down/null character special file 1:3 640 5:6",
                "/dev/block block special file 103:11170 666 0:0",
                "/new/zero character special file 1:5 600 0:0",
                "/new/fifo fifo 0:0 674 7:8",
                "/dev/null character special file 1:3 400 0:0");
            container.ShouldHaveLeftNothing();
        });

    [Fact]
    [Proves("config-linux-devices-01", "config-linux-devices-05")]
    public void In_a_user_namespace_devices_are_the_hosts() => With("""
        [{"type": "c", "path": "/dev/kmsg", "major": 1, "minor": 11},
         {"type": "u", "path": "/dev/full", "major": 1, "minor": 7},
         {"type": "p", "path": "/dev/my/fifo", "fileMode": 384, "uid": 7, "gid": 8}]
        """, Look + "/dev/kmsg /dev/full /dev/my/fifo; echo x >/dev/full || echo full", user: true).Use(container =>
        {
            string[] lines = container.Run().ShouldEndWith(0).Out.TrimEnd().Split('\n');
            lines[0].Should().StartWith("/dev/kmsg character special file 1:b ");
            lines[1].Should().StartWith("/dev/full character special file 1:7 666 ");
            lines[2].Should().Be("/dev/my/fifo fifo 0:0 600 7:8");
            lines[3].Should().Be("full");
            container.ShouldHaveLeftNothing();
        });

    [Theory]
    [InlineData("/dev/my/null", 3)] // not there on the host
    [InlineData("/dev/zero", 3)] // another device there
    [InlineData("/dev/pts", 3)] // no device at all
    public void In_a_user_namespace_a_device_that_the_host_does_not_have_there_is_an_error(string path, int minor) => With(
        $$"""[{"type": "c", "path": "{{path}}", "major": 1, "minor": {{minor}}}]""", "true", user: true).Use(container =>
        {
            container.Create().ShouldFailWith($"linux.devices[0]: mknod {path}: ");
            container.ShouldHaveLeftNothing();
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Proves("config-linux-devices-04")]
    public void A_file_that_is_not_the_device_is_an_error_and_stays_one_that_is_the_device_will_do(bool user)
    {
        foreach (string what in (string[])["echo content", "mkfifo", "mkdir", "ln -s nowhere", "mknod c 1 5", "mknod c 1 3"])
        {
            using Container container = With("""[{"type": "c", "path": "/thing", "major": 1, "minor": 3}]""", Look + "/thing", user, ownRoot: true);
            string thing = Path.Combine(container.Root, "thing");
            Command.Shell(what switch
            {
                "echo content" => "echo content >$1",
                _ when what.StartsWith("mknod") => "mknod -m 600 $1 " + what[^5..],
                _ => what + " $1",
            }, thing).ShouldEndWith(0);
            string before = Command.Run("stat", "-c", "%i %F %t:%T %a %u:%g %s", thing).Out;
            if (what.EndsWith("c 1 3"))
            {
                container.Run().ShouldEndWith(0).Out.Should().StartWith("/thing character special file 1:3 600 ");
            }
            else
            {
                container.Create().ShouldFailWith("linux.devices[0]: mknod /thing: something else is there already");
                container.ShouldHaveLeftNothing();
            }

            Command.Run("stat", "-c", "%i %F %t:%T %a %u:%g %s", thing).Out.Should().Be(before);
        }
    }
}
