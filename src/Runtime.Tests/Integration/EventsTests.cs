using System.Text.Json;
using System.Text.Json.Nodes;
using Rt.Kernel;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

[BeyondTheSpec("rt events: what a container uses, as lines of JSON, from any moment of its life to its end")]
public sealed class EventsTests
{
    /// <summary>As a shell reports a program that ended by SIGTERM, or by SIGPIPE.</summary>
    private const int Terminated = 143, NobodyReads = 141;

    private static Container Sleeper(string script = "exec sleep 100") => Container.Script(script);

    private static Container Running(string script = "exec sleep 100")
    {
        Container container = Sleeper(script);
        container.Run("--detach").ShouldEndWith(0);
        return container;
    }

    private static JsonObject Stats(Container container)
    {
        Result result = container.Rt("events", "--stats", container.Id).ShouldEndWith(0);
        result.Error.Should().BeEmpty();
        return Data(container, result.Out);
    }

    /// <summary>What one line of statistics has to tell.</summary>
    private static JsonObject Data(Container container, string line)
    {
        line.Should().EndWith("\n").And.MatchRegex("^[^\n]*\n$");
        JsonObject whole = JsonNode.Parse(line)!.AsObject();
        whole.Select(member => member.Key).Should().Equal("type", "id", "data");
        whole["type"]!.GetValue<string>().Should().Be("stats");
        whole["id"]!.GetValue<string>().Should().Be(container.Id);
        return whole["data"]!.AsObject();
    }

    [Fact]
    public void Statistics_have_runcs_members_and_the_kernels_numbers()
    {
        using Container container = Running("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 100 & exec sleep 100");
        JsonObject data = [];
        SpinWait.SpinUntil(() => (data = Stats(container))["pids"]!["current"]?.GetValue<int>() == 2, Command.Patience).Should().BeTrue();
        data.Select(member => member.Key).Should()
            .Equal("cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt", "network_interfaces");
        JsonNode usage = data["cpu"]!["usage"]!;
        ulong total = usage["total"]!.GetValue<ulong>();
        // In nanoseconds, from numbers that the kernel cuts off to microseconds; the loop took some, and by now there may be more.
        ulong parts = usage["kernel"]!.GetValue<ulong>() + usage["user"]!.GetValue<ulong>();
        total.Should().BePositive().And.BeInRange(parts, parts + 1000);
        ulong counted = ulong.Parse(File.ReadLines(container.Cgroup + "/cpu.stat").First().Split(' ')[1]) * 1000;
        total.Should().BeInRange(counted / 2, counted);
        foreach (string part in (string[])["usage", "swap", "kernel", "kernelTCP"])
            foreach (string number in (string[])["limit", "failcnt"])
                data["memory"]![part]![number]!.GetValueKind().Should().Be(JsonValueKind.Number);
        data["cpu"]!["throttling"]!.GetValueKind().Should().Be(JsonValueKind.Object);
        data["cpuset"]!["sched_relax_domain_level"]!.GetValue<int>().Should().Be(0);
        data["hugetlb"]!.GetValueKind().Should().Be(JsonValueKind.Object);
        data["intel_rdt"]!.AsObject().Should().BeEmpty();
        data["network_interfaces"].Should().BeNull();
    }

    [Fact]
    public void Pressure_is_told_where_the_kernel_tracks_it()
    {
        using Container container = Running();
        JsonObject data = Stats(container);
        foreach (var (part, file) in (ReadOnlySpan<(string, string)>)[("cpu", "cpu"), ("memory", "memory"), ("blkio", "io")])
        {
            JsonNode? psi = data[part]!["psi"];
            if (!File.Exists($"{container.Cgroup}/{file}.pressure"))
            {
                psi.Should().BeNull();
                continue;
            }

            foreach (string line in (string[])["some", "full"])
            {
                foreach (string average in (string[])["avg10", "avg60", "avg300"])
                    psi![line]![average]!.GetValue<double>().Should().BeInRange(0, 100);
                psi![line]!["total"]!.GetValueKind().Should().Be(JsonValueKind.Number);
            }
        }
    }

    [ControllerFact("hugetlb")]
    public void Huge_pages_are_told_by_size()
    {
        using Container container = Container.Script("exec sleep 100", config => config["linux"]!["resources"] =
            JsonNode.Parse("""{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}"""));
        container.Run("--detach").ShouldEndWith(0);
        JsonObject hugetlb = Stats(container)["hugetlb"]!.AsObject();
        hugetlb.Select(size => size.Key).Should().BeInAscendingOrder(StringComparer.Ordinal).And.Contain("2MB");
        hugetlb["2MB"]!.ToJsonString().Should().Be("""{"failcnt":0}""");
    }

    [Fact]
    public void A_container_that_is_only_created_has_statistics()
    {
        using Container container = Sleeper();
        container.Create().ShouldEndWith(0);
        Stats(container)["pids"]!["current"]!.GetValue<int>().Should().Be(1);
    }

    [Fact]
    public void The_first_line_comes_after_an_interval_and_the_last_before_the_end()
    {
        using Container container = Running();
        using Command.Running events = container.Start("events", "--interval", "300ms", container.Id);
        Thread.Sleep(100);
        events.OutputSoFar.Should().BeEmpty();
        SpinWait.SpinUntil(() => events.OutputSoFar.Count(c => c == '\n') >= 3, Command.Patience).Should().BeTrue();
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        string output = events.Wait().ShouldEndWith(0).Out;
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.Should().BeGreaterThanOrEqualTo(3);
        foreach (string line in lines) Data(container, line + "\n").Should().ContainKey("cpu");
    }

