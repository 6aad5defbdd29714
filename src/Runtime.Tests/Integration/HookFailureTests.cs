using System.Diagnostics;
using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>A hook that fails: what is told, and what becomes of the container.</summary>
public sealed class HookFailureTests
{
    private const string Poststop = "echo stopped >>stopped";

    public static TheoryData<string> Fatal => [.. Hooked.Fatal];

    /// <summary>A container whose second hook of a kind fails, and whose poststop hook leaves a word.</summary>
    private static Container Failing(string kind, JsonNode hook) => Hooked.Script("echo ran >>ran; exec sleep 100", config =>
    {
        config.Hook(kind, "echo first >>first");
        config.Hook(kind, hook);
        config.Hook(kind, "echo third >>third");
        config.Hook("poststop", Poststop);
    });

    private static JsonObject Shell(string script) => new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", script) };

    /// <summary>Create and start, or run: the failure comes from whichever should have run the hook.</summary>
    private static void ShouldFail(Container container, string kind, string words)
    {
        foreach (string command in (string[])["create", "run", "run --detach"])
        {
            Result result = container.Rt([.. command.Split(' '), "--bundle", container.Bundle, container.Id]);
            if (command == "create" && kind is ("startContainer" or "poststart"))
            {
                result.ShouldEndWith(0);
                result = container.Rt("start", container.Id);
            }

            result.ShouldFailWith($"rt: {words}");
            container.ShouldHaveLeftNothing();
            container.Left("first").Should().Be("first");
            container.Left("third").Should().BeEmpty("the hooks after it don't run");
            if (kind != "poststart") container.Left("ran").Should().BeEmpty("the program doesn't run");
            container.Left("stopped").Should().Be("stopped", "poststop hooks run once, after {0}", command);
            File.Delete(Path.Combine(container.Bundle, "first"));
            File.Delete(Path.Combine(container.Bundle, "stopped"));
        }
    }

    [Theory]
    [MemberData(nameof(Fatal))]
    [Proves("runtime-lifecycle-07", "runtime-lifecycle-08", "runtime-lifecycle-10", "runtime-lifecycle-11", "runtime-lifecycle-13",
        "runtime-lifecycle-14", "runtime-lifecycle-16", "runtime-lifecycle-17", "runtime-lifecycle-20", "runtime-lifecycle-21",
        "runtime-errors-01")]
    public void One_that_ends_with_another_code_than_0_destroys_the_container(string kind)
    {
        using Container container = Failing(kind, Shell("echo out; echo its reason >&2; exit 3"));
        ShouldFail(container, kind, $"hooks.{kind}[1]: hook /bin/sh ended with exit status 3: out its reason\n");
    }

    [Theory]
    [MemberData(nameof(Fatal))]
    public void One_that_is_killed_destroys_the_container(string kind)
    {
        using Container container = Failing(kind, Shell("kill -SEGV $$; sleep 10"));
        // In a pid namespace, where the hook is another process than the first, a signal of its own strikes it too.
        ShouldFail(container, kind, $"hooks.{kind}[1]: hook /bin/sh was killed by SIGSEGV\n");
    }

    [Theory]
    [MemberData(nameof(Fatal))]
    public void One_that_is_not_there_destroys_the_container(string kind)
    {
        string path = "/no/such/" + new string('x', 120);
        using Container container = Failing(kind, new JsonObject { ["path"] = path });
        ShouldFail(container, kind, $"hooks.{kind}[1]: hook {path} can't be executed: no such file or directory\n");
    }

    [Theory]
    [MemberData(nameof(Fatal))]
    public void One_that_is_no_program_destroys_the_container(string kind)
    {
        using Container container = Failing(kind, new JsonObject { ["path"] = "/etc/passwd" });
        ShouldFail(container, kind, $"hooks.{kind}[1]: hook /etc/passwd can't be executed: permission denied\n");
    }

