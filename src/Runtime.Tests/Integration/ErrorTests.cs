using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What goes wrong is told in one line that names the operation, the object and the cause, and leaves nothing behind.</summary>
public sealed class ErrorTests
{
    /// <summary>Both ways of making a container must refuse it in the same words.</summary>
    private static void Refused(Container container, params string[] words)
    {
        using (container)
        {
            foreach (Result result in (Result[])[container.Create(), container.Run()])
            {
                result.ShouldFailWith(words[0]);
                foreach (string word in words) result.Error.Should().Contain(word);
            }

            container.ShouldHaveLeftNothing();
        }
    }

    private static void RefusedWith(Action<JsonNode> change, params string[] words) => Refused(new Container(change), words);

    [Fact]
    public void Bad_json_is_told_with_line_and_column()
    {
        Container container = new();
        File.WriteAllText(Path.Combine(container.Bundle, "config.json"), "{\n  \"ociVersion\": \"1.0.0\",\n  \"root\": }\n");
        Refused(container, "config.json: invalid JSON at line 3, column 11");
    }

    [Fact]
    public void One_that_is_too_large_to_be_held_is_told_so() =>
        RefusedWith(config => config["process"]!["args"] = new JsonArray(new string('x', 8_000_000)), "out of memory: the input is too large");

    [Fact]
    public void A_wrong_type_is_told_with_its_path() =>
        RefusedWith(config => config["process"]!["user"]!["uid"] = "root",
            "process.user.uid: expected a whole number from 0 to 4294967295, found a string");

    [Fact]
    public void A_missing_bundle_is_named() => Container.Script("true").Use(container =>
        container.Rt("run", "--bundle", "/no/such/bundle", container.Id)
            .ShouldFailWith("open bundle /no/such/bundle: no such file or directory"));

    [Fact]
    [Proves("bundle-format-01")]
    public void A_bundle_without_configuration_is_named() => Container.Script("true").Use(container =>
        container.Rt("run", "--bundle", "/tmp", container.Id).ShouldFailWith("JSON specification file /tmp/config.json not found"));

    [Fact]
    [Proves("runtime-lifecycle-02", "runtime-create-08", "runtime-create-09", "runtime-errors-01")]
    public void A_missing_root_file_system_is_named() =>
        RefusedWith(config => config["root"]!["path"] = "nowhere", "root.path: root file system", "nowhere: no such file or directory");

    [Fact]
    public void A_root_file_system_that_is_a_symlink_out_of_the_bundle_is_refused()
    {
        Container container = new(config => config["root"]!["path"] = "link");
        File.CreateSymbolicLink(Path.Combine(container.Bundle, "link"), "/");
        Refused(container, "root.path", "is a symbolic link, or behind one");
    }

    [Fact]
    public void No_arguments_are_refused() =>
        RefusedWith(config => config["process"]!["args"] = new JsonArray(), "process.args: args must not be empty");

    [Theory]
    [InlineData("..", "invalid container ID format")]
    [InlineData("a/b", "invalid container ID format")]
    [InlineData("", "container id cannot be empty")]
    [InlineData("a b", "invalid container ID format")]
    [Proves("runtime-create-04", "runtime-create-05")]
    public void A_bad_id_is_refused(string id, string words) => Container.Script("true").Use(container =>
    {
        foreach (string command in (string[])["create", "run"])
            container.Rt(command, "--bundle", container.Bundle, id).ShouldFailWith(words);
        Directory.Exists(container.StateRoot).Should().BeFalse();
    });

    [Fact]
    public void An_ordinary_user_is_told_what_is_missing() => Container.Script("true").Use(container =>
        container.RtAsOrdinaryUser(bundle => ["run", "--bundle", bundle, container.Id]).ShouldFailWith("rootless container requires user namespaces"));

    [Fact]
    [Proves("runtime-lifecycle-02", "runtime-create-08", "runtime-create-09", "runtime-errors-01")]
    public void An_unknown_file_system_is_named() =>
        RefusedWith(config => config["mounts"]![0]!["type"] = "nosuchfs",
            "mounts[0]: mount nosuchfs on /proc: unknown file system type \"nosuchfs\"");

    [Fact]
    public void A_mount_option_that_the_file_system_refuses_is_told_in_the_kernels_words() =>
        RefusedWith(config => config["mounts"]![1]!["options"]!.AsArray().Add("size=nonsense"),
            "mounts[1]: mount tmpfs on /dev: invalid argument", "size");

    [Fact]
    [Proves("runtime-lifecycle-02", "runtime-create-08", "runtime-create-09", "runtime-errors-01")]
    public void A_missing_bind_source_is_named() =>
        RefusedWith(
            config => config["mounts"]!.AsArray().Add(
                JsonNode.Parse("""{"destination": "/tmp", "type": "bind", "source": "/no/source", "options": ["bind"]}""")),
            "mounts[7]: bind mount /no/source on /tmp: no such file or directory");

