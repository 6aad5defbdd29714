using System.CommandLine;
using Rt.Cli;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("the command line as Go programs take it")]
public sealed class ArgumentsTests
{
    [Theory]
    [InlineData("run box", "run")]
    [InlineData("--root /run/rt run box", "run")]
    [InlineData("-root /run/rt run box", "run")]
    [InlineData("--root=/run/rt run box", "run")]
    [InlineData("--debug create box", "create")]
    [InlineData("--debug --log /tmp/log --log-format json --systemd-cgroup state box", "state")]
    [InlineData("--rootless false delete", "delete")]
    [InlineData("--log create kill", "kill")] // a log file named "create"
    [InlineData("-v", null)]
    [InlineData("--root", null)]
    [InlineData("--root /x", null)]
    [InlineData("", null)]
    public void The_command_is_found_behind_the_global_options(string line, string? command) =>
        Arguments.Command(Words(line)).Should().Be(command);

    [Fact]
    public void The_value_of_no_global_option_is_taken_for_a_command()
    {
        Option[] valued = [.. CommandLine.Describe().Options.Where(option => option.Arity.MinimumNumberOfValues > 0)];
        valued.Should().HaveCountGreaterThan(4);
        foreach (Option option in valued) Arguments.Command([option.Name, "value", "list"]).Should().Be("list", option.Name);
    }

    [Theory]
    [InlineData("-root /x run", "--root /x run")]
    [InlineData("-root=/x run", "--root=/x run")]
    [InlineData("--root /x run", "--root /x run")]
    [InlineData("run -bundle /b box", "run --bundle /b box")]
    [InlineData("run -pid-file=/p box", "run --pid-file=/p box")]
    [InlineData("run -b /b box", "run -b /b box")]
    [InlineData("run -aq", "run -aq")]
    [InlineData("run -", "run -")]
    [InlineData("run - -bundle", "run - --bundle")]
    [InlineData("run -- -bundle -root", "run -- -bundle -root")]
    [InlineData("run -unknown box", "run -unknown box")]
    [InlineData("run -=x", "run -=x")]
    public void One_dash_does_for_a_long_option_as_it_does_for_Go(string line, string normal) =>
        Arguments.Normalize(Words(line), Rt()).Should().Equal(Words(normal));

    [Theory]
    [InlineData("delete -y true", "delete --force=true true")]
    [InlineData("delete --force true", "delete --force=true true")]
    [InlineData("--root /x delete --force=F box", "--root /x delete --force=false box")]
    [InlineData("delete --force=perhaps box", "delete --force=perhaps box")]
    public void What_is_on_or_off_has_its_value_behind_a_sign_alone(string line, string normal) =>
        Arguments.Normalize(Words(line), Rt()).Should().Equal(Words(normal));

    [Theory]
    [InlineData("1 t T true TRUE True", true)]
    [InlineData("0 f F false FALSE False", false)]
    [InlineData("yes tRUE 2 auto", null)]
    public void Booleans_are_as_Go_reads_them(string words, bool? value) =>
        Words(words).Select(Arguments.Boolean).Should().OnlyContain(one => one == value);

    [Theory]
    [InlineData("ps box -ef", "ps box -- -ef")]
    [InlineData("ps box", "ps box")]
    [InlineData("ps", "ps")]
    [InlineData("--root /x ps -f json box -o pid --format x", "--root /x ps -f json box -- -o pid --format x")]
    [InlineData("--log ps ps box aux", "--log ps ps box -- aux")]
    [InlineData("ps -format json box aux", "ps -format json box -- aux")]
    [InlineData("ps --format=json box -h", "ps --format=json box -- -h")]
    [InlineData("ps -h box", "ps -h box")]
    [InlineData("ps box -- -ef", "ps box -- -ef")]
    [InlineData("ps -- box -ef", "ps -- box -ef")]
    [InlineData("ps box -- -- -ef", "ps box -- -- -ef")]
    [InlineData("run box -ef", "run box -ef")]
    public void What_is_meant_for_another_program_stands_behind_two_dashes(string line, string apart) =>
        Arguments.SetApart(Words(line), Rt()).Should().Equal(Words(apart));

    [Theory]
    [InlineData("--root /x --root /y run", "--root /y run")]
    [InlineData("--root=/x run --root /y", "run --root /y")]
    [InlineData("--root /y -root=/x run", "--root=/x run")]
    [InlineData("run -b /b box --bundle /c -b=/d", "run box -b=/d")]
    [InlineData("run --bundle --bundle --bundle /b", "run --bundle /b")] // a bundle named "--bundle", at first
    [InlineData("ps --quiet --quiet box", "ps --quiet=true box")]
    [InlineData("run --env A --env B box", "run --env A --env B box")]
    [InlineData("run --pid-file /p --pid-file", "run --pid-file")]
    [InlineData("run --pid-file /p -- --pid-file /q", "run --pid-file /p -- --pid-file /q")]
    public void Of_an_option_with_one_value_that_is_given_again_the_last_counts(string line, string normal) =>
        Arguments.Normalize(Words(line), Rt()).Should().Equal(Words(normal));

    private static Command Rt()
    {
        Command run = new("run");
        run.Options.Add(new Option<string>("--bundle", "-b"));
        run.Options.Add(new Option<string>("--pid-file"));
        run.Options.Add(new Option<string[]>("--env"));
        Command command = new("rt");
        command.Options.Add(new Option<string>("--root"));
        command.Subcommands.Add(run);
        Command ps = new("ps");
        ps.Options.Add(new Option<string>("--format", "-f"));
        ps.Options.Add(new Option<bool>("--quiet"));
        command.Subcommands.Add(ps);
        Command delete = new("delete");
        delete.Options.Add(new Option<bool>("--force", "-y"));
        command.Subcommands.Add(delete);
        return command;
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
