using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What the shells offer behind "rt", asked of the shells.</summary>
[BeyondTheSpec("completion in shells")]
public sealed class CompletionTests(InstalledFiles installed) : IClassFixture<InstalledFiles>
{
    private const string Bash = """
        PATH=$1:$PATH; source "$2"; shift 2
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _rt
        printf '%s\n' "${COMPREPLY[@]}"
        """;

    /// <summary>zsh completes in a terminal alone: it gets one, and TAB twice, and compadd tells what it was given.</summary>
    private const string Zsh = """
        zmodload zsh/zpty
        zpty shell "PATH=$1:\$PATH TERM=dumb PS1= zsh -f -i"
        zpty -w shell "fpath=($2 \$fpath); autoload -Uz compinit; compinit -D -u; zstyle ':completion:*' list-colors ''; stty -echo"
        zpty -w shell "compadd() { builtin compadd \"\$@\"; local -a hits; builtin compadd -O hits \"\$@\"; print -rl -- \$hits >>$3; }"
        zpty -w shell "print ready >>$3"
        for i in {1..200}; do [[ -s $3 ]] && break; sleep 0.1; done
        zpty -w -n shell "$4"$'\t'
        for i in {1..50}; do [[ $(wc -l <$3) -gt 1 ]] && break; sleep 0.1; done
        zpty -d shell
        sed 1d $3 | sed '/^$/d' | sort -u
        """;

    private static string Path => System.IO.Path.GetDirectoryName(Repository.Binary)!;

    private string[] InBash(params string[] words) =>
        Lines(Command.Run(["bash", "-c", Bash, "bash", Path, installed.Share + "/bash-completion/completions/rt", .. words])
            .ShouldEndWith(0));

    private string[] InFish(string line) => Lines(Command.Run("fish", "--no-config", "-c", """
        set -x PATH $argv[1] $PATH; source $argv[2]; complete -C $argv[3] | string split -f 1 \t
        """, Path, installed.Share + "/fish/vendor_completions.d/rt.fish", line));

    private string[] InZsh(string line)
    {
        string seen = System.IO.Path.GetTempFileName();
        string functions = installed.Share + "/zsh/site-functions";
        string[] lines = Lines(Command.Run("zsh", "-f", "-c", Zsh, "zsh", Path, functions, seen, line).ShouldEndWith(0));
        File.Delete(seen);
        return lines;
    }

    private static string[] Lines(Result result) =>
        [.. result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    [Fact]
    public void Bash_completes_commands_options_and_their_values()
    {
        InBash("rt", "cr").Should().Equal("create");
        InBash("rt", "").Should().Contain(["doctor", "exec", "wait"]).And.NotContain("--root");
        InBash("rt", "--roo").Should().Equal("--root", "--rootless");
        InBash("rt", "create", "--no-").Should().Equal("--no-new-keyring", "--no-pivot", "--no-shim");
        InBash("rt", "--rootless", "").Should().Equal("auto", "false", "true");
        InBash("rt", "list", "--format", "=", "j").Should().Equal("json");
        InBash("rt", "doctor", "--engine", "d").Should().Equal("docker");
        InBash("rt", "delete", "-f", "--").Should().Contain("--force");
    }

    [Fact]
    public void Bash_completes_files_and_directories_where_an_option_takes_them()
    {
        string directory = Directory.CreateDirectory(installed.Directory + "/some folder").FullName;
        File.WriteAllText(directory + "/file", "");
        InBash("rt", "create", "--bundle", installed.Directory + "/so").Should().Equal(directory);
        InBash("rt", "create", "--bundle", directory + "/").Should().BeEmpty("a bundle is a directory");
        InBash("rt", "create", "--pid-file", directory + "/").Should().Equal(directory + "/file");
    }

    [Fact]
    public void All_complete_the_containers_of_the_root_that_is_named()
    {
        using Container container = Container.Script("exec sleep 100");
        container.Rt("run", "--detach", "--bundle", container.Bundle, container.Id).ShouldEndWith(0);
        string start = container.Id[..^1], line = $"rt --root {container.StateRoot} state {start}";
        InBash("rt", "--root", container.StateRoot, "state", start).Should().Equal(container.Id);
        InBash("rt", "-root", "=", container.StateRoot, "kill", container.Id, "K").Should().Equal("KILL");
        InBash("rt", "--root", container.StateRoot, "exec", container.Id, "").Should().BeEmpty("a command of the container's");
        InFish(line).Should().Equal(container.Id);
        InZsh(line).Should().Equal(container.Id);
    }

    [Fact]
    public void Fish_completes_commands_options_and_their_values()
    {
        InFish("rt cr").Should().Equal("create");
        InFish("rt create --no-").Should().Equal("--no-new-keyring", "--no-pivot", "--no-shim");
        InFish("rt --log-format ").Should().Equal("json", "text");
        InFish("rt kill box KI").Should().Equal("KILL");
    }

    [Fact]
    public void Zsh_completes_commands_options_and_their_values()
    {
        InZsh("rt cr").Should().Equal("create");
        InZsh("rt list --format ").Should().Equal("json", "table");
        InZsh("rt create --no-pi").Should().Equal("--no-pivot");
    }
}
