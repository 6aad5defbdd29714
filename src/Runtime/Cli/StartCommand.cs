using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class StartCommand
{
    public const string Description = "start the program of a created container";

    public static Command Build(CommandLine line)
    {
        Command command = new("start", Description);
        Argument<string[]> id = ContainerArgument.Make();
        command.Arguments.Add(id);
        command.SetAction(line.Action((result, store) =>
        {
            Lifecycle.Start(store, result.One(id));
            return 0;
        }));
        return command;
    }
}
