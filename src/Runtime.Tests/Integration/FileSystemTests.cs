using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>The container's mounts, devices, masked and read-only paths.</summary>
public sealed class FileSystemTests : IDisposable
{
    private readonly string host = Directory.CreateTempSubdirectory("rt-test-").FullName;

    public void Dispose() => Directory.Delete(host, recursive: true);

    private static Action<JsonNode> With(string mount) => config => config["mounts"]!.AsArray().Add(JsonNode.Parse(mount));

    private static string Inside(string script, Action<JsonNode>? change = null, bool ownRoot = false)
    {
        using Container container = Container.Script(script, change, ownRoot);
        string output = container.Run().ShouldEndWith(0).Out;
        container.ShouldHaveLeftNothing();
        return output.TrimEnd('\n');
    }

    [Fact]
    [Proves("config-linux-filesystems-01", "config-linux-filesystems-02", "config-linux-filesystems-03", "config-linux-filesystems-04")]
    public void The_default_mounts_have_their_options()
    {
        string mounts = Inside("cat /proc/mounts");
        mounts.Should().Contain("proc /proc proc rw,relatime")
            .And.Contain("tmpfs /dev tmpfs rw,nosuid,size=65536k,mode=755")
            .And.Contain("devpts /dev/pts devpts rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666")
            .And.Contain("shm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=65536k")
            .And.Contain("mqueue /dev/mqueue mqueue rw,nosuid,nodev,noexec,relatime")
            .And.Contain("sysfs /sys sysfs ro,nosuid,nodev,noexec,relatime")
            .And.Contain("cgroup /sys/fs/cgroup cgroup2 ro,nosuid,nodev,noexec,relatime");
    }

    [Fact]
    public void A_read_only_root_can_not_be_written() => Inside("touch /x 2>&1 || true").Should().Contain("Read-only file system");

    [Fact]
    public void A_writable_root_can()
    {
        using Container container = Container.Script("echo hello >/x", config => config["root"]!["readonly"] = false, ownRoot: true);
        container.Run().ShouldEndWith(0);
        File.ReadAllText(Path.Combine(container.Root, "x")).Should().Be("hello\n");
    }

    [Fact]
    public void A_directory_of_the_host_is_bound_with_missing_mount_points_made()
    {
        File.WriteAllText(Path.Combine(host, "file"), "from the host");
        Inside("cat /deep/down/here/file",
            With($$"""{"destination": "/deep/down/here", "source": "{{host}}", "options": ["rbind", "ro"]}"""), ownRoot: true)
            .Should().Be("from the host");
    }

    [Fact]
    public void A_file_of_the_host_is_bound()
    {
        string file = Path.Combine(host, "file");
        File.WriteAllText(file, "nameserver");
        Inside("cat /etc/new; echo x 2>/dev/null >/etc/new || echo refused",
            With($$"""{"destination": "/etc/new", "type": "bind", "source": "{{file}}", "options": ["bind", "ro"]}"""), ownRoot: true)
            .Should().Be("nameserverrefused");
    }

    [Theory]
    [InlineData("/etc/passwd", "/tmp")]
    [InlineData("/tmp", "/etc/new")]
    public void A_directory_and_a_file_can_t_be_mounted_on_one_another(string source, string destination)
    {
        using Container container = Container.Script("true",
            With($$"""{"destination": "{{destination}}", "type": "bind", "source": "{{source}}", "options": ["bind"]}"""), ownRoot: true);
        Directory.CreateDirectory(Path.Combine(container.Root, "etc"));
        File.WriteAllText(Path.Combine(container.Root, "etc/new"), "");
        container.Run().ShouldFailWith($"bind mount {source} on {destination}: not a directory");
    }

    [Fact]
    public void A_relative_source_starts_from_the_bundle() =>
        Inside("ls /mnt/config.json",
            With("""{"destination": "/mnt", "type": "bind", "source": ".", "options": ["bind"]}"""), ownRoot: true)
            .Should().Be("/mnt/config.json");

    [Theory]
    [InlineData("ro,nosuid,nodev,noexec,noatime", "ro,nosuid,nodev,noexec,noatime")]
    [InlineData("nodiratime", "rw,nodiratime,relatime")]
    [InlineData("strictatime", "rw")]
    [InlineData("nosymfollow", "rw,nosymfollow,relatime")]
    public void A_bind_mount_takes_its_flags(string options, string seen)
    {
        string list = string.Join(',', options.Split(',').Select(option => $"\"{option}\""));
        Inside("grep ' /mnt ' /proc/self/mountinfo | cut -d' ' -f6",
            With($$"""{"destination": "/mnt", "type": "bind", "source": "{{host}}", "options": ["bind", {{list}}]}"""), ownRoot: true)
            .Split(',').Should().Contain(seen.Split(',').Where(flag => flag is not "relatime"));
    }