    [Fact]
    public void One_that_takes_too_long_is_killed_with_what_it_started()
    {
        Stopwatch watch = Stopwatch.StartNew();
        List<(string Kind, Container Container, Command.Running Run)> runs = [];
        try
        {
            foreach (string kind in Hooked.Kinds)
            {
                Container container = Hooked.Script("true", config =>
                {
                    config.Hook(kind, $"sleep 50 & echo $! >child; sleep 51", timeout: 1);
                    if (kind != "poststop") config.Hook("poststop", Poststop);
                });
                runs.Add((kind, container, container.Start("run", "--bundle", container.Bundle, container.Id)));
            }

            foreach ((string kind, Container container, Command.Running run) in runs)
            {
                Result result = run.Wait();
                result.Error.Should().Contain($"hooks.{kind}[0]: hook /bin/sh took longer than its timeout and was killed");
                result.Code.Should().Be(kind == "poststop" ? 0 : 1);
                container.ShouldHaveLeftNothing();
                if (kind != "poststop") container.Left("stopped").Should().Be("stopped", kind);
                if (Hooked.OfRuntime.Contains(kind)) Gone(container.Left("child")).Should().BeTrue(kind);
            }

            watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(15));
        }
        finally
        {
            runs.ForEach(run => run.Run.Dispose());
            runs.ForEach(run => run.Container.Dispose());
        }
    }

    [Fact]
    [Proves("runtime-lifecycle-23", "runtime-warnings-01")]
    public void A_poststop_hook_that_fails_is_a_warning()
    {
        using Container container = Hooked.Script("true", config =>
        {
            config.Hook("poststop", "echo its reason; exit 3");
            config.Hook("poststop", JsonNode.Parse("""{"path": "/no/such/hook"}""")!);
            config.Hook("poststop", Poststop);
        });
        string log = Path.Combine(container.Bundle, "log.json");
        container.Run("--keep").ShouldEndWith(0);
        container.Rt("--log", log, "--log-format", "json", "delete", container.Id).ShouldEndWith(0).Error.Should().BeEmpty();
        container.Left("stopped").Should().Be("stopped");
        container.ShouldHaveLeftNothing();
        JsonNode[] lines = [.. File.ReadAllLines(log).Select(line => JsonNode.Parse(line)!)];
        lines.Select(line => line["level"]!.GetValue<string>()).Should().Equal("warning", "warning");
        lines.Select(line => line["msg"]!.GetValue<string>()).Should().Equal(
            "hooks.poststop[0]: hook /bin/sh ended with exit status 3: its reason",
            "hooks.poststop[1]: hook /no/such/hook can't be executed: no such file or directory");
    }

    [Fact]
    public void What_fails_after_hooks_have_run_is_followed_by_poststop_hooks()
    {
        foreach (string kind in (string[])["prestart", "createContainer"])
        {
            using Container container = Hooked.Script("true", config =>
            {
                config["process"]!["args"] = new JsonArray("nosuch");
                config.Hook(kind, "true");
                config.Hook("poststop", Poststop);
            });
            container.Create().ShouldFailWith("executable file not found");
            container.Left("stopped").Should().Be("stopped", kind);
            container.ShouldHaveLeftNothing();
        }
    }

    [Fact]
    public void What_fails_before_any_hook_has_run_is_followed_by_none()
    {
        using Container container = Hooked.OfEveryKind("true", kind => $"echo {kind} >>log");
        container.Change(config => config["mounts"]![0]!["type"] = "nosuchfs");
        container.Create().ShouldFailWith("nosuchfs");
        container.Left("log").Should().BeEmpty();
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_createContainer_hook_that_fails_leaves_no_process_of_its_own_even_without_a_pid_namespace()
    {
        using Container container = Hooked.Script("true", config =>
        {
            config["linux"]!["namespaces"]!.AsArray().RemoveAt(0);
            config.Hook("createContainer", "sleep 50 & echo $! >child; exit 1");
        });
        container.Create().ShouldFailWith("hooks.createContainer[0]");
        Gone(container.Left("child")).Should().BeTrue();
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData("prestart", "TERM")]
    [InlineData("createRuntime", "INT")]
    [InlineData("createContainer", "HUP")]
    [InlineData("startContainer", "TERM")]
    [InlineData("poststart", "TERM")]
    public void A_signal_to_rt_kills_the_hook_and_undoes_the_container(string kind, string signal)
    {
        using Container container = Hooked.Script("exec sleep 100", config =>
        {
            config.Hook(kind, "echo $$ >hook; exec sleep 50");
            config.Hook("poststop", Poststop);
        });
        string command = kind is "startContainer" or "poststart" ? "run" : "create";
        using Command.Running running = container.Start(command, "--bundle", container.Bundle, container.Id);
        container.ShouldSoonLeave("hook");
        running.Signal(signal);
        running.Wait().ShouldFailWith(Hooked.OfRuntime.Contains(kind)
            ? $"hooks.{kind}[0]: hook /bin/sh was killed, since rt was interrupted by SIG{signal}"
            : $"interrupted by SIG{signal}");
        if (Hooked.OfRuntime.Contains(kind)) Gone(container.Left("hook")).Should().BeTrue();
        container.Left("stopped").Should().Be("stopped");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_create_that_is_killed_during_a_hook_leaves_what_can_be_deleted()
    {
        foreach (string kind in (string[])["createRuntime", "createContainer"])
        {
            using Container container = Hooked.Script("true", config =>
            {
                config.Hook(kind, "echo $$ >hook; exec sleep 50", timeout: 60);
                config.Hook("poststop", Poststop);
            });
            using Command.Running create = container.Start("create", "--bundle", container.Bundle, container.Id);
            try
            {
                container.ShouldSoonLeave("hook");
                create.Signal("KILL");
                create.Wait();
                container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
                container.Left("stopped").Should().Be("stopped", kind);
                container.ShouldHaveLeftNothing();
            }
            finally
            {
                if (kind == "createRuntime") Command.Run("kill", container.Left("hook")); // it goes on by itself
            }
        }
    }

    /// <summary>Whether a process has ended, be it a zombie still.</summary>
    private static bool Gone(string pid) => SpinWait.SpinUntil(() =>
    {
        try
        {
            return File.ReadAllText($"/proc/{int.Parse(pid)}/stat").Contains(") Z ");
        }
        catch (IOException)
        {
            return true;
        }
    }, 3000);

    [Fact]
    [Proves("runtime-lifecycle-18")]
    public void A_process_that_dies_before_its_program_is_executed_is_not_started()
    {
        using Container container = Hooked.Script("echo >program", config =>
        {
            config.Hook("startContainer", "echo >hook; sleep 10");
            config.Hook("poststart", "echo >poststart");
        });
        container.Create().ShouldEndWith(0);
        using Command.Running start = container.Start("start", container.Id);
        SpinWait.SpinUntil(() => File.Exists(Path.Combine(container.Bundle, "hook")), Command.Patience).Should().BeTrue();
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        start.Wait().ShouldFailWith("its process died before its program was executed");
        container.Status.Should().Be("stopped");
        File.Exists(Path.Combine(container.Bundle, "program")).Should().BeFalse();
        File.Exists(Path.Combine(container.Bundle, "poststart")).Should().BeFalse();
    }
}