    [Fact]
    public void A_program_that_is_not_there_is_told_in_the_words_that_engines_parse() =>
        RefusedWith(config => config["process"]!["args"] = new JsonArray("nosuch"), "exec: \"nosuch\": executable file not found in $PATH");

    [Theory]
    [InlineData("/no/such", "exec: \"/no/such\": stat /no/such: no such file or directory")]
    [InlineData("/etc/passwd", "exec: \"/etc/passwd\": permission denied")]
    [InlineData("/etc", "exec: \"/etc\": is a directory")]
    public void A_path_that_can_not_be_executed_is_told_why(string path, string words) =>
        RefusedWith(config => config["process"]!["args"] = new JsonArray(path), words);

    [Fact]
    [Proves("runtime-errors-01")]
    public void A_file_that_is_no_program_fails_at_run_and_at_start()
    {
        using Container container = new(config => config["process"]!["args"] = new JsonArray("/garbage"), ownRoot: true);
        string garbage = Path.Combine(container.Root, "garbage");
        File.WriteAllText(garbage, "no program");
        File.SetUnixFileMode(garbage, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        container.Run().ShouldFailWith("exec /garbage: exec format error");
        container.ShouldHaveLeftNothing();
        container.Create().ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldFailWith("exec /garbage: exec format error");
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
    }

    [Fact]
    [Proves("runtime-lifecycle-02", "runtime-create-08", "runtime-create-09", "runtime-errors-01")]
    public void A_namespace_of_another_type_is_refused() => RefusedWith(config =>
        config["linux"]!["namespaces"]![1]!["path"] = "/proc/self/ns/uts",
        "linux.namespaces[1]: join network namespace /proc/self/ns/uts: it is none of that type");

    [Fact]
    [Proves("runtime-lifecycle-02", "runtime-create-08", "runtime-create-09", "runtime-errors-01")]
    public void A_limit_without_its_controller_is_refused_with_its_path()
    {
        File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Should().NotContain("rdma", "this test needs a controller that is not there");
        RefusedWith(config => config["linux"]!["resources"]!["unified"] = JsonNode.Parse("""{"rdma.max": "max"}"""),
            "linux.resources.unified.rdma.max: can't be set: /sys/fs/cgroup has no rdma controller");
    }

    [Fact]
    [Proves("runtime-lifecycle-02", "runtime-create-08", "runtime-create-09", "runtime-errors-01")]
    public void A_sysctl_of_the_host_is_refused() =>
        RefusedWith(config => config["linux"]!["sysctl"] = JsonNode.Parse("""{"vm.swappiness": "1"}"""),
            "linux.sysctl.vm.swappiness: is not in a separate kernel namespace");

    [Fact]
    public void A_sysctl_of_a_joined_namespace_that_is_the_hosts_is_refused() => RefusedWith(config =>
    {
        config["linux"]!["namespaces"]![1]!["path"] = "/proc/self/ns/net";
        config["linux"]!["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_forward": "1"}""");
    }, "linux.sysctl.net.ipv4.ip_forward: would change the host: /proc/self/ns/net is the network namespace of rt's caller");

    [Fact]
    public void A_hostname_for_the_hosts_own_namespace_is_refused() =>
        RefusedWith(config => config["linux"]!["namespaces"]![3]!["path"] = "/proc/self/ns/uts", "hostname: would change the host");

    [Fact]
    public void A_descriptor_to_preserve_must_be_open() => Container.Script("true").Use(container =>
        container.Run("--preserve-fds", "2").ShouldFailWith("--preserve-fds 2: descriptor 3 is not open"));

    [Fact]
    public void A_state_directory_that_leads_nowhere_ends_in_an_error() => Container.Script("true").Use(container =>
    {
        string link = Path.Combine(container.Bundle, "link");
        File.CreateSymbolicLink(link, "/nowhere/at/all");
        Command.Rt("--root", link, "run", "--bundle", container.Bundle, container.Id).ShouldFailWith(link);
    });

    [Fact]
    public void A_state_directory_that_can_not_be_made_is_named() => Container.Script("true").Use(container =>
        Command.Rt("--root", "/proc/rt", "run", "--bundle", container.Bundle, container.Id).ShouldFailWith("/proc/rt"));

    [Fact]
    public void The_last_error_is_in_the_log_file_for_engines_to_read() => Container.Script("true").Use(container =>
    {
        string log = Path.Combine(container.Bundle, "log.json");
        container.Rt("--log", log, "--log-format", "json", "start", "nobody").ShouldFailWith("container does not exist");
        JsonNode line = JsonNode.Parse(File.ReadAllLines(log)[^1])!;
        line["level"]!.GetValue<string>().Should().Be("error");
        line["msg"]!.GetValue<string>().Should().StartWith("container does not exist");
        line["time"]!.GetValue<string>().Should().MatchRegex("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$");
    });
}