    [Fact]
    public void A_recursive_read_only_bind_covers_what_is_mounted_below()
    {
        string below = Directory.CreateDirectory(Path.Combine(host, "below")).FullName;
        Command.Run("mount", "-t", "tmpfs", "none", below).ShouldEndWith(0);
        try
        {
            Inside("touch /mnt/below/x 2>&1 || true",
                With($$"""{"destination": "/mnt", "source": "{{host}}", "type": "bind", "options": ["rbind", "rro"]}"""), ownRoot: true)
                .Should().Contain("Read-only file system");
        }
        finally
        {
            Command.Run("umount", below);
        }
    }

    [Theory]
    [InlineData("rshared", "shared:")]
    [InlineData("rprivate", " - ")]
    [InlineData("unbindable", "unbindable")]
    public void A_mount_takes_its_propagation(string propagation, string seen) =>
        Inside("grep ' /mnt ' /proc/self/mountinfo",
            With($$"""{"destination": "/mnt", "type": "tmpfs", "source": "t", "options": ["{{propagation}}"]}"""), ownRoot: true)
            .Should().Contain(seen);

    [Fact]
    public void The_root_takes_its_propagation() =>
        Inside("grep ' / / ' /proc/self/mountinfo || head -1 /proc/self/mountinfo",
            config => config["linux"]!["rootfsPropagation"] = "shared")
            .Should().Contain("shared:");

    [Fact]
    public void A_tmpfs_takes_size_and_mode() =>
        Inside("stat -c %a /mnt; df -k /mnt | tail -1 | awk '{print $2}'",
            With("""{"destination": "/mnt", "type": "tmpfs", "source": "t", "options": ["mode=1750", "size=1m"]}"""), ownRoot: true)
            .Should().Be("1750\n1024");

    [Fact]
    public void A_tmpfs_without_mode_takes_over_that_of_its_directory() =>
        Inside("stat -c %a /tmp", With("""{"destination": "/tmp", "type": "tmpfs", "source": "t"}""")).Should().Be("1777");

    [Fact]
    public void A_tmpfs_on_a_directory_made_for_it_is_everyones() =>
        Inside("stat -c %a /scratch", With("""{"destination": "/scratch", "type": "tmpfs", "source": "t"}"""), ownRoot: true)
            .Should().Be("1777");

