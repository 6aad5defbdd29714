using System.Text;

namespace Rt.Manual;

/// <summary>Completion for fish (its complete(1)).</summary>
internal static class FishCompletion
{
    private const string Start = """
        # fish completion for rt(8), made from rt's own command line.

        # The words after "rt" that are neither options nor their values: the command and its arguments.
        function __rt_words
            set -l value 0
            for word in (commandline -opc)[2..]
                if test $value = 1
                    set value 0
                else if contains -- $word $__rt_with_value
                    set value 1
                else if not string match -q -- '-*' $word
                    echo $word
                end
            end
        end

        function __rt_command # how many arguments come before, then commands
            set -l words (__rt_words)
            test (count $words) -eq (math $argv[1] + 1); and contains -- $words[1] $argv[2..]
        end

        function __rt_in # command
            set -l words (__rt_words)
            test "$words[1]" = $argv[1]
        end

        function __rt_containers
            set -l words (commandline -opc)
            set -l root
            if set -l place (contains -i -- --root $words)
                set root --root $words[(math $place + 1)]
            end
            command -q rt; and rt $root list --quiet 2>/dev/null
        end

        complete -c rt -f

        """;

    public static string Of(CommandModel root)
    {
        StringBuilder script = new();
        OptionModel[] options = [.. root.Commands.Append(root).SelectMany(command => command.Options)];
        IEnumerable<string> flags = options.Where(option => option.Kind == ValueKind.None).SelectMany(option => option.Names);
        IEnumerable<string> withValue = options.SelectMany(option => option.Names).Except(flags); // "-f" is --format here, --force there
        script.Append(Start);
        script.Append($"set -g __rt_with_value {string.Join(' ', withValue)}\n\n");
        const string NoCommand = "-n 'test (count (__rt_words)) -eq 0'";
        foreach (CommandModel command in root.Commands)
            script.Append($"complete -c rt {NoCommand} -a {command.Name} -d {Quote(command.Description)}\n");
        foreach (OptionModel option in root.Options) script.Append(Complete(NoCommand, option));
        foreach (CommandModel command in root.Commands)
            foreach (OptionModel option in command.Options)
                script.Append(Complete($"-n '__rt_in {command.Name}'", option));
        string containers = string.Join(' ', root.Commands.Where(command => command.TakesContainer).Select(command => command.Name));
        script.Append($"complete -c rt -n '__rt_command 0 {containers}' -a '(__rt_containers)'\n");
        script.Append($"complete -c rt -n '__rt_command 1 kill' -a '{string.Join(' ', Signals.Names)}'\n");
        return script.ToString();
    }

    private static string Complete(string condition, OptionModel option)
    {
        string shorts = string.Concat(option.Short.Select(name => $" -s {name[1..]}"));
        string value = option.Kind switch
        {
            ValueKind.None => "",
            ValueKind.Words => $" -x -a '{string.Join(' ', option.Words)}'",
            ValueKind.File => " -r -F",
            ValueKind.Directory => " -x -a '(__fish_complete_directories)'",
            _ => " -x",
        };
        return $"complete -c rt {condition}{shorts} -l {option.Long[2..]}{value} -d {Quote(option.Description)}\n";
    }

    private static string Quote(string text) => $"'{text.Replace("\\", "\\\\").Replace("'", "\\'")}'";
}
