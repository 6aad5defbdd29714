using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>rt doctor on this host, against what other programs and the kernel's own files say.</summary>
[BeyondTheSpec("what a host has for containers")]
public sealed class DoctorCommandTests : IDisposable
{
    private const string Types = "cgroup:--cgroup ipc:--ipc mount:--mount network:--net pid:--pid time:--time user:--user uts:--uts";

    private readonly OrdinaryUser user = new();

    public void Dispose() => user.Dispose();

    private static JsonNode Json(Result result) => JsonNode.Parse(result.Out)!;

    private static string[] Found(JsonNode examination, string subject, string grade) =>
        [.. examination["findings"]!.AsArray().Where(one => one!["subject"]!.ToString() == subject && one["grade"]!.ToString() == grade)
            .SelectMany(one => one!["found"]!.ToString().Split(", "))];

    private static string[] Unshared(Func<string[], Result> run, params string[] options) =>
        [.. Types.Split(' ').Select(type => type.Split(':'))
            .Where(type => run(["unshare", .. options, type[1], .. (string[])(type[0] == "pid" ? ["--fork"] : []), "true"]).Code == 0)
            .Select(type => type[0])];

    [Fact]
    public void Root_can_start_what_the_exit_code_promises()
    {
        using Container container = Container.Script("true");
        container.Run().ShouldEndWith(0);
        JsonNode said = Json(container.Rt("doctor", "--format", "json").ShouldEndWith(0));
        said["canStart"]!.GetValue<bool>().Should().BeTrue();
        said["kernel"]!.ToString().Should().Be(Command.Run("uname", "-r").Out.Trim());
        Found(said, "namespaces", "ok").Should().Equal(Unshared(Command.Run));
        Found(said, "seccomp", "ok").Should().HaveCount(1 + 1);
        File.ReadAllText("/proc/sys/kernel/seccomp/actions_avail").Should().Contain("user_notif");
    }

