using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class PauseCommand
{
    public const string Description = "stop all processes of a container where they are";

    public static Command Build(CommandLine line)
    {
        Command command = new("pause", Description);
        Argument<string[]> id = ContainerArgument.Make();
        command.Arguments.Add(id);
        command.SetAction(line.Action((result, store) =>
        {
            Pausing.Pause(store, result.One(id));
            return 0;
        }));
        return command;
    }
}
