using System.Text.RegularExpressions;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>make install and make uninstall, and the man pages that they bring.</summary>
[BeyondTheSpec("installing rt")]
public sealed partial class InstallTests(InstalledFiles installed) : IClassFixture<InstalledFiles>
{
    /// <summary>As rt --help lists them.</summary>
    private static string[] Commands { get; } =
        [.. CommandLines().Matches(Command.Rt("--help").Out.Split("Commands:\n")[1]).Select(match => match.Groups[1].Value)];

    /// <summary>The names at the beginnings of lines, up to what is said of them.</summary>
    private static string[] OptionsOf(string text) =>
        [.. OptionLines().Matches(text).SelectMany(line => OptionNames().Matches(line.Groups[1].Value)).Select(match => match.Value)
            .Except(["--help", "-h"]).Order(StringComparer.Ordinal)];

    [Fact]
    public void Exactly_these_files_are_installed()
    {
        string[] pages = [.. Commands.Select(command => $"644 usr/local/share/man/man8/rt-{command}.8")];
        Command.Shell("cd \"$1\" && find . -type f -printf '%m %P\\n'", installed.Directory).Out
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().BeEquivalentTo((string[])
            [
                "755 usr/local/bin/rt", "644 usr/local/share/man/man8/rt.8", .. pages,
                "644 usr/local/share/bash-completion/completions/rt", "644 usr/local/share/zsh/site-functions/_rt",
                "644 usr/local/share/fish/vendor_completions.d/rt.fish",
            ]);
        Command.Run(installed.Directory + "/usr/local/bin/rt", "--version").ShouldEndWith(0).Out.Should().Be(Command.Rt("--version").Out);
    }

    [Fact]
    public void Uninstall_takes_all_of_it_away_and_nothing_else()
    {
        using InstalledFiles other = new();
        string stranger = other.Directory + "/usr/local/bin/stranger";
        File.WriteAllText(stranger, "");
        other.Make("uninstall").ShouldEndWith(0);
        Directory.GetFiles(other.Directory, "*", SearchOption.AllDirectories).Should().Equal(stranger);
    }

    [Fact]
    public void Variables_say_where()
    {
        installed.Make("install", "PREFIX=/opt/rt", "mandir=/opt/man").ShouldEndWith(0);
        File.Exists(installed.Directory + "/opt/rt/bin/rt").Should().BeTrue();
        File.Exists(installed.Directory + "/opt/man/man8/rt.8").Should().BeTrue();
        Directory.Delete(installed.Directory + "/opt", recursive: true);
    }

    [Fact]
    public void Who_may_not_install_is_told_so()
    {
        Result result = installed.Make("install", "PREFIX=/proc/rt", "DESTDIR=");
        result.Code.Should().NotBe(0);
        result.Error.Should().Contain("make install: /proc/rt can't be written to: do it as root, or with PREFIX=");
    }

    [Fact]
    public void A_page_has_the_options_of_help_and_no_others()
    {
        foreach (string command in Commands)
        {
            string file = $"{installed.Share}/man/man8/rt-{command}.8";
            string page = Command.Run("man", "--no-hyphenation", "--no-justification", "--local-file", file).ShouldEndWith(0).Out;
            page.Should().Contain("NAME\n").And.Contain("SYNOPSIS\n").And.Contain("DESCRIPTION\n").And.Contain("EXIT STATUS\n");
            OptionsOf(page).Should().Equal(OptionsOf(Command.Rt(command, "--help").Out), "these are the options of rt {0}", command);
        }
    }

    [Fact]
    public void The_pages_are_well_formed()
    {
        Command.Run(["mandoc", "-T", "lint", .. installed.Pages]).Should().Be(new Result(0, "", ""));
        foreach (string page in installed.Pages)
            Command.Run("man", "--warnings", "--local-file", "--troff-device=utf8", "--ditroff", page).ShouldEndWith(0)
                .Error.Should().BeEmpty();
    }

    [GeneratedRegex("^  ([a-z]+)", RegexOptions.Multiline)]
    private static partial Regex CommandLines();

    [GeneratedRegex("^ +(-.+?)(  |$)", RegexOptions.Multiline)]
    private static partial Regex OptionLines();

    [GeneratedRegex("(?<![a-z-])-{1,2}[a-z][a-z0-9-]*")]
    private static partial Regex OptionNames();
}
