using Rt.Cli;
using Rt.Manual;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>How man pages are made out of the command line's definitions and docs/commands.md.</summary>
[BeyondTheSpec("the manual")]
public sealed class ManualTests
{
    private static readonly CommandModel Root = CommandModel.Of(CommandLine.Describe());
    private static readonly Reference Sections = Reference.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs/commands.md")));

    private static string Inline(string markdown) => new Roff(target => $" <{target}>").Inline(markdown);

    private static string Written(string markdown)
    {
        Roff page = new(_ => "");
        foreach (Block block in Block.Parse(markdown)) page.Write(block);
        return page.ToString();
    }

    [Theory]
    [InlineData("`rt run ID` ends", "\\fBrt\\fR \\fBrun\\fR \\fIID\\fR ends")]
    [InlineData("`--user UID[:GID]`", "\\fB\\-\\-user\\fR \\fIUID[:GID]\\fR")]
    [InlineData("**bold** and [a link](#there)", "\\fBbold\\fR and a link <#there>")]
    [InlineData("a \\ and a-b", "a \\e and a-b")]
    [InlineData("`a'b\\`", "\\fBa\\(aqb\\e\\fR")]
    public void Spans_become_fonts(string markdown, string roff) => Inline(markdown).Should().Be(roff);

    [Fact]
    public void Blocks_become_macros()
    {
        Written("one\ntwo").Should().Be(".PP\none two\n");
        Written("    code\n      .more").Should().Be(".PP\n.RS 4\n.EX\ncode\n  .more\n.EE\n.RE\n");
        Written("    .dot").Should().Contain("\n\\&.dot\n", "a dot at the beginning makes a request");
        Written("- a\n- b").Should().Be(".IP \\(bu 2\na\n.IP \\(bu 2\nb\n");
        Written("| x | y |\n| --- | --- |\n| `a\\|b` | c |").Should().Be(".TP\n\\fBa|b\\fR\nc\n");
        Written("### Head\n\ntext").Should().Be(".SS Head\ntext\n");
    }

    [Fact]
    public void Lines_are_short_where_words_are()
    {
        string[] lines = Written(string.Join(' ', Enumerable.Repeat("word .", 50))).Split('\n');
        lines.Should().OnlyContain(line => line.Length <= 80).And.OnlyContain(line => !line.StartsWith(". "));
    }

    [Fact]
    public void The_reference_speaks_of_every_command_and_of_no_option_that_there_is_not()
    {
        IEnumerable<string> strays = Root.Commands.SelectMany(command => Described(command)
            .Except(Sections.Of(command.Name).Commands.SelectMany(name => Root.Commands.Single(one => one.Name == name).Options)
                .SelectMany(option => option.Names))
            .Select(name => $"rt {command.Name} {name}"));
        strays.Should().BeEquivalentTo("rt update --kernel-memory", "rt update --kernel-memory-tcp"); // --help does not show them
    }

    [Fact]
    public void The_reference_speaks_of_every_option()
    {
        IEnumerable<string> silent = Root.Commands.Where(command => command.Name is not ("plan" or "run")) // which refer to those of create
            .SelectMany(command => command.Options.Select(option => option.Long).Except(Described(command))
                .Select(name => $"rt {command.Name} {name}"));
        silent.Should().BeEmpty();
        Root.Options.Select(option => option.Long).Except(Names(Sections.Titled("Global options"))).Should().BeEmpty();
    }

    private static IEnumerable<string> Described(CommandModel command) => Names(Sections.Of(command.Name));

    private static IEnumerable<string> Names(Section section) =>
        section.OptionRows.SelectMany(row => Pages.Names(row[0])).Where(name => name.StartsWith('-'));

    [Fact]
    public void The_same_commit_gives_the_same_pages()
    {
        string reference = File.ReadAllText(Path.Combine(Repository.Root, "docs/commands.md"));
        (string Path, string Text)[] files = [.. Program.Files(reference, DateTimeOffset.UnixEpoch)];
        Program.Files(reference, DateTimeOffset.UnixEpoch).Should().Equal(files);
        files.Single(file => file.Path == "man/man8/rt-run.8").Text.Should().StartWith(".TH \"RT-RUN\" \"8\" \"1970-01-01\" \"rt ");
    }

    [Fact]
    public void Values_that_are_words_or_files_are_known_from_the_definitions()
    {
        OptionModel Option(string command, string name) =>
            Root.Commands.Append(Root).Single(one => one.Name == command).Options.Single(option => option.Long == name);
        Option("list", "--format").Words.Should().Equal("table", "json");
        Option("rt", "--rootless").Words.Should().Equal("true", "false", "auto");
        Option("create", "--bundle").Kind.Should().Be(ValueKind.Directory);
        Option("create", "--pid-file").Kind.Should().Be(ValueKind.File);
        Option("exec", "--user").Kind.Should().Be(ValueKind.Text);
        Option("exec", "--tty").Kind.Should().Be(ValueKind.None);
    }
}
