using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>When hooks run, where, and with what.</summary>
public sealed class HookTests
{
    private static readonly string[] NamespaceTypes = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];

    public static TheoryData<string> Kinds => [.. Hooked.Kinds];

    [Fact]
    [Proves("config-hooks-04", "config-prestart-01", "config-prestart-02", "config-createruntime-01", "config-createcontainer-01",
        "config-createcontainer-02", "config-startcontainer-01", "config-poststart-01", "config-poststop-01", "runtime-lifecycle-06",
        "runtime-lifecycle-09", "runtime-lifecycle-12", "runtime-lifecycle-15", "runtime-lifecycle-19", "runtime-lifecycle-22")]
    public void Each_kind_runs_at_its_moment_in_the_listed_order()
    {
        using Container container = Hooked.Script("exec sleep 100", config =>
        {
            foreach (string kind in Enumerable.Reverse(Hooked.Kinds))
                for (int i = 0; i < 3; i++)
                    config.Hook(kind, $"sleep 0.0{3 - i}; echo {kind}{i} >>log");
        });
        string[] Expected(params string[] kinds) =>
            [.. kinds.SelectMany(kind => Enumerable.Range(0, 3).Select(i => kind + i))];

        container.Create().ShouldEndWith(0);
        container.Left("log").Split('\n').Should().Equal(Expected("prestart", "createRuntime", "createContainer"));
        File.Delete(Path.Combine(container.Bundle, "log"));
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Left("log").Split('\n').Should().Equal(Expected("startContainer", "poststart"));
        File.Delete(Path.Combine(container.Bundle, "log"));
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.Left("log").Split('\n').Should().Equal(Expected("poststop"));
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData()]
    [InlineData("--keep")]
    [InlineData("--detach")]
    public void Run_runs_all_of_them_as_well(params string[] options)
    {
        using Container container = Hooked.OfEveryKind("true", kind => $"echo {kind} >>log");
        container.Run(options).ShouldEndWith(0);
        container.Left("log").Split('\n').Should().Equal(options.Length == 0 ? Hooked.Kinds : Hooked.Fatal);
        if (options.Length > 0) container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.Left("log").Split('\n').Should().Equal(Hooked.Kinds);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("config-prestart-01", "config-createruntime-01", "config-createcontainer-01")]
    public void Hooks_of_create_find_the_containers_mounts_and_its_process_outside_of_its_root()
    {
        const string look = "for file in config.json rootfs/proc/version; do test -e $root$PWD/$file || exit 1; done";
        using Container container = Hooked.Script("true", config =>
        {
            foreach (string kind in (string[])["prestart", "createRuntime"])
                config.Hook(kind, "pid=$(sed 's/.*\"pid\"://; s/[^0-9].*//'); root=/proc/$pid/root; " + look);
            config.Hook("createContainer", "root=; " + look);
        }, ownRoot: true);
        container.Run().ShouldEndWith(0);
    }

    [Fact]
    [Proves("config-startcontainer-01", "config-poststart-01")]
    public void The_program_is_executed_between_startContainer_and_poststart_hooks()
    {
        using Container container = Hooked.Script("exec sleep 100", config =>
        {
            config.Hook("startContainer", "cat /proc/1/comm >>comm");
            config.Hook("poststart", "pid=$(sed 's/.*\"pid\"://; s/[^0-9].*//'); tr '\\0' ' ' </proc/$pid/cmdline >>comm");
        });
        container.Create().ShouldEndWith(0);
        container.Left("comm").Should().BeEmpty();
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Left("comm").Should().MatchRegex("^rt\n(sh -c exec sleep 100|sleep 100) $");
    }

    [Fact]
    [Proves("config-prestart-04", "config-createruntime-03", "config-createcontainer-04", "config-startcontainer-03",
        "config-poststart-03", "config-poststop-03")]
    public void They_run_in_the_runtimes_or_the_containers_namespaces()
    {
        static string Look(string kind) => $"for type in {string.Join(' ', NamespaceTypes)}; do readlink /proc/self/ns/$type; done >{kind}";
        using Container container = Hooked.OfEveryKind(Look("program"), Look);
        container.Run().ShouldEndWith(0);
        string runtime = string.Join('\n', NamespaceTypes.Select(type => new FileInfo($"/proc/self/ns/{type}").LinkTarget));
        foreach (string kind in Hooked.Kinds)
            container.Left(kind).Should().Be(Hooked.OfRuntime.Contains(kind) ? runtime : container.Left("program"), kind);
        container.Left("program").Should().NotBe(runtime);
    }

    [Fact]
    [Proves("config-createcontainer-04", "config-startcontainer-03")]
    public void In_a_user_namespace_hooks_of_the_container_are_its_root()
    {
        static string Look(string kind) => $"{{ id -u; id -g; readlink /proc/self/ns/user; readlink /proc/self/ns/time; }} >{kind}";
        using Container container = Hooked.OfEveryKind(Look("program"), Look);
        container.Change(config =>
        {
            config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "user"}"""));
            config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "time"}"""));
            foreach (string mappings in (string[])["uidMappings", "gidMappings"])
                config["linux"]![mappings] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 1000}]""");
        });
        Command.Run("chmod", "777", container.Bundle).ShouldEndWith(0);
        container.Run().ShouldEndWith(0);
        container.Left("program").Should().StartWith("0\n0\n").And.NotContain(new FileInfo("/proc/self/ns/user").LinkTarget);
        container.Left("createContainer").Should().Be(container.Left("program"));
        container.Left("startContainer").Should().Be(container.Left("program"));
        container.Left("createRuntime").Should().Contain(new FileInfo("/proc/self/ns/user").LinkTarget);
    }

    [Fact]
    [Proves("config-prestart-03", "config-createruntime-02", "config-createcontainer-03", "config-startcontainer-02", "config-poststart-02",
        "config-poststop-02")]
    public void Their_paths_are_looked_up_on_the_host_and_for_startContainer_in_the_container()
    {
        using Container container = Hooked.Script("true", _ => { }, ownRoot: true);
        string host = Script(Path.Combine(container.Bundle, "host-hook")), inside = Script(Path.Combine(container.Root, "container-hook"));
        container.Change(config =>
        {
            foreach (string kind in Hooked.Kinds)
                config.Hook(kind, JsonNode.Parse(kind == "startContainer"
                    ? $$"""{"path": "/container-hook", "args": ["x", "{{kind}}", "/tmp"]}"""
                    : $$"""{"path": "{{host}}", "args": ["x", "{{kind}}", "{{container.Bundle}}"]}""")!);
        });
        container.Run().ShouldEndWith(0);
        container.Left("log").Split('\n').Should().Equal(
            Hooked.Kinds.Select(kind => kind == "startContainer" ? "/container-hook " + kind : $"{host} {kind}"));
        File.Exists(inside).Should().BeTrue();

        static string Script(string path)
        {
            File.WriteAllText(path, "#!/bin/sh\necho $0 $1 >>$2/log\n");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            return path;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Proves("config-hooks-05", "runtime-state-10", "runtime-state-11")]
    public void They_read_the_containers_state(string kind)
    {
        using Container container = Hooked.Script("exec sleep 100", config =>
        {
            config.Hook(kind, kind == "poststop"
                ? JsonNode.Parse("""{"path": "/bin/sh", "args": ["sh", "-c", "cat >$DIR/state.json"], "env": ["DIR=-"]}""")!
                : JsonNode.Parse("""{"path": "/bin/sh", "args": ["sh", "-c", "cat >state.json"]}""")!);
            config["annotations"] = JsonNode.Parse("""{"a": "", "org.example.b": "\"ü\\\n"}""");
        });
        container.Change(config =>
        {
            if (kind == "poststop") config["hooks"]![kind]![0]!["env"]![0] = $"DIR={container.Bundle}";
        });
        container.Create().ShouldEndWith(0);
        int pid = container.Pid;
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);

        JsonObject state = JsonNode.Parse(container.Left("state.json"))!.AsObject();
        state["ociVersion"]!.GetValue<string>().Should().Be(container.Config["ociVersion"]!.GetValue<string>());
        state["id"]!.GetValue<string>().Should().Be(container.Id);
        state["bundle"]!.GetValue<string>().Should().Be(container.Bundle);
        state["annotations"]!.ToJsonString().Should().Be(container.Config["annotations"]!.ToJsonString());
        (string status, int? seen) = kind switch
        {
            "createContainer" => ("created", 1),
            "startContainer" => ("created", 1),
            "poststart" => ("running", pid),
            "poststop" => ("stopped", (int?)null),
            _ => ("created", pid),
        };
        state["status"]!.GetValue<string>().Should().Be(status);
        state["pid"]?.GetValue<int>().Should().Be(seen);
        state.ContainsKey("pid").Should().Be(seen != null);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Their_arguments_and_environment_are_the_configurations_alone(string kind)
    {
        using Container container = Hooked.Script("true", _ => { });
        string to = kind == "startContainer" ? "/tmp" : container.Bundle;
        container.Change(config =>
        {
            config.Hook(kind, Copy("cmdline", "cmdline", "A=1"));
            config.Hook(kind, Copy("environ", "environ", "A=1", "B", "C= x=\n"));
            config.Hook(kind, Copy("environ", "none"));
        });
        container.Run().ShouldEndWith(0);
        container.Left("cmdline").Should().Be($"cp\0/proc/self/cmdline\0{to}/cmdline\0");
        container.Left("environ").Should().Be("A=1\0B\0C= x=\n\0");
        File.ReadAllText(Path.Combine(container.Bundle, "none")).Should().BeEmpty();

        JsonObject Copy(string from, string file, params string[] env) => new()
        {
            ["path"] = "/bin/cp",
            ["args"] = new JsonArray("cp", "/proc/self/" + from, $"{to}/{file}"),
            ["env"] = new JsonArray([.. env.Select(one => (JsonNode)one)]),
        };
    }

    [Fact]
    public void Without_arguments_the_path_is_the_first()
    {
        using Container container = Hooked.Script("true", _ => { });
        string host = Path.Combine(container.Bundle, "true"); // busybox finds out by its first argument what to be
        File.Copy(Path.Combine(container.Config["root"]!["path"]!.GetValue<string>(), "bin/busybox"), host);
        container.Change(config =>
        {
            foreach (string kind in Hooked.Kinds)
                config.Hook(kind, new JsonObject { ["path"] = kind == "startContainer" ? "/bin/true" : host });
        });
        container.Run().ShouldEndWith(0).Error.Should().BeEmpty();
    }

    [Fact]
    public void They_inherit_no_descriptor_signal_setup_or_umask()
    {
        using Container container = Hooked.OfEveryKind("true",
            kind => $"ls /proc/self/fd >{kind}; grep -E 'SigBlk|SigIgn' /proc/self/status >>{kind}; umask >>{kind}");
        Command.Shell("umask 027; trap '' HUP PIPE USR1; exec \"$1\" --root \"$2\" run --preserve-fds 2 -b \"$3\" \"$4\" "
            + "3</dev/null 4</dev/null 9</etc/passwd", Repository.Binary, container.StateRoot, container.Bundle, container.Id)
            .ShouldEndWith(0);
        const string clean = "0\n1\n2\n3\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"; // 3 is the listing's own
        foreach (string kind in Hooked.Kinds)
            container.Left(kind).Should().Be(clean + (Hooked.OfRuntime.Contains(kind) ? "0027" : "0022"), kind);
    }

    [Fact]
    [Proves("config-createruntime-01")]
    public void CreateRuntime_hooks_can_set_up_the_network_and_sysctls_come_after_them()
    {
        using Container container = Hooked.Script("ip -o addr show lo; cat /proc/sys/net/ipv4/ip_unprivileged_port_start", config =>
        {
            config["linux"]!["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_unprivileged_port_start": "77"}""");
            config.Hook("createRuntime", """
                pid=$(sed 's/.*"pid"://; s/[^0-9].*//')
                rootfs/bin/busybox nsenter --net=/proc/$pid/ns/net rootfs/bin/busybox sh -c '
                    rootfs/bin/busybox ip addr add 10.77.0.1/32 dev lo && echo 99 >/proc/sys/net/ipv4/ip_unprivileged_port_start'
                """);
        }, ownRoot: true);
        container.Run().ShouldEndWith(0).Out.Should().Contain("10.77.0.1").And.EndWith("\n77\n");
    }

    [Fact]
    public void CreateContainer_hooks_can_mount_into_the_container()
    {
        using Container container = Hooked.Script("cat /mnt/file", config =>
            config.Hook("createContainer", "mount -t tmpfs none rootfs/mnt && echo mounted >rootfs/mnt/file"), ownRoot: true);
        Directory.CreateDirectory(Path.Combine(container.Root, "mnt"));
        container.Run().ShouldEndWith(0).Out.Should().Be("mounted\n");
        Directory.GetFiles(Path.Combine(container.Root, "mnt")).Should().BeEmpty();
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData(true, "0")]
    [InlineData(false, "2")]
    public void StartContainer_hooks_run_beside_a_strict_seccomp_filter(bool noNewPrivileges, string mode)
    {
        string[] allowed =
        [
            "access", "arch_prctl", "brk", "capget", "capset", "chdir", "clock_nanosleep", "clone", "close", "close_range", "dup2",
            "dup3", "execve", "exit", "exit_group", "faccessat", "faccessat2", "fchown", "fcntl", "fork", "fstat", "futex", "getdents64",
            "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom", "getuid", "ioctl", "kill", "lseek", "lstat", "memfd_create",
            "mmap", "mprotect", "mremap", "munmap", "nanosleep", "newfstatat", "open", "openat", "pipe", "pipe2", "poll", "prctl",
            "pread64", "prlimit64", "read", "readlink", "readlinkat", "readv", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
            "rt_sigsuspend", "seccomp", "sendfile", "sendto", "set_robust_list", "set_tid_address", "setgid", "setgroups", "setpgid",
            "setresgid", "setresuid", "setuid", "stat", "statx", "sysinfo", "tgkill", "umask", "uname", "vfork", "wait4", "waitid",
            "write", "writev",
        ];
        using Container container = Hooked.Script("true", config =>
        {
            config["process"]!["noNewPrivileges"] = noNewPrivileges;
            config["linux"]!["seccomp"] = JsonNode.Parse("""
                {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "syscalls": [
                    {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}
                """);
            config["linux"]!["seccomp"]!["syscalls"]!.AsArray().Add(new JsonObject
            {
                ["names"] = new JsonArray([.. allowed.Select(name => (JsonNode)name)]),
                ["action"] = "SCMP_ACT_ALLOW",
            });
            config.Hook("startContainer", "echo one | cat >>log; grep Seccomp: /proc/self/status >>log", timeout: 20);
        });
        container.Run().ShouldEndWith(0);
        container.Left("log").Should().Be("one\nSeccomp:\t" + mode);
    }

    [Fact]
    [Proves("runtime-state-04", "config-poststop-01")]
    public void They_may_ask_for_the_containers_state()
    {
        using Container container = Hooked.Script("true", _ => { });
        container.Change(config =>
        {
            foreach (string kind in Hooked.OfRuntime)
                config.Hook(kind, $"{Repository.Binary} --root {container.StateRoot} state {container.Id} >{kind} 2>&1; echo $? >>{kind}");
        });
        container.Run("--keep").ShouldEndWith(0);
        container.Rt("delete", container.Id).ShouldEndWith(0);
        foreach (string kind in (string[])["prestart", "createRuntime"])
            container.Left(kind).Should().Contain("\"status\": \"creating\"").And.EndWith("\n0");
        container.Left("poststart").Should().MatchRegex("\"status\": \"(running|stopped)\"").And.EndWith("\n0");
        container.Left("poststop").Should().Be($"rt: container does not exist: {container.Id}\n1");
    }

    [Fact]
    [Proves("runtime-lifecycle-05")]
    public void Those_of_start_and_delete_are_the_ones_that_the_configuration_had_at_create()
    {
        using Container container = Hooked.OfEveryKind("echo old >>log; exec sleep 100", kind => $"echo {kind} >>log");
        container.Create().ShouldEndWith(0);
        container.Change(config =>
        {
            foreach (string kind in Hooked.Kinds) config["hooks"]![kind]![0]!["args"]![2] = "echo new >>log; exit 1";
            config["process"]!["args"]![2] = "echo new >>log";
        });
        container.Rt("start", container.Id).ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Left("log").Contains("old"), Command.Patience).Should().BeTrue();
        File.Delete(Path.Combine(container.Bundle, "config.json"));
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0).Error.Should().BeEmpty();
        container.Left("log").Split('\n').Where(line => line != "old").Should().Equal(Hooked.Kinds);
    }

    [Fact]
    public void A_megabyte_of_state_that_no_one_reads_and_ten_of_output_are_no_trouble()
    {
        using Container container = Hooked.Script("true", config =>
        {
            config["annotations"] = new JsonObject { ["big"] = new string('x', 1 << 20) };
            foreach (string kind in Hooked.Kinds)
            {
                config.Hook(kind, JsonNode.Parse("""{"path": "/bin/true", "args": ["true"]}""")!);
                config.Hook(kind, JsonNode.Parse("""{"path": "/bin/head", "args": ["head", "-c", "10485760", "/dev/zero"]}""")!);
                if (kind != "poststop") config.Hook(kind, $"wc -c >{kind}");
            }
        });
        container.Run().ShouldEndWith(0).Error.Should().BeEmpty();
        foreach (string kind in Hooked.Fatal) int.Parse(container.Left(kind)).Should().BeInRange(1 << 20, (1 << 20) + 4096, kind);
    }

    [Fact]
    public void A_process_that_a_hook_leaves_behind_with_its_output_is_not_waited_for()
    {
        using Container container = Hooked.OfEveryKind("true", kind => $"sleep 50 & echo $! >{kind}");
        try
        {
            container.Run().ShouldEndWith(0);
            foreach (string kind in Hooked.OfRuntime) Directory.Exists($"/proc/{container.Left(kind)}").Should().BeTrue(kind);
        }
        finally
        {
            foreach (string kind in Hooked.OfRuntime) Command.Run("kill", container.Left(kind));
        }
    }

    [Fact]
    public void An_orphan_that_ends_before_its_hook_does_not_end_the_hooks_time()
    {
        using Container container = Hooked.OfEveryKind("true", _ => "(sleep 0.01 &); sleep 0.1", timeout: 20);
        container.Run().ShouldEndWith(0).Error.Should().BeEmpty();
    }
}
