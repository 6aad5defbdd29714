using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What an ordinary user's containers find at the places for which root would mount a file system or make a node.</summary>
[BeyondTheSpec("mounts that the kernel refuses in a user namespace")]
public sealed class RootlessMountTests : IDisposable
{
    private readonly OrdinaryUser user = new();

    public void Dispose() => user.Dispose();

    private static JsonNode Mount(JsonNode config, string destination) =>
        config["mounts"]!.AsArray().Single(mount => mount!["destination"]!.GetValue<string>() == destination)!;

    private static void MountSysfs(JsonNode config)
    {
        JsonNode sys = Mount(config, "/sys");
        sys["type"] = "sysfs";
        sys["source"] = "sysfs";
        sys["options"] = new JsonArray("nosuid", "noexec", "nodev", "ro");
    }

    private static JsonObject Namespace(string type) => new JsonObject { ["type"] = type };

    private static void Without(JsonNode config, string type)
    {
        JsonArray namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.Remove(namespaces.Single(one => one!["type"]!.GetValue<string>() == type));
    }

    /// <summary>A sysfs shows a network namespace, and that is the host's.</summary>
    [Fact]
    public void A_sysfs_with_the_hosts_network_is_the_hosts_bound_and_read_only_all_over()
    {
        user.Prepare("ls /sys/class/net; awk '$2 ~ \"^/sys\" && $4 !~ \"^ro\"' /proc/mounts; touch /sys/kernel/x 2>&1 | grep -c Read-only", MountSysfs);
        string[] own = [.. Directory.GetDirectories("/sys/class/net").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        user.RunBundle().ShouldEndWith(0).Out.Should().Be(string.Join('\n', own) + "\n1\n");
    }

    [Fact]
    public void With_a_network_of_his_own_it_is_mounted()
    {
        user.Prepare("ls /sys/class/net; grep -c '^sysfs /sys sysfs ro,' /proc/mounts; ip addr show lo | grep -c 127.0.0.1", config =>
        {
            MountSysfs(config);
            config["linux"]!["namespaces"]!.AsArray().Add(Namespace("network"));
        });
        user.RunBundle().ShouldEndWith(0).Out.Should().Be("lo\n1\n1\n");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_cgroups_are_read_only_with_and_without_a_namespace_of_their_own(bool own)
    {
        user.Prepare("grep -c '^[^ ]* /sys/fs/cgroup cgroup2 ro,' /proc/mounts; mkdir /sys/fs/cgroup/x 2>&1 | grep -c Read-only; test -e /sys/fs/cgroup/cgroup.procs",
            config =>
            {
                if (!own) Without(config, "cgroup");
            });
        user.RunBundle().ShouldEndWith(0).Out.Should().MatchRegex("^1\n1\n$");
    }

    [Fact]
    public void Device_nodes_are_the_hosts_bound()
    {
        user.Prepare("for d in null zero full random urandom tty; do stat -c %t:%T /dev/$d; done; head -c 3 /dev/zero | wc -c; stat -c %F /dev/fifo",
            config => config["linux"]!["devices"] = JsonNode.Parse("""[{"path": "/dev/fifo", "type": "p"}]"""));
        user.RunBundle().ShouldEndWith(0).Out.Should().Be("1:3\n1:5\n1:7\n1:8\n1:9\n5:0\n3\nfifo\n");
    }
}
