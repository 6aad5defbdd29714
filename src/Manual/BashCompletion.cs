using System.Text;

namespace Rt.Manual;

/// <summary>Completion for bash: one function, which needs nothing but bash 4.</summary>
internal static class BashCompletion
{
    private const string Start = """
        # bash completion for rt(8), made from rt's own command line.

        # What the value of an option is: words, "file", "directory", "text"; nothing if it takes none. An empty command: global options.
        _rt_value() { # command option
            case "$1 $2" in

        """;

    private const string Middle = """
            esac
        }

        _rt_options() { # command
            case $1 in

        """;

    private const string End = """
            esac
        }

        _rt() {
            local cur=${COMP_WORDS[COMP_CWORD]} command= option= kind= word i place=0
            local -a root=()
            # "--name=value" comes as three words.
            for ((i = 1; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                if [[ $word == '=' ]]; then
                    continue
                elif [[ -n $option ]]; then
                    [[ $option != --root ]] || root=(--root "$word")
                    option=
                elif [[ $word == -?* ]]; then
                    [[ $word != -[!-]?* ]] || word=-$word
                    [[ -z $(_rt_value "$command" "$word") ]] || option=$word
                elif [[ -z $command ]]; then
                    command=$word
                else
                    ((place += 1))
                fi
            done
            [[ $cur != '=' ]] || cur=
            COMPREPLY=()

            if [[ -n $option ]]; then
                kind=$(_rt_value "$command" "$option")
            elif [[ $place -gt 0 && " PASSING " == *" $command "* ]]; then
                return # another program's
            elif [[ $cur == -* ]]; then
                kind="words $(_rt_options "$command")"
            elif [[ -z $command ]]; then
                kind="words COMMANDS"
            elif [[ $place == 0 && " CONTAINER " == *" $command "* ]]; then
                kind="words $("${COMP_WORDS[0]}" "${root[@]}" list --quiet 2>/dev/null)"
            elif [[ $place == 1 && $command == kill ]]; then
                kind="words SIGNALS"
            fi
            case $kind in
                words*) mapfile -t COMPREPLY < <(compgen -W "${kind#words }" -- "$cur") ;;
                file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
                directory) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
            esac
            [[ $kind != file && $kind != directory ]] || compopt -o filenames 2>/dev/null
        }
        complete -F _rt rt

        """;

    public static string Of(CommandModel root)
    {
        StringBuilder script = new(Start);
        CommandModel[] all = [root with { Name = "" }, .. root.Commands];
        foreach (CommandModel command in all)
            foreach (OptionModel option in command.Options.Where(option => option.Kind != ValueKind.None))
                script.Append($"        {Pattern(command, option)}) echo '{Kind(option)}' ;;\n");
        script.Append(Middle);
        foreach (CommandModel command in all)
            script.Append($"        '{command.Name}') echo '{string.Join(' ', command.Options.Select(one => one.Long))} --help' ;;\n");
        return script.Append(End.Replace("PASSING", Names(root, command => command.PassesOn))
            .Replace("COMMANDS", Names(root, _ => true)).Replace("CONTAINER", Names(root, command => command.TakesContainer))
            .Replace("SIGNALS", string.Join(' ', Signals.Names))).ToString();
    }

    private static string Pattern(CommandModel command, OptionModel option) =>
        string.Join(" | ", option.Names.Select(name => $"'{command.Name} {name}'"));

    private static string Kind(OptionModel option) => option.Kind switch
    {
        ValueKind.Words => "words " + string.Join(' ', option.Words),
        ValueKind.File => "file",
        ValueKind.Directory => "directory",
        _ => "text",
    };

    private static string Names(CommandModel root, Func<CommandModel, bool> which) =>
        string.Join(' ', root.Commands.Where(which).Select(command => command.Name));
}
