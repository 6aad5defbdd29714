using System.CommandLine;

namespace Rt.Cli;

/// <summary>
/// The command line before System.CommandLine sees it: which command it names, and the spellings that the Go runtimes accept
/// besides ("-root DIR" for "--root DIR").
/// </summary>
internal static class Arguments
{
    /// <summary>Global options that take a value.</summary>
    private static readonly HashSet<string> WithValue = new(StringComparer.Ordinal) { "root", "log", "log-format", "rootless", "criu" };

    /// <summary>The command's name, or null if there is none.</summary>
    public static string? Command(IReadOnlyList<string> arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (!argument.StartsWith('-')) return argument;
            if (WithValue.Contains(argument.TrimStart('-'))) i++;
        }

        return null;
    }

    /// <summary>
    /// Go's flag package takes one dash or two for any name. Words of one dash and several letters become two-dashed, but
    /// "-aq" stays if "aq" is no option.
    /// </summary>
    public static string[] Normalize(string[] arguments, Command command)
    {
        for (int i = 0; i < arguments.Length && arguments[i] != "--"; i++)
        {
            string argument = arguments[i];
            if (argument.Length > 2 && argument[0] == '-' && argument[1] != '-' && HasOption(command, "-" + argument.Split('=')[0]))
                arguments[i] = "-" + argument;
        }

        return arguments;
    }

    private static bool HasOption(Command command, string name) =>
        command.Options.Any(option => option.Name == name) || command.Subcommands.Any(sub => HasOption(sub, name));
}
