using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>The shim: what stays with a container that was created by hand, and what becomes of both when one of them dies.</summary>
[BeyondTheSpec("the parent that stays with a container when rt has ended")]
public sealed class ShimTests
{
    private static Container Sleeper(Action<JsonNode>? change = null) => Container.Script("exec sleep 100", change);

    private static void WithoutPidNamespace(JsonNode config)
    {
        JsonArray namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.Remove(namespaces.First(one => one!["type"]!.GetValue<string>() == "pid"));
    }

    private static string Field(int pid, string name) =>
        Regex.Match(File.ReadAllText($"/proc/{pid}/status"), $"^{name}:\\s*(.*)$", RegexOptions.Multiline).Groups[1].Value;

    private static int ParentOf(int pid) => int.Parse(Field(pid, "PPid"), CultureInfo.InvariantCulture);

    private static int ZombiesOf(int pid) => File.ReadAllText($"/proc/{pid}/task/{pid}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(child => Field(int.Parse(child, CultureInfo.InvariantCulture), "State")[0] == 'Z');

    private static bool Exists(int pid) => Directory.Exists($"/proc/{pid}") && Field(pid, "State")[0] != 'Z';

    /// <summary>The shim's pid, of a container that is there.</summary>
    private static int ShimOf(Container container)
    {
        int shim = ParentOf(container.Pid);
        File.ReadAllText($"/proc/{shim}/comm").Should().Be("rt-shim\n");
        return shim;
    }

    private static void Kill(int pid, string signal = "KILL") => Command.Run("kill", "-" + signal, $"{pid}").ShouldEndWith(0);

    private static void ShouldEnd(int pid) => SpinWait.SpinUntil(() => !Exists(pid), Command.Patience).Should().BeTrue("process {0} must end", pid);

    private static JsonNode State(Container container) => JsonNode.Parse(container.Rt("state", container.Id).ShouldEndWith(0).Out)!;

    [Theory]
    [InlineData("create")]
    [InlineData("run")]
    public void A_container_created_by_hand_has_a_parent_that_holds_nothing_of_its_creators(string command)
    {
        using Container container = Sleeper();
        if (command == "run") container.Run("--detach").ShouldEndWith(0);
        else container.Create().ShouldEndWith(0);
        int shim = ShimOf(container);
        string title = $"rt-shim {container.StateRoot}/{container.Id}";
        SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{shim}/cmdline").TrimEnd('\0') == title, Command.Patience).Should().BeTrue("rt has ended");
        new FileInfo($"/proc/{shim}/cwd").LinkTarget.Should().Be("/");
        Field(shim, "NSsid").Should().Be($"{shim}", "it must lead a session of its own");
        Directory.GetFiles($"/proc/{shim}/fd").Select(file => new FileInfo(file).LinkTarget!).Should().BeEquivalentTo(
            [$"{container.StateRoot}/{container.Id}/exit", "/dev/null", "/dev/null", "/dev/null", "anon_inode:[signalfd]"],
            "these are all that it needs");
        Directory.GetFiles($"{container.StateRoot}/{container.Id}").Select(Path.GetFileName)
            .Should().Contain("exit").And.NotContain("log.0");
    }

    [Fact]
    public void Who_says_that_he_looks_after_the_container_gets_it_without()
    {
        using ConsoleServer server = new();
        using Container file = Sleeper(), no = Sleeper(), terminal = Sleeper(config => config["process"]!["terminal"] = true);
        file.Create("--pid-file", Path.Combine(file.Bundle, "pid")).ShouldEndWith(0);
        no.Run("--detach", "--no-shim").ShouldEndWith(0);
        terminal.Create("--console-socket", server.Path).ShouldEndWith(0);
        foreach (Container container in (Container[])[file, no, terminal])
        {
            File.ReadAllText($"/proc/{ParentOf(container.Pid)}/comm").Should().NotBe("rt-shim\n");
            File.Exists($"{container.StateRoot}/{container.Id}/exit").Should().BeFalse();
        }
    }

    [Fact]
    public void A_reader_of_the_containers_output_gets_it_and_sees_its_end()
    {
        using Container container = Container.Script("sleep 0.3; echo late; echo error >&2");
        Result result = Command.Shell("\"$1\" --root \"$2\" run --detach --bundle \"$3\" id 2>&1 | cat; echo end",
            Repository.Binary, container.StateRoot, container.Bundle).ShouldEndWith(0);
        result.Out.Should().Be("late\nerror\nend\n");
    }

    [Fact]
    public void Standard_input_that_was_redirected_is_the_containers()
    {
        using Container container = Container.Script("cat");
        Command.Shell("echo hello | \"$1\" --root \"$2\" run --detach --bundle \"$3\" id | cat",
            Repository.Binary, container.StateRoot, container.Bundle).ShouldEndWith(0).Out.Should().Be("hello\n");
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("exit 0", 0)]
    [InlineData("kill -TERM $$; sleep 9", 143)]
    public void How_it_ended_is_on_record_though_nobody_looked(string script, int code)
    {
        using Container container = Container.Script(script, WithoutPidNamespace);
        container.Run("--detach").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        JsonNode state = State(container);
        state.AsObject().Select(member => member.Key).Should().EndWith(["owner", "exitCode", "finished"]);
        state["exitCode"]!.GetValue<int>().Should().Be(code);
        string finished = state["finished"]!.GetValue<string>();
        finished.Should().MatchRegex("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z$");
        DateTime.Parse(finished).Should().BeCloseTo(DateTime.Now, TimeSpan.FromMinutes(1));
        container.Rt("list", "--format", "json").Out.Should().Contain($"\"exitCode\":{code}");
    }

    [Fact]
    public void The_end_of_the_init_is_not_lost_among_its_orphans()
    {
        using Container container = Container.Script(
            "(for i in $(seq 500); do sleep 0 & done); sleep 100", WithoutPidNamespace);
        container.Create().ShouldEndWith(0);
        int shim = ShimOf(container), init = container.Pid;
        Kill(shim, "STOP");
        container.Rt("start", container.Id).ShouldEndWith(0);
        SpinWait.SpinUntil(() => ZombiesOf(shim) == 500, 20_000).Should().BeTrue("the shim has orphans to reap");
        Command.Shell("kill -CONT $1; kill -KILL $2", $"{shim}", $"{init}").ShouldEndWith(0); // while it reaps them
        container.Rt("wait", container.Id).ShouldEndWith(137);
        ShouldEnd(shim);
    }

    [Fact]
    public void A_container_that_has_not_ended_has_no_exit_code() => Sleeper().Use(container =>
    {
        container.Create().ShouldEndWith(0);
        State(container)["exitCode"].Should().BeNull();
        container.Rt("start", container.Id).ShouldEndWith(0);
        State(container)["exitCode"].Should().BeNull();
    });

    [Fact]
    public void The_end_of_an_init_that_another_process_forked_is_recorded_too()
    {
        using NamespaceHolder holder = new("pid");
        using Container container = Container.Script("exit 9", config =>
        {
            WithoutPidNamespace(config);
            config["linux"]!["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "pid", ["path"] = holder.Path("pid") });
        });
        container.Create().ShouldEndWith(0);
        ShimOf(container);
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(9);
    }

    [Fact]
    public void The_end_in_a_user_namespace_is_recorded_too()
    {
        using Container container = Container.Script("exit 8", config => UserNamespaceTests.User(config));
        container.Run("--detach").ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(8);
    }

    [Fact]
    public void Orphans_of_a_container_without_a_pid_namespace_come_to_the_shim_which_reaps_them()
    {
        using Container container = Container.Script("(sleep 0.5 & echo $!); exec sleep 100", WithoutPidNamespace);
        container.Run("--detach", "--stdio", "log").ShouldEndWith(0);
        int shim = ShimOf(container), orphan = int.Parse(Output(container));
        ParentOf(orphan).Should().Be(shim);
        SpinWait.SpinUntil(() => !Directory.Exists($"/proc/{orphan}"), Command.Patience).Should().BeTrue("no zombie may stay");
    }

    /// <summary>What the container's log has once it has a line.</summary>
    private static string Output(Container container)
    {
        string log = "";
        SpinWait.SpinUntil(() => (log = container.Rt("logs", container.Id).ShouldEndWith(0).Out).EndsWith('\n'), Command.Patience).Should().BeTrue();
        return log;
    }

    [Fact]
    public void The_shim_stays_until_the_last_of_the_containers_processes_has_ended()
    {
        using Container container = Container.Script("trap : TERM; (trap : TERM; sleep 100 & echo $!); exit 3", WithoutPidNamespace);
        container.Run("--detach", "--stdio", "log").ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(3);
        int left = int.Parse(Output(container)), shim = ParentOf(left);
        container.Status.Should().Be("stopped");
        File.ReadAllText($"/proc/{shim}/comm").Should().Be("rt-shim\n");
        container.Rt("delete", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
        Directory.Exists($"/proc/{left}").Should().BeFalse("the shim has reaped it");
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("INT")]
    [InlineData("PIPE")]
    public void Signals_do_not_end_it(string signal) => Sleeper().Use(container =>
    {
        container.Run("--detach").ShouldEndWith(0);
        Kill(ShimOf(container), signal);
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(137);
    });

    [Fact]
    public void A_shim_that_was_killed_leaves_a_container_that_goes_on_and_a_state_that_is_true()
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        int shim = ShimOf(container);
        Kill(shim);
        ShouldEnd(shim);
        container.Status.Should().Be("created");
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Status.Should().Be("running");
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        State(container)["exitCode"].Should().BeNull();
        container.Rt("wait", container.Id).ShouldFailWith(
            $"container {container.Id} has ended, and how is not known: its shim was killed");
        container.Rt("delete", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Without_its_shim_a_program_that_writes_waits_when_the_pipe_is_full_and_is_not_killed()
    {
        using Container container = Container.Script("while :; do echo 0123456789012345678901234567890123456789; done");
        container.Create("--stdio", "log").ShouldEndWith(0);
        int shim = ShimOf(container);
        Kill(shim);
        ShouldEnd(shim);
        container.Rt("start", container.Id).ShouldEndWith(0);
        int pid = container.Pid;
        SpinWait.SpinUntil(() => Field(pid, "State")[0] == 'S', Command.Patience).Should().BeTrue("it must wait");
        container.Status.Should().Be("running");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Without_its_shim_a_terminal_hangs_up()
    {
        using Container container = Container.Script("trap 'exit' HUP; while :; do sleep 0.1; done", config =>
            config["process"]!["terminal"] = true);
        container.Run("--detach").ShouldEndWith(0);
        int pid = container.Pid;
        const ulong Hangup = 1;
        SpinWait.SpinUntil(() => (Convert.ToUInt64(Field(pid, "SigCgt"), 16) & Hangup) != 0, Command.Patience).Should().BeTrue();
        Kill(ShimOf(container));
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue("the leader of its session gets SIGHUP");
    }

    [Fact]
    public void A_creation_that_fails_leaves_no_shim()
    {
        using Container missing = new(config => config["process"]!["args"] = new JsonArray("/bin/nowhere"));
        missing.Create().ShouldFailWith("no such file or directory");
        missing.ShouldHaveLeftNothing();
        missing.Run("--detach").ShouldFailWith("no such file or directory");
        missing.ShouldHaveLeftNothing();
        using Container hooked = Sleeper(config => config["hooks"] = JsonNode.Parse("""{"poststart": [{"path": "/bin/false"}]}"""));
        hooked.Run("--detach").ShouldFailWith("hooks.poststart[0]");
        hooked.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createContainer")]
    public void An_rt_that_was_killed_meanwhile_leaves_no_shim(string hook)
    {
        using Container container = Sleeper(config => config["hooks"] = new JsonObject
        {
            [hook] = new JsonArray(new JsonObject { ["path"] = "/bin/sleep", ["args"] = new JsonArray("sleep", "2") }),
        });
        using Command.Running rt = container.Start("create", "--bundle", container.Bundle, container.Id);
        string file = $"{container.StateRoot}/{container.Id}/state.json.draft";
        SpinWait.SpinUntil(() => File.Exists(file), Command.Patience).Should().BeTrue();
        Thread.Sleep(100); // the hook is under way
        Kill(rt.Pid);
        SpinWait.SpinUntil(() => !container.Processes.Any(), Command.Patience).Should().BeTrue("the init and the shim must end");
        container.Status.Should().Be("stopped");
        container.Rt("delete", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_container_may_be_deleted_while_its_shim_writes()
    {
        for (int i = 0; i < 5; i++)
        {
            using Container container = Container.Script("yes");
            container.Run("--detach", "--stdio", "log").ShouldEndWith(0);
            Thread.Sleep(20 * i);
            container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
            container.ShouldHaveLeftNothing();
        }
    }

    [Fact]
    public void On_a_full_disk_the_container_goes_on_and_its_end_is_recorded()
    {
        using Container container = Container.Script("dd if=/dev/zero bs=4096 count=1000 2>/dev/null; echo the end; exit 4");
        Directory.CreateDirectory(container.StateRoot);
        Command.Run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", container.StateRoot).ShouldEndWith(0);
        try
        {
            container.Create("--stdio", "log").ShouldEndWith(0);
            string filler = Path.Combine(container.StateRoot, "filler");
            Command.Shell("dd if=/dev/zero of=\"$1\" bs=4096 2>/dev/null; truncate -s -100000 \"$1\"", filler).ShouldEndWith(0);
            container.Rt("start", container.Id).ShouldEndWith(0);
            container.Rt("wait", container.Id).ShouldEndWith(4);
            State(container)["exitCode"]!.GetValue<int>().Should().Be(4);
            container.Rt("logs", "--tail", "1", container.Id).ShouldEndWith(0).Out.TrimStart('\0').Should().Be("the end\n");
            container.Rt("delete", container.Id).ShouldEndWith(0);
        }
        finally
        {
            Command.Run("umount", container.StateRoot).ShouldEndWith(0);
        }
    }

    [Fact]
    public void It_sleeps_while_nothing_happens()
    {
        using Container container = Sleeper(config => config["process"]!["terminal"] = true);
        container.Run("--detach").ShouldEndWith(0);
        int shim = ShimOf(container);
        SpinWait.SpinUntil(() => Field(shim, "State")[0] == 'S', Command.Patience).Should().BeTrue();
        string Switches() => Field(shim, "voluntary_ctxt_switches") + " " + Field(shim, "nonvoluntary_ctxt_switches");
        string before = Switches();
        Thread.Sleep(1000);
        Switches().Should().Be(before);
    }

    [Fact]
    public void A_hundred_of_them_have_less_than_a_mebibyte_each()
    {
        using Container container = Sleeper();
        List<int> shims = [];
        for (int i = 0; i < 100; i++)
        {
            container.Change(config => config["linux"]!["cgroupsPath"] = $"/rt-test/{container.Id}/{i}");
            container.Rt("run", "--detach", "--bundle", container.Bundle, $"c{i}").ShouldEndWith(0);
            shims.Add(ParentOf(JsonNode.Parse(container.Rt("state", $"c{i}").Out)!["pid"]!.GetValue<int>()));
        }

        // A page that only one of them has counts as its own, also if it is the binary's.
        int all = 0;
        foreach (int shim in shims)
        {
            SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{shim}/cmdline").StartsWith("rt-shim ", StringComparison.Ordinal)
                && Field(shim, "State")[0] == 'S', Command.Patience).Should().BeTrue();
            (Memory(shim, "Private_Clean") + Memory(shim, "Private_Dirty")).Should().BeLessThanOrEqualTo(1024, "KiB of private memory");
            all += Memory(shim, "Pss");
        }

        all.Should().BeLessThan(100 * 512, "KiB of memory of all of them together");
    }

    private static int Memory(int pid, string field) => int.Parse(
        Regex.Match(File.ReadAllText($"/proc/{pid}/smaps_rollup"), $"^{field}:\\s*(\\d+) kB", RegexOptions.Multiline).Groups[1].Value,
        CultureInfo.InvariantCulture);
}
