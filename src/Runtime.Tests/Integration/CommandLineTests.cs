using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Flags and arguments as users of runc type them.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--version")]
    [InlineData("-v")]
    public void Version_prints_runcs_lines(string flag) =>
        Command.Rt(flag).ShouldEndWith(0).Out
            .Should().MatchRegex("^rt version \\d+\\.\\d+\\.\\d+\ncommit: \\S+\nspec: 1\\.3\\.0\nlibseccomp: \\d+\\.\\d+\\.\\d+\n$");

    [Theory]
    [InlineData("create")]
    [InlineData("delete")]
    [InlineData("features")]
    [InlineData("kill")]
    [InlineData("list")]
    [InlineData("plan")]
    [InlineData("run")]
    [InlineData("spec")]
    [InlineData("start")]
    [InlineData("state")]
    public void Every_command_has_help_and_the_overview_lists_it(string command)
    {
        Command.Rt(command, "--help").ShouldEndWith(0).Out.Should().Contain("rt " + command);
        Command.Rt("--help").ShouldEndWith(0).Out.Should().Contain(command);
    }

    [Fact]
    public void Options_stand_before_or_after_the_id_and_with_one_dash_or_two()
    {
        string[][] forms =
        [
            ["-b", "B", "ID"], ["ID", "-b", "B"], ["-b=B", "ID"], ["--bundle=B", "ID"],
            ["ID", "--bundle", "B"], ["-bundle", "B", "ID"], ["-bundle=B", "ID"],
        ];
        foreach (string[] form in forms)
        {
            using Container container = Container.Script("echo ran");
            string[] arguments = [.. form.Select(word => word.Replace("ID", container.Id).Replace("B", container.Bundle))];
            container.Rt(["run", .. arguments]).ShouldEndWith(0).Out.Should().Be("ran\n", string.Join(' ', form));
        }
    }

    [Fact]
    public void The_current_directory_is_the_default_bundle() => Container.Script("echo ran").Use(container =>
        Command.Shell("cd \"$3\" && exec \"$1\" -root \"$2\" run \"$4\"",
            Repository.Binary, container.StateRoot, container.Bundle, container.Id)
            .ShouldEndWith(0).Out.Should().Be("ran\n"));

    [Theory]
    [InlineData("state", "exactly 1")]
    [InlineData("create", "exactly 1")]
    [InlineData("run", "exactly 1")]
    [InlineData("start", "exactly 1")]
    [InlineData("kill", "a minimum of 1")]
    [InlineData("delete", "exactly 1")]
    [Proves("runtime-query-01", "runtime-create-02", "runtime-start-01", "runtime-kill-01", "runtime-delete-01")]
    public void An_operation_without_an_id_is_an_error(string command, string count) =>
        Command.Rt(command).ShouldFailWith($"rt: \"{command}\" requires {count} argument(s)");

    [Theory]
    [InlineData(1, "rt: \"state\" requires exactly 1 argument(s)", "state")]
    [InlineData(1, "rt: \"create\" requires exactly 1 argument(s)", "create", "a", "b")]
    [InlineData(1, "rt: \"kill\" requires a minimum of 1 argument(s)", "kill")]
    [InlineData(1, "unknown signal \"NONSENSE\"", "kill", "a", "NONSENSE")]
    [InlineData(1, "flag provided but not defined: --nonsense", "state", "--nonsense", "a")]
    [InlineData(1, "invalid log-format: xml", "--log-format", "xml", "list")]
    [InlineData(3, "No help topic for 'frob'", "frob")]
    [InlineData(1, "checkpoint: rt neither checkpoints containers nor restores them", "checkpoint", "--help")]
    [InlineData(1, "restore: rt neither", "restore", "--bundle", "/none", "box")]
    public void Wrong_usage_is_told_in_runcs_words(int code, string words, params string[] arguments) =>
        Command.Rt(arguments).ShouldEndWith(code).Error.Should().Contain(words);

    [Fact]
    public void The_last_of_an_option_given_twice_counts() =>
        Command.Rt("--log-format", "xml", "--debug", "--log-format=json", "--debug", "--root", "/none", "list", "-q", "--quiet").ShouldEndWith(0);

    [Fact]
    public void Spec_writes_a_configuration_and_never_over_one()
    {
        using Container container = new();
        string config = Path.Combine(container.Bundle, "config.json");
        container.Rt("spec", "--bundle", container.Bundle).ShouldFailWith("exists");
        File.Delete(config);
        container.Rt("spec", "-b", container.Bundle).ShouldEndWith(0);
        File.ReadAllText(config).Should().StartWith("{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t\"terminal\": true,");
    }

    [Fact]
    public void Features_is_a_document_of_the_spec()
    {
        var features = System.Text.Json.Nodes.JsonNode.Parse(Command.Rt("features").ShouldEndWith(0).Out)!;
        features["ociVersionMax"]!.GetValue<string>().Should().Be("1.3.0");
        features["mountOptions"]!.AsArray().Select(option => option!.GetValue<string>()).Should().Contain(["rbind", "rro", "noatime"]);
        foreach (string name in (string[])["seccomp", "apparmor", "selinux"])
            features["linux"]![name]!["enabled"]!.GetValue<bool>().Should().BeTrue(name);
        features["linux"]!["memoryPolicy"]!["modes"]!.AsArray().Select(mode => mode!.GetValue<string>()).Should().Contain("MPOL_BIND");
        features["linux"]!["memoryPolicy"]!["flags"]!.AsArray().Should().HaveCount(3);
    }

    [Fact]
    public void Plan_needs_no_root_and_runs_nothing()
    {
        using Container container = Container.Script("true");
        Result plan = container.RtAsOrdinaryUser(bundle => ["plan", "--bundle", bundle, "some-id"]).ShouldEndWith(0);
        plan.Out.Should().Contain("pivot_root").And.Contain("# linux.maskedPaths[0]").And.Contain("_ses.some-id");
        var lines = System.Text.Json.Nodes.JsonNode.Parse(
            Command.Rt("plan", "--format", "json", "-b", container.Bundle).ShouldEndWith(0).Out)!.AsArray();
        lines.Should().HaveCount(plan.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        container.ShouldHaveLeftNothing();
    }

    /// <summary>Root may join any namespace, and the user namespace last; an ordinary user may join none before that.</summary>
    [Fact]
    public void An_ordinary_users_plan_is_that_of_his_own_create()
    {
        using Container container = Container.Script("true", config =>
        {
            config["linux"]!["namespaces"] = System.Text.Json.Nodes.JsonNode.Parse("""
                [{"type": "network", "path": "/proc/self/ns/net"}, {"type": "user", "path": "/proc/self/ns/user"}, {"type": "mount"}, {"type": "uts"}]
                """);
        });
        Command.Rt("plan", "--bundle", container.Bundle).ShouldEndWith(0).Out.Should().MatchRegex("(?s)type=network.*type=user");
        container.RtAsOrdinaryUser(bundle => ["plan", "--bundle", bundle]).ShouldEndWith(0)
            .Out.Should().MatchRegex("(?s)type=user.*type=network");
    }
}