    [Fact]
    public void Cgroups_are_those_that_the_kernel_lists()
    {
        string controllers = string.Join(", ", File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Split([' ', '\n'],
            StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        string table = Command.Rt("doctor").ShouldEndWith(0).Out;
        table.Should().MatchRegex($@"\ncgroups +ok +v2 \({(controllers.Length > 0 ? controllers : "no controllers")}\)\n");
        foreach (string controller in (string[])["cpu", "cpuset", "io", "memory", "pids"])
            table.Contains($"\n{controller} controller").Should().Be(!controllers.Split(", ").Contains(controller));
    }

    [Fact]
    public void An_ordinary_user_is_told_of_himself()
    {
        user.Prepare("true");
        user.RunBundle().ShouldEndWith(0);
        JsonNode said = Json(user.Rt("doctor", "--format", "json").ShouldEndWith(0));
        said["uid"]!.GetValue<int>().Should().Be(OrdinaryUser.Id);
        Found(said, "namespaces", "ok").Should().Equal(Unshared(user.Run, "--user"));
        Found(said, "idmapped mounts", "missing").Should().HaveCount(1);
        Found(said, "delegation", "missing").Should().HaveCount(1, "nobody has given him a cgroup");
    }

    [Fact]
    public void The_ids_that_are_set_aside_for_him_are_counted() =>
        Found(Json(user.Rt("doctor", "--format", "json")), "id ranges", "ok").Should().Equal("65536 uids", "65536 gids");

    [Fact]
    public void Where_nothing_can_be_started_the_exit_code_is_1()
    {
        Result noState = user.Run(user.Binary, "--root", "/proc/rt", "doctor").ShouldEndWith(1);
        noState.Out.Should().Contain("no containers can be started").And.MatchRegex("\nstate +missing");
        Result noPrivilege = Command.Run("setpriv", "--bounding-set=-all", Repository.Binary, "doctor").ShouldEndWith(1);
        noPrivilege.Out.Should().MatchRegex("\ncontainers +missing +new namespaces: operation not permitted\n");
        noPrivilege.Error.Should().BeEmpty();
    }

    [Fact]
    public void Without_proc_and_sys_it_says_so_and_does_not_crash()
    {
        Result result = Command.Run("unshare", "--mount", "sh", "-c", """
            cd /; mount -t tmpfs none /sys; mount -t tmpfs none /proc; exec "$0" doctor
            """, Repository.Binary).ShouldEndWith(1);
        result.Out.Should().Contain("nothing is mounted at /sys/fs/cgroup").And.MatchRegex("\nrt's binary +missing");
        result.Error.Should().BeEmpty();
    }

    [Fact]
    public void A_setting_that_is_in_the_way_is_named()
    {
        Result result = Command.Run("unshare", "--user", "--map-root-user", "sh", "-c",
            "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$0\" doctor", Repository.Binary);
        result.Out.Should().MatchRegex(@"\nuser namespaces +missing +.*user\.max_user_namespaces is 0");
    }

    /// <summary>Mounts are for children in namespaces of their own; files are written by which a user namespace gets its ids.</summary>
    [Fact]
    public void It_changes_nothing_on_the_host()
    {
        const string Makes = "mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,rename,renameat,renameat2,"
            + "chmod,fchmod,fchmodat,chown,fchown,fchownat,setxattr,truncate,ftruncate,connect,kill,sethostname";
        const string Mounts = "mount,umount2,move_mount,pivot_root,chroot,setns";
        string trace = Path.GetTempFileName();
        Command.Run("strace", "-f", "-o", trace, "-e", $"trace={Makes},{Mounts},open,openat,execve", Repository.Binary, "doctor")
            .ShouldEndWith(0);
        string[] calls = [.. File.ReadLines(trace).Where(line => line.Contains('('))];
        File.Delete(trace);
        string parent = calls[0].Split(' ')[0];
        string Name(string call) => call.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].Split('(')[0];
        calls.Select(Name).Should().Contain("pivot_root", "the trace has what the children do");
        calls.Where(call => Makes.Split(',').Contains(Name(call))).Should().BeEmpty();
        calls.Where(call => Mounts.Split(',').Contains(Name(call)) && call.Split(' ')[0] == parent).Should().BeEmpty();
        calls.Where(call => call.Contains("O_WRONLY") || call.Contains("O_RDWR") || call.Contains("O_CREAT")).Should()
            .OnlyContain(call => Regex.IsMatch(call, "\"/proc/(self|[0-9]+)/(setgroups|uid_map|gid_map)\""));
    }

    [Fact]
    public void Dockers_file_is_merged_with_the_one_that_is_there()
    {
        const string Script = """
            mount -t tmpfs none /etc; mkdir /etc/docker; printf %s "$1" >/etc/docker/daemon.json; exec "$2" doctor --engine docker
            """;
        Result With(string json) => Command.Run("unshare", "--mount", "sh", "-c", Script, "sh", json, Repository.Binary);
        string text = With("{\"live-restore\": true}").ShouldEndWith(0).Out;
        JsonNode merged = JsonNode.Parse(string.Join('\n', text.Split('\n').Where(line => !line.StartsWith('#'))))!;
        merged["live-restore"]!.GetValue<bool>().Should().BeTrue();
        merged["runtimes"]!["rt"]!["path"]!.ToString().Should().Be(Repository.Binary);
        With("{,}").ShouldFailWith("/etc/docker/daemon.json: invalid JSON at line 1, column 2");
    }

    [Theory]
    [InlineData("--engine: \"frob\" is none of docker, containerd, podman, cri-o", "--engine", "frob")]
    [InlineData("--format does not go with --engine", "--format", "json", "--engine", "docker")]
    [InlineData("invalid format option: xml", "--format", "xml")]
    [InlineData("\"doctor\" requires exactly 0 argument(s)", "more")]
    public void Wrong_options_are_refused(string words, params string[] options) =>
        Command.Rt(["doctor", .. options]).ShouldFailWith(words);
}
