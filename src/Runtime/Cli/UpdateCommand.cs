using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class UpdateCommand
{
    public const string Description = "change the limits of a container; those that are not named stay";

    public static Command Build(CommandLine line)
    {
        Command command = new("update", Description);
        Argument<string[]> id = ContainerArgument.Make();
        UpdateOptions options = new();
        command.Arguments.Add(id);
        options.AddTo(command);
        command.SetAction(line.Action((result, store) =>
        {
            ResourceUpdate.Update(store, result.One(id), options.Request(result));
            return 0;
        }));
        return command;
    }
}
