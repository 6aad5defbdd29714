using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class ResumeCommand
{
    public const string Description = "let the processes of a paused container go on";

    public static Command Build(CommandLine line)
    {
        Command command = new("resume", Description);
        Argument<string[]> id = ContainerArgument.Make();
        command.Arguments.Add(id);
        command.SetAction(line.Action((result, store) =>
        {
            Pausing.Resume(store, result.One(id));
            return 0;
        }));
        return command;
    }
}
