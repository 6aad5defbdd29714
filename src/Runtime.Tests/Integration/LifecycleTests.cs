using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Create, start, state, kill, delete, run: what each does, and what the loser of a race gets.</summary>
public sealed class LifecycleTests
{
    private static Container Sleeper() => Container.Script("exec sleep 100");

    [Fact]
    [Proves("runtime-scope-01", "runtime-operations-01", "runtime-state-05", "runtime-state-06", "runtime-state-07",
        "runtime-lifecycle-04", "runtime-lifecycle-18", "runtime-kill-04", "runtime-delete-04")]
    public void A_container_goes_from_created_over_running_to_stopped_and_is_gone()
    {
        using Container container = Container.Script("trap 'exit 7' TERM; while :; do sleep 0.05; done");
        container.Create().ShouldEndWith(0);
        container.Status.Should().Be("created");
        File.ReadAllText($"/proc/{container.Pid}/comm").Should().Be("rt\n");
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Status.Should().Be("running");
        File.ReadAllText($"/proc/{container.Pid}/cmdline").Should().StartWith("sh\0-c\0");
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        container.Pid.Should().Be(0);
        container.Rt("delete", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
        container.Rt("state", container.Id).ShouldFailWith("container does not exist");
    }

    [Fact]
    [Proves("runtime-state-02", "runtime-state-12", "runtime-query-03")]
    public void State_has_the_members_of_the_spec()
    {
        using Container container = new(config => config["annotations"] = JsonNode.Parse("""{"a.b": "c \" d"}"""));
        container.Create().ShouldEndWith(0);
        JsonObject state = JsonNode.Parse(container.Rt("state", container.Id).Out)!.AsObject();
        state.Select(member => member.Key)
            .Should().Equal("ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "annotations", "owner");
        state["id"]!.GetValue<string>().Should().Be(container.Id);
        state["bundle"]!.GetValue<string>().Should().Be(container.Bundle);
        state["annotations"]!["a.b"]!.GetValue<string>().Should().Be("c \" d");
        state["owner"]!.GetValue<string>().Should().Be("root");
        DateTime.Parse(state["created"]!.GetValue<string>()).Should().BeCloseTo(DateTime.Now, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void The_pid_file_holds_the_pid()
    {
        using Container container = Sleeper();
        string file = Path.Combine(container.Bundle, "pid");
        container.Create("--pid-file", file).ShouldEndWith(0);
        File.ReadAllText(file).Should().Be(container.Pid.ToString());
    }

    [Fact]
    [Proves("runtime-errors-01")]
    public void A_pid_file_that_can_not_be_written_undoes_the_creation()
    {
        using Container container = Sleeper();
        container.Create("--pid-file", "/nowhere/pid").ShouldFailWith("/nowhere/pid");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Run_returns_the_exit_code() => Container.Script("exit 42").Use(container =>
    {
        container.Run().ShouldEndWith(42);
        container.ShouldHaveLeftNothing();
    });

    [Fact]
    public void Run_returns_128_and_the_signal() => Container.Script("kill -KILL $$; sleep 9", config =>
        config["linux"]!["namespaces"]!.AsArray().RemoveAt(0)).Use(container => container.Run().ShouldEndWith(137));

    [Fact]
    public void Run_detached_comes_back_with_the_program_running()
    {
        using Container container = Container.Sleeping();
        container.Status.Should().Be("running");
    }

    [Fact]
    public void Run_keeps_the_container_if_asked()
    {
        using Container container = Container.Script("true");
        container.Run("--keep").ShouldEndWith(0);
        container.Status.Should().Be("stopped");
        container.Rt("delete", container.Id).ShouldEndWith(0);
    }

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("USR1", 10)]
    [InlineData("HUP", 1)]
    [InlineData("RTMIN+5", 39)]
    public void Run_passes_signals_on(string name, int number)
    {
        using Container container = Container.Script($"trap 'exit {number}' {number}; echo ready; while :; do sleep 0.05; done");
        using Command.Running run = container.Start("run", "--bundle", container.Bundle, container.Id);
        SpinWait.SpinUntil(() => run.OutputSoFar.Contains("ready"), Command.Patience).Should().BeTrue();
        run.Signal(name);
        run.Wait().ShouldEndWith(number);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void The_gate_outlives_the_caller_of_create()
    {
        using Container container = Container.Script("echo started >/tmp/file", config =>
            config["mounts"]!.AsArray().Add(
                JsonNode.Parse("""{"destination": "/tmp", "type": "bind", "source": ".", "options": ["bind"]}""")));
        Command.Shell("setsid \"$@\" & wait $!; kill -9 $$",
            Repository.Binary, "--root", container.StateRoot, "create", "--bundle", container.Bundle, container.Id);
        container.Status.Should().Be("created");
        container.Rt("start", container.Id).ShouldEndWith(0);
        string file = Path.Combine(container.Bundle, "file");
        SpinWait.SpinUntil(() => File.Exists(file) && File.ReadAllText(file) == "started\n", Command.Patience).Should().BeTrue();
    }

    [Fact]
    [Proves("runtime-start-02")]
    public void A_second_start_is_refused()
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldFailWith("cannot start an already running container");
    }

    [Fact]
    public void Of_many_starts_at_once_one_wins()
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        Result[] results = InParallel(8, () => container.Rt("start", container.Id));
        results.Count(result => result.Code == 0).Should().Be(1);
        results.Where(result => result.Code != 0).Should().OnlyContain(result => result.Error.Contains("already running"));
    }

    [Fact]
    [Proves("runtime-create-03")]
    public void Of_many_creates_of_one_id_one_wins()
    {
        using Container container = Sleeper();
        Result[] results = InParallel(8, () => container.Create());
        results.Count(result => result.Code == 0).Should().Be(1, string.Concat(results.Select(result => result.Error)));
        results.Where(result => result.Code != 0)
            .Should().OnlyContain(result => result.Error.Contains("container with given ID already exists"));
        container.Status.Should().Be("created");
    }

    [Fact]
    public void Delete_racing_with_kill_and_start_ends_with_the_container_gone()
    {
        for (int round = 0; round < 10; round++)
        {
            using Container container = Sleeper();
            container.Create().ShouldEndWith(0);
            Result[] results = InParallel(3, index => index switch
            {
                0 => container.Rt("start", container.Id),
                1 => container.Rt("kill", container.Id, "KILL"),
                _ => container.Rt("delete", "--force", container.Id),
            });
            results[2].ShouldEndWith(0);
            results.Should().OnlyContain(result => result.Code == 0 || result.Code == 1);
            container.ShouldHaveLeftNothing();
        }
    }

    [Fact]
    [Proves("runtime-create-03", "runtime-create-05")]
    public void Create_with_an_id_that_exists_leaves_the_first_alone()
    {
        using Container container = Container.Sleeping();
        int pid = container.Pid;
        container.Create().ShouldFailWith("container with given ID already exists");
        container.Pid.Should().Be(pid);
        container.Status.Should().Be("running");
    }

    [Fact]
    [Proves("runtime-delete-02")]
    public void A_running_container_is_deleted_only_by_force()
    {
        using Container container = Container.Sleeping();
        container.Rt("delete", container.Id).ShouldFailWith($"cannot delete container {container.Id} that is not stopped: running");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("runtime-delete-02", "runtime-delete-03")]
    public void A_created_container_is_deleted_without_force()
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        container.Rt("delete", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("runtime-delete-05")]
    public void Deleting_a_stopped_container_does_nothing_to_one_that_has_taken_its_cgroup()
    {
        using Container stopped = Container.Script("true");
        using Container other = Container.Script("sleep 100", config =>
            config["linux"]!["cgroupsPath"] = stopped.Config["linux"]!["cgroupsPath"]!.GetValue<string>());
        stopped.Run("--keep").ShouldEndWith(0);
        other.Run("--detach").ShouldEndWith(0);
        stopped.Rt("kill", stopped.Id, "KILL").ShouldFailWith("container not running");
        stopped.Rt("kill", "--all", stopped.Id, "KILL").ShouldEndWith(0);
        stopped.Rt("delete", stopped.Id).ShouldEndWith(0);
        other.Status.Should().Be("running");
        other.Rt("delete", "--force", other.Id).ShouldEndWith(0);
    }

    [Fact]
    public void A_caller_without_standard_streams_gets_a_container_with_dev_null()
    {
        using Container container = Sleeper();
        Command.Shell("exec \"$@\" <&- >&- 2>&-",
            Repository.Binary, "--root", container.StateRoot, "create", "--bundle", container.Bundle, container.Id).ShouldEndWith(0);
        for (int fd = 0; fd <= 2; fd++) new FileInfo($"/proc/{container.Pid}/fd/{fd}").LinkTarget.Should().Be("/dev/null");
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
    }

    [Fact]
    public void A_container_whose_state_is_damaged_is_listed_by_none_and_deleted_by_force()
    {
        using Container container = Sleeper();
        string directory = Path.Combine(container.StateRoot, "damaged");
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "state.json"), "{");
        container.Rt("list", "-q").ShouldEndWith(0).Out.Should().BeEmpty();
        container.Rt("state", "damaged").ShouldFailWith("state.json: invalid JSON at line 1");
        container.Rt("delete", "--force", "damaged").ShouldEndWith(0);
        Directory.Exists(directory).Should().BeFalse();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [Proves("runtime-errors-01")]
    public void A_full_disk_is_told_and_leaves_nothing(int inodes)
    {
        using Container container = Sleeper();
        string disk = Directory.CreateDirectory(Path.Combine(container.Bundle, "disk")).FullName;
        Command.Run("mount", "-t", "tmpfs", "-o", $"size=4k,nr_inodes={inodes}", "none", disk).ShouldEndWith(0);
        try
        {
            Command.Rt("--root", disk, "create", "--bundle", container.Bundle, container.Id).ShouldFailWith("no space left on device");
            Directory.GetFileSystemEntries(disk).Should().BeEmpty();
            Directory.Exists(container.Cgroup).Should().BeFalse();
        }
        finally
        {
            Command.Run("umount", disk);
        }
    }

    [Fact]
    [Proves("runtime-query-02")]
    public void A_missing_container_is_an_error_unless_deleted_by_force()
    {
        using Container container = Sleeper();
        container.Rt("delete", "nobody").ShouldFailWith("container does not exist");
        container.Rt("delete", "--force", "nobody").ShouldEndWith(0).Error.Should().BeEmpty();
        foreach (string command in (string[])["start", "kill", "state"])
            container.Rt(command, "nobody").ShouldFailWith("container does not exist");
    }

    [Fact]
    [Proves("runtime-start-02", "runtime-kill-02")]
    public void A_stopped_container_can_be_neither_started_nor_killed()
    {
        using Container container = Container.Script("true");
        container.Run("--keep").ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldFailWith("cannot start a container that has stopped");
        container.Rt("kill", container.Id).ShouldFailWith("container not running");
    }

    [Fact]
    public void A_process_that_has_taken_over_the_pid_is_not_the_container()
    {
        using Container container = Container.Sleeping();
        string file = Path.Combine(container.StateRoot, container.Id, "state.json");
        JsonNode state = JsonNode.Parse(File.ReadAllText(file))!;
        int pid = state["pid"]!.GetValue<int>();
        state["startTime"] = state["startTime"]!.GetValue<ulong>() - 1;
        File.WriteAllText(file, state.ToJsonString());
        container.Status.Should().Be("stopped");
        container.Rt("kill", container.Id, "KILL").ShouldFailWith("container not running");
        Directory.Exists($"/proc/{pid}").Should().BeTrue("the other process must be left alone");
    }

    [Fact]
    [Proves("runtime-state-08", "runtime-kill-02", "runtime-kill-03")]
    public void A_frozen_container_is_paused_and_can_still_be_killed()
    {
        using Container container = Container.Sleeping();
        File.WriteAllText(container.Cgroup + "/cgroup.freeze", "1");
        SpinWait.SpinUntil(() => container.Status == "paused", Command.Patience).Should().BeTrue();
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
    }

    [Theory]
    [InlineData(3, "SIGKILL")]
    [InlineData(1001, "TERM")]
    public void A_signal_goes_to_all_processes_be_they_ever_so_many(int count, string signal)
    {
        using Container container = Container.Script($"for i in $(seq {count - 1}); do sleep 100 & done; exec sleep 100", config =>
            config["linux"]!["namespaces"]!.AsArray().RemoveAt(0));
        container.Run("--detach").ShouldEndWith(0);
        string processes = container.Cgroup + "/cgroup.procs";
        SpinWait.SpinUntil(() => File.ReadAllLines(processes).Length == count, Command.Patience).Should().BeTrue();
        container.Rt("kill", "--all", container.Id, signal).ShouldEndWith(0);
        SpinWait.SpinUntil(() => File.ReadAllText(processes).Length == 0, Command.Patience).Should().BeTrue();
    }

    [Fact]
    public void A_create_interrupted_by_a_signal_at_any_moment_is_whole_or_gone() => StrikeAtManyMoments("-TERM", (container, create) =>
    {
        if (create.Code == 0) container.Status.Should().Be("created");
        else container.ShouldHaveLeftNothing();
    });

    [Fact]
    public void A_create_that_was_killed_at_any_moment_leaves_what_can_be_deleted() => StrikeAtManyMoments("-KILL", (container, _) =>
    {
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    });

    [Fact]
    public void A_run_that_was_killed_leaves_a_container_that_can_be_deleted()
    {
        using Container container = Sleeper();
        using Command.Running run = container.RunInForeground();
        run.Signal("KILL");
        run.Wait().ShouldEndWith(137);
        container.Status.Should().Be("running");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void List_shows_tables_json_and_ids()
    {
        using Container container = Sleeper();
        container.Rt("list", "--format", "json").ShouldEndWith(0).Out.Should().Be("null\n");
        container.Rt("list").ShouldEndWith(0).Out.Should().Be("ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
        container.Create().ShouldEndWith(0);
        container.Rt("list", "-q").Out.Should().Be(container.Id + "\n");
        container.Rt("list").Out.Should().MatchRegex($"{container.Id} +{container.Pid} +created +{container.Bundle} +\\S+Z +root\n$");
        JsonNode.Parse(container.Rt("list", "-f", "json").Out)![0]!["status"]!.GetValue<string>().Should().Be("created");
        container.Rt("list", "-f", "xml").ShouldFailWith("invalid format option");
    }

    /// <summary>Sends a signal to rt create 30 times, each a little later than the one before.</summary>
    private static void StrikeAtManyMoments(string signal, Action<Container, Result> check)
    {
        for (int round = 0; round < 30; round++)
        {
            using Container container = Sleeper();
            using Command.Running create = container.Start("create", "--bundle", container.Bundle, container.Id);
            Thread.Sleep(TimeSpan.FromMicroseconds(2000 + (round * 400)));
            Command.Run("kill", signal, create.Pid.ToString());
            check(container, create.Wait());
        }
    }

    private static Result[] InParallel(int count, Func<Result> action) => InParallel(count, _ => action());

    private static Result[] InParallel(int count, Func<int, Result> action)
    {
        Result[] results = new Result[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() => results[index] = action(index)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return results;
    }
}