    [Fact]
    public void The_end_of_the_container_is_the_end_whatever_the_interval()
    {
        using Container container = Running();
        using Command.Running events = container.Start("events", "--interval", "2562047h", container.Id);
        WaitUntilAsleep(events);
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        events.Wait().ShouldEndWith(0).Out.Should().BeEmpty();
    }

    [Fact]
    public void Many_may_watch_while_the_container_is_deleted()
    {
        using Container container = Running();
        Command.Running[] events = [.. Enumerable.Range(0, 8).Select(n => container.Start("events", "--interval", $"{n + 1}ms", container.Id))];
        try
        {
            foreach (Command.Running one in events)
                SpinWait.SpinUntil(() => one.OutputSoFar.Contains('\n'), Command.Patience).Should().BeTrue();
            container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
            foreach (Command.Running one in events)
            {
                Result result = one.Wait().ShouldEndWith(0);
                result.Error.Should().NotContain("rt: ");
                foreach (string line in result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    Data(container, line + "\n")["pids"]!["current"]!.GetValue<int>().Should().Be(1);
            }
        }
        finally
        {
            foreach (Command.Running one in events) one.Dispose();
        }

        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData("TERM", Terminated)]
    [InlineData("INT", 130)]
    [InlineData("HUP", 129)]
    public void A_signal_ends_it(string signal, int code)
    {
        using Container container = Running();
        using Command.Running events = container.Start("events", container.Id);
        WaitUntilAsleep(events);
        events.Signal(signal);
        events.Wait().Code.Should().Be(code);
        container.Status.Should().Be("running");
    }

    [Theory]
    [InlineData("20ms", "head -n 1")]
    [InlineData("1h", "true")]
    public void When_nobody_reads_any_more_it_ends_quietly(string interval, string reader)
    {
        using Container container = Running();
        string code = Path.Combine(container.Bundle, "code"), error = Path.Combine(container.Bundle, "error");
        Command.Shell("{ timeout 20 \"$1\" --root \"$2\" --log /dev/null events --interval \"$3\" \"$4\" 2>\"$6\"; echo $? >\"$5\"; } | " + reader,
            Repository.Binary, container.StateRoot, interval, container.Id, code, error).ShouldEndWith(0);
        File.ReadAllText(code).Should().Be($"{NobodyReads}\n");
        File.ReadAllText(error).Should().BeEmpty();
    }

    [Fact]
    public void Between_two_lines_nothing_wakes_up()
    {
        using Container container = Running();
        using Command.Running events = container.Start("events", "--interval", "1h", container.Id);
        WaitUntilAsleep(events); // perhaps in a wait that comes before the long one
        Enumerable.Range(0, 3).Any(_ => SleepsOn()).Should().BeTrue("it polls: something wakes it in each of three periods");

        bool SleepsOn()
        {
            long before = Switches(events.Pid);
            Thread.Sleep(1500);
            return Switches(events.Pid) == before;
        }
    }

    [Fact]
    public void A_stopped_container_is_refused_in_runcs_words()
    {
        using Container container = Sleeper("true");
        container.Run("--keep").ShouldEndWith(0);
        container.Rt("events", container.Id).ShouldFailWith($"container with id {container.Id} is not running");
        container.Rt("events", "--stats", container.Id).ShouldFailWith($"container with id {container.Id} is not running");
    }

    [Fact]
    public void A_container_whose_cgroup_somebody_removed_has_nothing_to_tell()
    {
        using Container container = Running();
        File.WriteAllText("/sys/fs/cgroup/cgroup.procs", container.Pid.ToString());
        Directory.Delete(container.Cgroup);
        container.Rt("events", "--stats", container.Id).ShouldFailWith($"container {container.Id} has no cgroup any more");
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0s")]
    [InlineData("-5s")]
    public void An_interval_of_nothing_is_refused_in_runcs_words(string interval)
    {
        using Container container = Running();
        container.Rt("events", "--interval", interval, container.Id).ShouldFailWith("duration interval must be greater than 0");
    }

    [Theory]
    [InlineData("5")]
    [InlineData("soon")]
    [InlineData("")]
    public void What_is_no_duration_is_refused_in_runcs_words(string interval) =>
        Command.Rt("events", "--interval", interval, "box").ShouldFailWith($"invalid value \"{interval}\" for flag -interval: parse error");

    [Fact]
    public void A_container_that_is_not_there_is_refused() =>
        Command.Rt("events", "no-such-container").ShouldFailWith("container does not exist");

    [Fact]
    public void It_takes_one_id() => Command.Rt("events").ShouldFailWith("\"events\" requires exactly 1 argument(s)");

    private static void WaitUntilAsleep(Command.Running events) => SpinWait.SpinUntil(
        () => File.ReadAllText($"/proc/{events.Pid}/syscall").StartsWith($"{SyscallNumber.ppoll} ", StringComparison.Ordinal)
            && File.ReadAllText($"/proc/{events.Pid}/comm") == "rt\n", Command.Patience).Should().BeTrue();

    /// <summary>How often the threads of a process have gone to sleep.</summary>
    private static long Switches(int pid) => Directory.GetDirectories($"/proc/{pid}/task")
        .SelectMany(thread => File.ReadLines(thread + "/status"))
        .Where(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split('\t')[1]));
}
