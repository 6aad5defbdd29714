using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// A process of the container's looks into one that is joining it, while that still holds what is the host's (CVE-2016-9962,
/// CVE-2019-5736, CVE-2024-21626). The field fell for it because the joining process could be traced, its binary opened, its descriptors
/// used. The rules: it can't be dumped from before it is in sight until execve; what is rt's is closed first; its binary is a view that
/// can't be written.
/// </summary>
[BeyondTheSpec("attacks on processes that join a container")]
public sealed class JoiningProcessTests
{
    private static readonly string[] OwnPrograms = ["exe /bin/busybox", "traced /bin/busybox"];

    /// <summary>Each system call takes a while, so that the spy has a look between any two of them.</summary>
    private static readonly string[] Slowly = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=all:delay_enter=200"];

    /// <summary>Runs rt with these arguments, first often, then slowly.</summary>
    private static void Often(Container container, string[] arguments)
    {
        const int Batch = 100, SlowRounds = 10;
        string[] command = [Repository.Binary, "--root", container.StateRoot, .. arguments];
        for (int done = 0; done < Rounds.Count; done += Batch)
            Command.Shell("i=0; while [ $i -lt 100 ]; do i=$((i + 1)); \"$@\" || exit; done", command).ShouldEndWith(0);
        for (int round = 0; round < SlowRounds; round++) Command.Run([.. Slowly, .. command]).ShouldEndWith(0);
    }

    private static string[] End(Command.Running spying, Container container)
    {
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        string[] lines = spying.Wait().ShouldEndWith(137).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().Contain("exe /bin/busybox", "it must be able to look into the container's own processes");
        lines.Should().NotContain(line => line.StartsWith("exe-write", StringComparison.Ordinal));
        lines.Should().NotContain(line => line.StartsWith("escape", StringComparison.Ordinal));
        return lines;
    }

    private static void ShouldHaveSeenNothingOfTheHost(string[] lines)
    {
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            if (words[0] is "exe" or "traced") OwnPrograms.Should().Contain(line);
            else if (words[0] == "fd") words[1].Should().BeOneOf("0", "1", "2");
            else if (words[0] == "cwd") words[1].Should().Be("/");
            else line.Should().Be("looking");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_process_of_exec_shows_nothing_until_it_is_the_containers_own(bool traces)
    {
        using Container container = Spy.Start(out Command.Running spying, traces);
        using (spying)
        {
            Often(container, ["exec", container.Id, "/bin/busybox", "true"]);
            ShouldHaveSeenNothingOfTheHost(End(spying, container));
        }
    }

    /// <summary>Another container in the same pid namespace, as in a pod.</summary>
    [Fact]
    public void The_init_of_a_container_that_comes_into_the_pid_namespace_shows_nothing_either()
    {
        using Container container = Spy.Start(out Command.Running spying, traces: false);
        using Container other = new(config =>
        {
            config["process"]!["args"] = new JsonArray("/bin/busybox", "true");
            config["linux"]!["namespaces"]![0]!["path"] = $"/proc/{container.Pid}/ns/pid";
        });
        using (spying)
        {
            Often(other, ["run", "--bundle", other.Bundle, other.Id]);
            ShouldHaveSeenNothingOfTheHost(End(spying, container));
        }
    }

    [Fact]
    public void The_way_out_by_a_directory_of_a_process_is_a_real_one()
    {
        using Container container = Spy.Start(out Command.Running spying, traces: false, "CAP_SYS_PTRACE");
        using (spying)
        {
            using Command.Running careless = Command.Start("nsenter", "--target", $"{container.Pid}", "--pid", "sleep", "100");
            SpinWait.SpinUntil(() => spying.OutputSoFar.Contains("\nescape "), Command.Patience).Should().BeTrue("it has the host's root");
        }
    }

    /// <summary>Then the kernel lets it look. There is no way to write to what it sees, and nothing of the host's file systems.</summary>
    [Fact]
    public void A_container_that_may_trace_finds_nothing_to_write_to()
    {
        using Container container = Spy.Start(out Command.Running spying, traces: false, "CAP_SYS_PTRACE");
        using (spying)
        {
            Often(container, ["exec", container.Id, "/bin/busybox", "true"]);
            string[] lines = End(spying, container);
            lines.Should().Contain("exe /rt", "it does see the process on its way");
            foreach (string line in lines.Where(line => line.StartsWith("fd ", StringComparison.Ordinal)))
                line.Should().MatchRegex(@"^fd [012] |^fd \d+ (socket:|anon_inode:\[pidfd\]|/$|/etc/passwd$)");
        }
    }
}
