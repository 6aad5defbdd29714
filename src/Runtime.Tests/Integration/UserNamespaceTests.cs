using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Containers whose root is an ordinary user of the host's.</summary>
public sealed class UserNamespaceTests : IDisposable
{
    private readonly string host = Directory.CreateTempSubdirectory("rt-test-").FullName;

    public void Dispose() => Directory.Delete(host, recursive: true);

    /// <summary>Container ids from <paramref name="first"/> on are the host's from 100000 on.</summary>
    internal static void User(JsonNode config, int first = 0)
    {
        config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "user"}"""));
        foreach (string ids in (string[])["uidMappings", "gidMappings"])
            config["linux"]![ids] = JsonNode.Parse($$"""[{"containerID": {{first}}, "hostID": 100000, "size": 65536}]""");
    }

    private static void Mount(JsonNode config, string mount) => config["mounts"]!.AsArray().Add(JsonNode.Parse(mount));

    private static string Inside(string script, Action<JsonNode>? change = null, bool user = true)
    {
        using Container container = Container.Script(script, config =>
        {
            if (user) User(config);
            change?.Invoke(config);
        });
        string output = container.Run().ShouldEndWith(0).Out;
        container.ShouldHaveLeftNothing();
        return output.TrimEnd('\n');
    }

    /// <summary>Its root belongs to whoever makes the ipc namespace; only then can a mount label be put on it.</summary>
    [Fact]
    [Proves("config-linux-namespaces-07")]
    public void Its_mqueue_is_its_roots() => Inside("stat -c %u:%g /dev/mqueue").Should().Be("0:0");

    private static string OwnerOf(string path) => Command.Run("stat", "-c", "%u:%g", path).ShouldEndWith(0).Out.TrimEnd();

    [Fact]
    [Proves("config-linux-namespaces-07", "config-linux-namespaces-13", "config-linux-mappings-04")]
    public void Its_ids_are_mapped_as_configured_and_files_keep_their_owners()
    {
        Command.Shell("cd $1; touch a b c; chown 0:0 a; chown 100005:200006 b; chown 300001:200000 c; chown 100000 .", host).ShouldEndWith(0);
        Inside("cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g; cd /tmp; stat -c %u:%g a b c; touch new; chown 1002:7 b", config =>
        {
            config["linux"]!["uidMappings"] = JsonNode.Parse(
                """[{"containerID": 0, "hostID": 100000, "size": 1000}, {"containerID": 1000, "hostID": 300000, "size": 64536}]""");
            config["linux"]!["gidMappings"]![0]!["hostID"] = 200000;
            config["process"]!["capabilities"]!["effective"]!.AsArray().Add("CAP_CHOWN");
            config["process"]!["capabilities"]!["permitted"]!.AsArray().Add("CAP_CHOWN");
            config["process"]!["capabilities"]!["bounding"]!.AsArray().Add("CAP_CHOWN");
            Mount(config, $$"""{"destination": "/tmp", "type": "bind", "source": "{{host}}", "options": ["bind"]}""");
        }).Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Should().Equal(
            "0 100000 1000", "1000 300000 64536", "0 200000 65536", "0", "0", "65534:65534", "5:6", "1001:0");

        new[] { "a", "b", "c", "new" }.Select(file => OwnerOf(Path.Combine(host, file)))
            .Should().Equal("0:0", "300002:200007", "300001:200000", "100000:200000");
    }

    [Fact]
    [Proves("config-linux-namespaces-07")]
    public void Its_root_may_in_its_namespaces_what_its_capabilities_allow() => Inside(
        "mount -t tmpfs none /tmp && ip link set lo mtu 1234 && ip link show lo | grep -o 'mtu 1234'; hostname new && hostname; "
            + "grep -E 'CapPrm|CapBnd' /proc/self/status; mount -o remount,rw / 2>/dev/null || echo locked", config =>
        {
            foreach (string set in (string[])["bounding", "effective", "permitted"])
                config["process"]!["capabilities"]![set] = new JsonArray("CAP_SYS_ADMIN", "CAP_NET_ADMIN");
        }).Should().StartWith("mtu 1234\nnew\nCapPrm:\t0000000000201000\nCapBnd:\t0000000000201000");

    [Fact]
    [Proves("config-linux-defaultdevices-01", "config-linux-defaultdevices-03")]
    public void Its_devices_are_there_and_work() => Inside(
        "echo x >/dev/null && head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; head -c 4 /dev/random | wc -c; "
            + "echo x 2>/dev/null >/dev/full || echo full; stat -c '%t:%T' /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty; "
            + "readlink /dev/ptmx; test -c /dev/pts/ptmx && echo there")
        .Should().Be("4\n4\n4\nfull\n1:3\n1:5\n1:7\n1:8\n1:9\n5:0\npts/ptmx\nthere");

    [Fact]
    [Proves("config-linuxprocess-03", "config-posix-05", "config-posix-07", "config-linux-namespaces-06")]
    public void What_takes_the_hosts_privileges_is_set_all_the_same()
    {
        using Container container = Container.Script(
            "cat /proc/self/oom_score_adj; grep -E 'open files|core file' /proc/self/limits; hostname; cat /proc/sys/kernel/domainname "
                + "/proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax; ip -o link show lo | grep -o UP,LOWER_UP",
            config =>
            {
                User(config);
                config["process"]!["oomScoreAdj"] = 500;
                config["process"]!["rlimits"] = JsonNode.Parse("""
                    [{"type": "RLIMIT_NOFILE", "soft": 300, "hard": 2000}, {"type": "RLIMIT_CORE", "soft": 1, "hard": 2}]
                    """);
                config["hostname"] = "inside";
                config["domainname"] = "domain";
                config["linux"]!["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_unprivileged_port_start": "77", "kernel.msgmax": "65536"}""");
            });
        container.Run().ShouldEndWith(0).Out.Should().MatchRegex(
            "^500\nMax core file size +1 +2 .*\nMax open files +300 +2000 .*\ninside\ndomain\n77\n65536\nUP,LOWER_UP\n$");
        container.ShouldHaveLeftNothing();
    }

    [ResourceTheory]
    [InlineData(-500)]
    [Proves("config-linuxprocess-03", "config-posix-07")]
    public void Limits_may_be_raised_and_the_oom_score_lowered(int score)
    {
        using Container container = Container.Script("cat /proc/self/oom_score_adj; grep 'open files' /proc/self/limits", config =>
        {
            User(config);
            config["process"]!["oomScoreAdj"] = score;
            config["process"]!["rlimits"] = JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 300, "hard": 3000}]""");
        });
        Command.Shell("ulimit -n 2000; exec \"$@\"", Repository.Binary, "--root", container.StateRoot, "run", "--bundle", container.Bundle,
            container.Id).ShouldEndWith(0).Out.Should().MatchRegex($"^{score}\nMax open files +300 +3000 .*\n$");
    }

    [Fact]
    [Proves("config-linux-masked-01", "config-linux-readonlypaths-01", "config-linux-namespaces-08", "config-root-04")]
    public void Paths_are_masked_and_read_only_and_its_cgroup_is_the_root_that_it_sees() => Inside(
        "cat /proc/keys /proc/timer_list | wc -c; ls /sys/firmware | wc -l; (echo 1 >/proc/sys/net/ipv4/ip_forward) 2>&1; "
            + "(touch /x) 2>&1; grep ^0: /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs | head -1")
        .Split('\n').Should().SatisfyRespectively(
            line => line.Should().Be("0"), line => line.Should().Be("0"),
            line => line.Should().Contain("Read-only file system"), line => line.Should().Contain("Read-only file system"),
            line => line.Should().Be("0::/"), line => line.Should().Be("1"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_seccomp_filter_is_loaded(bool noNewPrivileges) => Inside("mkdir /tmp/x 2>&1; grep -E 'Seccomp:|NoNew' /proc/self/status", config =>
    {
        config["process"]!["noNewPrivileges"] = noNewPrivileges;
        config["linux"]!["seccomp"] = JsonNode.Parse("""
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
            """);
    }).Should().Contain("not supported").And.EndWith($"NoNewPrivs:\t{(noNewPrivileges ? 1 : 0)}\nSeccomp:\t2");

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [Proves("config-linux-namespaces-07")]
    public void Its_process_is_any_user_that_is_mapped(int first)
    {
        Inside("id -u; id -g; id -G; grep CapEff /proc/self/status; cat /proc/self/uid_map | tr -s ' '", config =>
        {
            User(config, first);
            config["process"]!["user"] = JsonNode.Parse("""{"uid": 1000, "gid": 1001, "additionalGids": [5, 7]}""");
        }, user: false).Should().Be($"1000\n1001\n1001 5 7\nCapEff:\t0000000000000000\n {first} 100000 65536");
    }

    [Theory]
    [InlineData("0 100000 65536", 0)]
    [InlineData("0 100000 65536", 1000)]
    [InlineData("5 100000 65536", 1000)]
    [Proves("config-linux-namespaces-11")]
    public void One_that_is_joined_has_the_ids_that_it_has(string mapping, int uid)
    {
        using NamespaceHolder holder = new("user network", mapping);
        Inside("id -u; id -G; cat /proc/self/uid_map | tr -s ' '; readlink /proc/self/ns/user; echo x >/dev/null && echo works", config =>
        {
            config["linux"]!["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user", ["path"] = holder.Path("user") });
            config["process"]!["user"] = JsonNode.Parse($$"""{"uid": {{uid}}, "gid": {{uid}}, "additionalGids": [7] }""");
        }, user: false).Should().Be($"{uid}\n{uid} 7\n {mapping}\n{holder.Name("user")}\nworks");
    }

    [Fact]
    public void One_without_mappings_can_not_be_joined()
    {
        using NamespaceHolder holder = new("user", "");
        using Container container = new(config =>
            config["linux"]!["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user", ["path"] = holder.Path("user") }));
        container.Create().ShouldFailWith("linux.namespaces[6]: become 0:0 in the user namespace: it maps no such id");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void With_the_hosts_network_it_gets_the_hosts_sysfs() => Inside("ls /sys/class/net; (touch /sys/x) 2>&1; true", config =>
    {
        config["linux"]!["namespaces"]!.AsArray().RemoveAt(1);
    }).Should().Contain("lo").And.Contain("Read-only file system");

    [Fact]
    public void A_bind_mount_may_be_of_what_its_root_can_not_reach()
    {
        string directory = Directory.CreateDirectory(Path.Combine(host, "closed/open")).FullName;
        File.WriteAllText(Path.Combine(directory, "file"), "reached");
        Command.Run("chmod", "700", Path.Combine(host, "closed")).ShouldEndWith(0);
        Inside("cat /tmp/file", config =>
            Mount(config, $$"""{"destination": "/tmp", "type": "bind", "source": "{{directory}}", "options": ["bind", "ro"]}"""))
            .Should().Be("reached");
    }

    [Fact]
    public void Nothing_that_it_mounts_reaches_the_host()
    {
        Command.Shell("mount --bind $1 $1 && mount --make-rshared $1", host).ShouldEndWith(0);
        try
        {
            foreach (bool user in (bool[])[true, false])
            {
                Inside("mkdir /tmp/below; mount -t tmpfs none /tmp/below && touch /tmp/below/seen && ls /tmp/below", config =>
                {
                    foreach (string set in (string[])["bounding", "effective", "permitted"])
                        config["process"]!["capabilities"]![set] = new JsonArray("CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE");
                    Mount(config, $$"""{"destination": "/tmp", "type": "tmpfs", "source": "t"}""");
                    Mount(config, $$"""{"destination": "/tmp/shared", "type": "bind", "source": "{{host}}", "options": ["rbind"]}""");
                }, user).Should().Be("seen");
                File.ReadAllText("/proc/self/mountinfo").Should().NotContain(host + "/below");
            }
        }
        finally
        {
            Command.Run("umount", host);
        }
    }
}