    [Fact]
    public void On_kernels_without_mount_setattr_the_old_remount_serves()
    {
        using Container container = Container.Script(
            "awk '$5 ~ \"^(/mnt|/proc/bus|/)$\" && $6 ~ /^ro/' /proc/self/mountinfo | wc -l; touch /mnt/x 2>&1; true",
            With($$"""{"destination": "/mnt", "type": "bind", "source": "{{host}}", "options": ["bind", "ro", "rprivate"]}"""),
            ownRoot: true);
        Command.Run("strace", "-f", "-o", "/dev/null", "-e", "inject=mount_setattr:error=ENOSYS",
            Repository.Binary, "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id)
            .ShouldEndWith(0).Out.Should().StartWith("3\n").And.Contain("Read-only file system");
    }

    [Fact]
    public void An_overlay_of_many_layers_is_mounted()
    {
        string[] layers = [.. Enumerable.Range(0, 12).Select(i => Directory.CreateDirectory(Path.Combine(host, "a-layer-of-an-overlay-" + i)).FullName)];
        File.WriteAllText(Path.Combine(layers[11], "file"), "from the last layer");
        string options = "lowerdir=" + string.Join(':', layers);
        options.Length.Should().BeGreaterThan(255);
        Inside("cat /mnt/file; touch /mnt/x 2>&1; grep -c ' /mnt .*nosuid' /proc/self/mountinfo",
            With($$"""{"destination": "/mnt", "type": "overlay", "source": "overlay", "options": ["nosuid", "ro", "{{options}}", "rprivate"]}"""),
            ownRoot: true).Should().StartWith("from the last layer").And.Contain("Read-only file system").And.EndWith("1");
    }

    [Fact]
    public void A_writable_mount_over_a_read_only_tmpfs_stays_writable() => Inside("touch /mnt/x && echo written", config =>
    {
        With("""{"destination": "/mnt", "type": "tmpfs", "source": "t", "options": ["ro"]}""")(config);
        With($$"""{"destination": "/mnt", "type": "bind", "source": "{{host}}", "options": ["bind"]}""")(config);
    }, ownRoot: true).Should().Be("written");

    [Fact]
    public void A_read_only_tmpfs_still_gets_mount_points() => Inside("ls -d /mnt/a; touch /mnt/x 2>&1 || true", config =>
    {
        With("""{"destination": "/mnt", "type": "tmpfs", "source": "t", "options": ["ro"]}""")(config);
        With("""{"destination": "/mnt/a", "type": "tmpfs", "source": "t"}""")(config);
    }, ownRoot: true).Should().StartWith("/mnt/a").And.Contain("Read-only file system");

    [Fact]
    public void A_symlink_in_the_root_leads_a_mount_nowhere_else_than_into_the_root()
    {
        using Container container = Container.Script("ls -d /etc/inside",
            With("""{"destination": "/link/inside", "type": "tmpfs", "source": "t"}"""), ownRoot: true);
        string target = Path.Combine(host, "outside");
        Directory.CreateDirectory(target);
        File.CreateSymbolicLink(Path.Combine(container.Root, "link"), "../../../../../../../../etc");
        container.Run().ShouldEndWith(0).Out.Should().Be("/etc/inside\n");
        Directory.Exists("/etc/inside").Should().BeFalse();
    }

    [Theory]
    [InlineData("etc/resolv.conf", "../run/systemd/resolve/stub.conf", "/run/systemd/resolve/stub.conf")]
    [InlineData("etc/resolv.conf", "/run/new/resolv.conf", "/run/new/resolv.conf")]
    [InlineData("etc/resolv.conf", "../../../../../../../tmp/rt-test-outside/resolv.conf", "/tmp/rt-test-outside/resolv.conf")]
    public void A_symlink_to_nothing_has_its_target_made_inside_the_root(string link, string target, string made)
    {
        string file = Path.Combine(host, "file");
        File.WriteAllText(file, "nameserver");
        using Container container = Container.Script($"cat /{link}; ls {made}",
            With($$"""{"destination": "/{{link}}", "type": "bind", "source": "{{file}}", "options": ["bind"]}"""), ownRoot: true);
        File.CreateSymbolicLink(Path.Combine(container.Root, link), target);
        container.Run().ShouldEndWith(0).Out.Should().Be($"nameserver{made}\n");
        Directory.Exists("/tmp/rt-test-outside").Should().BeFalse();
    }

    [Fact]
    public void A_symlink_to_itself_ends_in_an_error()
    {
        using Container container = Container.Script("true", With("""{"destination": "/loop/x", "type": "tmpfs", "source": "t"}"""), ownRoot: true);
        File.CreateSymbolicLink(Path.Combine(container.Root, "loop"), "loop");
        container.Run().ShouldFailWith("too many levels of symbolic links");
    }

    [Fact]
    [Proves("config-linux-defaultdevices-01")]
    public void Default_devices_are_there_and_work() =>
        Inside("head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; echo x >/dev/null; echo x >/dev/full || echo full; "
            + "stat -c '%t:%T %a' /dev/tty; for l in ptmx fd stdin; do readlink /dev/$l; done")
            .Should().Be("4\n4\nfull\n5:0 666\npts/ptmx\n/proc/self/fd\n/proc/self/fd/0");

    [Fact]
    public void Configured_devices_are_made_with_number_mode_and_owner() => Inside(
        "stat -c '%F %t:%T %a %u:%g' /dev/my/null /dev/fifo", config =>
        config["linux"]!["devices"] = JsonNode.Parse("""
            [{"type": "c", "path": "/dev/my/null", "major": 1, "minor": 3, "fileMode": 432, "uid": 5, "gid": 6},
             {"type": "p", "path": "/dev/fifo", "fileMode": 384}]
            """)).Should().Be("character special file 1:3 660 5:6\nfifo 0:0 600 0:0");

    [Fact]
    public void Devices_that_the_rules_do_not_allow_can_not_be_opened() => Inside("cat /dev/none 2>&1; true", config =>
        config["linux"]!["devices"] = JsonNode.Parse("""[{"type": "c", "path": "/dev/none", "major": 240, "minor": 77}]"""))
        .Should().Contain("Operation not permitted");

    [Fact]
    public void Devices_that_the_rules_allow_can_as_far_as_the_kernel_has_them() => Inside("cat /dev/none 2>&1; true", config =>
    {
        config["linux"]!["devices"] = JsonNode.Parse("""[{"type": "c", "path": "/dev/none", "major": 240, "minor": 77}]""");
        config["linux"]!["resources"]!["devices"]!.AsArray().Add(
            JsonNode.Parse("""{"allow": true, "type": "c", "major": 240, "minor": 77, "access": "r"}"""));
    }).Should().Contain("No such device or address");

    [Fact]
    public void Masked_paths_show_nothing() =>
        Inside("cat /proc/keys /proc/timer_list | wc -c; ls /sys/firmware | wc -l").Should().Be("0\n0");

    [Fact]
    public void Masks_reach_a_proc_that_is_mounted_over_the_first() => Inside("cat /proc/keys | wc -c", config =>
        config["mounts"]!.AsArray().Insert(1, JsonNode.Parse("""{"destination": "/proc", "type": "bind", "source": "/proc", "options": ["rbind"]}""")))
        .Should().Be("0");

    [Fact]
    public void Read_only_paths_can_not_be_written() =>
        Inside("(echo 1 >/proc/sys/net/ipv4/ip_forward) 2>&1; true").Should().Contain("Read-only file system");

    [Fact]
    public void Nothing_of_the_host_is_reachable_above_the_root() =>
        Inside("cd /; cd ..; ls -d rootfs config.json 2>/dev/null; grep -c ' /home \\| /srv ' /proc/self/mountinfo; true").Should().Be("0");

    [Fact]
    public void Without_pivot_root_the_root_is_entered_all_the_same()
    {
        using Container container = Container.Script("ls -d /bin/busybox; ls -d /srv 2>/dev/null; hostname");
        container.Run("--no-pivot").ShouldEndWith(0).Out.Should().Be("/bin/busybox\nrunc\n");
    }
}
