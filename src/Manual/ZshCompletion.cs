using System.Text;

namespace Rt.Manual;

/// <summary>Completion for zsh, by its _arguments (zshcompsys(1)).</summary>
internal static class ZshCompletion
{
    private const string Start = """
        #compdef rt
        # zsh completion for rt(8), made from rt's own command line.

        _rt_containers() {
            local -a ids
            ids=(${(f)"$(rt $rt_root list --quiet 2>/dev/null)"})
            compadd -a ids
        }

        _rt() {
            local curcontext=$curcontext state line
            local -a commands rt_root
            typeset -A opt_args
            commands=(

        """;

    public static string Of(CommandModel root)
    {
        StringBuilder script = new(Start);
        foreach (CommandModel command in root.Commands) script.Append($"        {Quote($"{command.Name}:{command.Description}")}\n");
        script.Append("    )\n    _arguments -C \\\n");
        foreach (OptionModel option in root.Options) script.Append($"        {Specification(option)} \\\n");
        script.Append($"""
                    '(- *)'{'{'}-h,--help{'}'}'[help]' \
                    '1: :{'{'}_describe command commands{'}'}' \
                    '*:: :->arguments' && return
                [[ -z $opt_args[--root] ]] || rt_root=(--root $opt_args[--root])
                case $words[1] in

            """);
        foreach (CommandModel command in root.Commands)
        {
            script.Append($"        {command.Name}) _arguments -S \\\n");
            foreach (OptionModel option in command.Options) script.Append($"            {Specification(option)} \\\n");
            script.Append($"            '(- *)'{{-h,--help}}'[help]'{Arguments(command)} ;;\n");
        }

        return script.Append("    esac\n}\n\n_rt \"$@\"\n").ToString();
    }

    private static string Arguments(CommandModel command) =>
        (command.TakesContainer ? " '1:container:_rt_containers'" : "")
        + (command.Name == "kill" ? $" '2:signal:({string.Join(' ', Signals.Names)})'" : "")
        + (command.PassesOn ? " '*:: :_default'" : "");

    /// <summary>"(-b --bundle)"{-b,--bundle}"[text]:value:action".</summary>
    private static string Specification(OptionModel option)
    {
        bool repeatable = option.Description.Contains("(repeatable)");
        string names = string.Join(' ', option.Names);
        string forms = option.Names.Count == 1 ? option.Long : $"{{{string.Join(',', option.Names)}}}";
        string action = option.Kind switch
        {
            ValueKind.None => "",
            ValueKind.Words => $":value:({string.Join(' ', option.Words)})",
            ValueKind.File => $":{option.Value}:_files",
            ValueKind.Directory => $":{option.Value}:_files -/",
            _ => $":{option.Value.Replace(":", "\\:")}: ",
        };
        string text = option.Description.Replace("[", "\\[").Replace("]", "\\]").Replace(":", "\\:");
        return $"{(repeatable ? "'*'" : $"'({names})'")}{forms}{Quote($"[{text}]{action}")}";
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''")}'";
}
