using System.CommandLine;

namespace Rt.Cli;

/// <summary>The arguments behind a command's name, counted and refused in runc's words.</summary>
internal static class ContainerArgument
{
    public static Argument<string[]> Make(string name = "container-id") =>
        new(name) { Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [], HelpName = name };

    /// <summary>For a command that takes no arguments: what is there all the same is refused in runc's words.</summary>
    public static Argument<string[]> None()
    {
        Argument<string[]> none = Make("none");
        none.Hidden = true;
        return none;
    }

    /// <summary>The one argument that the command takes.</summary>
    public static string One(this ParseResult result, Argument<string[]> argument) => result.Some(argument, 1, 1)[0];

    /// <summary>A container's id, and words for another program, whatever they look like.</summary>
    public static (string Id, string[] Words) OneAndMore(this ParseResult result, Argument<string[]> argument) =>
        result.GetValue(argument) switch
        {
            [var stray, ..] when stray.StartsWith('-') => throw new RtException($"flag provided but not defined: {stray}"),
            [var id, .. var words] => (id, words),
            _ => throw new RtException($"\"{result.CommandResult.Command.Name}\" requires a minimum of 1 argument(s)"),
        };

    /// <summary>Between <paramref name="least"/> and <paramref name="most"/> arguments.</summary>
    public static string[] Some(this ParseResult result, Argument<string[]> argument, int least, int most)
    {
        string command = result.CommandResult.Command.Name;
        string[] given = result.GetValue(argument) ?? [];
        // What looks like an option and is none of the command's ended up here.
        if (Array.Find(given, word => word.StartsWith('-')) is { } stray) throw new RtException($"flag provided but not defined: {stray}");
        if (least == most && given.Length != least) throw new RtException($"\"{command}\" requires exactly {least} argument(s)");
        if (given.Length < least) throw new RtException($"\"{command}\" requires a minimum of {least} argument(s)");
        if (given.Length > most) throw new RtException($"\"{command}\" requires a maximum of {most} argument(s)");
        return given;
    }
}
