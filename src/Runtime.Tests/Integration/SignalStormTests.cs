using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Signals that come while rt's garbage collector is at work, which a large configuration keeps busy.</summary>
[BeyondTheSpec("signals to rt itself")]
public sealed class SignalStormTests
{
    private const int SIGCHLD = 17, SIGWINCH = 28;

    [Fact]
    public void Signals_at_any_time_do_no_harm()
    {
        using Container container = Container.Script("echo ran", config => config["annotations"] = new JsonObject(
            Enumerable.Range(0, 300).Select(i => KeyValuePair.Create<string, JsonNode?>($"big{i}", new string('x', 10_000)))));
        for (int round = 0; round < 6; round++)
        {
            using Command.Running rt = container.Start("run", "--bundle", container.Bundle, container.Id);
            for (long end = Environment.TickCount64 + 5000; !rt.HasExited && Environment.TickCount64 < end;) _ = kill(rt.Pid, SIGWINCH);
            Result result = rt.Wait().ShouldEndWith(0);
            result.Out.Should().Be("ran\n");
            result.Error.Should().BeEmpty();
        }
    }

    /// <summary>A signal that one thread does not block is lost on it: who waits for SIGCHLD waits for ever.</summary>
    [Fact]
    public void A_thread_of_the_runtimes_that_begins_late_blocks_signals_too()
    {
        using Container container = Container.Script("exec sleep 100");
        using Command.Running strace = Command.Start("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=set_robust_list",
            "-e", "inject=set_robust_list:delay_enter=400000", // every thread's first
            Repository.Binary, "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id);
        SpinWait.SpinUntil(() => container.Rt("state", container.Id).Out.Contains("running"), 20_000).Should().BeTrue();
        string rt = File.ReadAllText($"/proc/{strace.Pid}/task/{strace.Pid}/children").Split(' ')[0];
        string[] masks = [.. Directory.GetDirectories($"/proc/{rt}/task").Select(task =>
            File.ReadLines($"{task}/status").First(line => line.StartsWith("SigBlk:", StringComparison.Ordinal)))];
        masks.Should().HaveCountGreaterThan(1, "there is a finalizer's thread");
        foreach (string mask in masks)
            (Convert.ToUInt64(mask.Split('\t')[1], 16) & 1UL << (SIGCHLD - 1)).Should().NotBe(0, "each thread must block SIGCHLD");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        strace.Wait();
    }

    [Fact]
    public void A_caller_who_ignores_the_end_of_children_is_no_matter()
    {
        using Container container = Container.Script("exit 7");
        container.Wrapper = ["sh", "-c", "trap '' CHLD; exec \"$@\"", "sh"];
        container.Run().ShouldEndWith(7);
        container.Create().ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Rt("wait", container.Id).ShouldEndWith(7);
    }

    [DllImport("libc")]
    private static extern int kill(int pid, int signal);
}
