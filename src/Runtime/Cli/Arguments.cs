using System.CommandLine;

namespace Rt.Cli;

/// <summary>
/// The command line before System.CommandLine sees it: which command it names, and the spellings that the Go runtimes accept
/// besides ("-root DIR" for "--root DIR").
/// </summary>
internal static class Arguments
{
    /// <summary>Global options that take a value.</summary>
    private static readonly HashSet<string> WithValue =
        new(StringComparer.Ordinal) { "root", "log", "log-format", "rootless", "cgroup-manager", "criu" };

    /// <summary>Commands of whose arguments all but the first are another program's.</summary>
    private static readonly string[] PassingOn = ["exec", "ps"];

    /// <summary>The command's name, or null if there is none.</summary>
    public static string? Command(IReadOnlyList<string> arguments) =>
        CommandIndex(arguments) is var index && index < arguments.Count ? arguments[index] : null;

    /// <summary>Where the command stands; at the end if there is none.</summary>
    private static int CommandIndex(IReadOnlyList<string> arguments)
    {
        int i = 0;
        while (i < arguments.Count && arguments[i].StartsWith('-')) i += WithValue.Contains(arguments[i].TrimStart('-')) ? 2 : 1;
        return i;
    }

    /// <summary>
    /// Puts "--" behind the container's id where what follows is for another program and not to be taken for rt's own options.
    /// </summary>
    public static string[] SetApart(string[] arguments, Command command)
    {
        int i = CommandIndex(arguments);
        if (i >= arguments.Length || !PassingOn.Contains(arguments[i])) return arguments;
        Command called = command.Subcommands.First(sub => sub.Name == arguments[i]);
        for (i++; i < arguments.Length && arguments[i].StartsWith('-') && arguments[i] != "--"; i++)
            if (TakesNext(called, arguments[i])) i++;
        bool isApart = i + 1 >= arguments.Length || arguments[i] == "--" || arguments[i + 1] == "--";
        return isApart ? arguments : [.. arguments[..(i + 1)], "--", .. arguments[(i + 1)..]];
    }

    /// <summary>An option whose value is the next word.</summary>
    private static bool TakesNext(Command command, string word) => command.Options.Any(option =>
        (option.Name == word || option.Name == "-" + word || option.Aliases.Contains(word)) && option.Arity.MinimumNumberOfValues > 0);

    /// <summary>
    /// Go's flag package takes one dash or two for any name. Words of one dash and several letters become two-dashed, but
    /// "-aq" stays if "aq" is no option. An empty value, as in "--user=", becomes a word of its own: else the next would be taken for
    /// it. An option that is on or off has its value behind "=" alone, else a container named "true" would be taken for it. Of an
    /// option that was given several times and has one value, the last counts: engines add to what users gave.
    /// </summary>
    public static string[] Normalize(string[] arguments, Command command)
    {
        List<string?> normal = [];
        Dictionary<Option, Range> given = [];
        int i = 0;
        for (; i < arguments.Length && arguments[i] != "--"; i++)
        {
            string argument = arguments[i];
            if (argument.Length > 2 && argument[0] == '-' && argument[1] != '-' && HasOption(command, "-" + argument.Split('=')[0]))
                argument = "-" + argument;
            int start = normal.Count;
            argument = WithBoolean(argument, command);
            if (argument.EndsWith('=') && HasOption(command, argument[..^1])) normal.AddRange([argument[..^1], ""]);
            else normal.Add(argument);
            if (Find(command, argument.Split('=')[0]) is not { Arity.MaximumNumberOfValues: <= 1 } option) continue;
            if (option.Arity.MinimumNumberOfValues > 0 && !argument.Contains('=') && i + 1 < arguments.Length) normal.Add(arguments[++i]);
            if (given.TryGetValue(option, out Range earlier))
                for (int word = earlier.Start.Value; word < earlier.End.Value; word++) normal[word] = null;
            given[option] = start..normal.Count;
        }

        return [.. normal.OfType<string>(), .. arguments[i..]];
    }

    private static string WithBoolean(string argument, Command command)
    {
        string[] sides = argument.Split('=', 2);
        if (Find(command, sides[0]) is not Option<bool> { Arity.MaximumNumberOfValues: > 0 } option) return argument;
        bool? value = sides.Length == 1 ? true : Boolean(sides[1]);
        return value == null ? argument : $"{option.Name}={(value.Value ? "true" : "false")}";
    }

    /// <summary>As Go's strconv.ParseBool reads it; null: it does not.</summary>
    public static bool? Boolean(string word) => word switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };

    private static Option? Find(Command command, string name)
    {
        if (!name.StartsWith('-')) return null;
        return command.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name))
            ?? command.Subcommands.Select(sub => Find(sub, name)).FirstOrDefault(option => option != null);
    }

    private static bool HasOption(Command command, string name) => Find(command, name)?.Name == name;
}
