using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class DeleteCommand
{
    public const string Description = "remove a container that has stopped, and all that it left";

    public static Command Build(CommandLine line)
    {
        Command command = new("delete", Description);
        Argument<string[]> id = ContainerArgument.Make();
        Option<bool> force = new("--force", "-f")
            { Description = "kill it first if it still runs; a container that is not there is no error" };
        command.Arguments.Add(id);
        command.Options.Add(force);
        command.SetAction(line.Action((result, store) =>
        {
            Lifecycle.Delete(store, result.One(id), result.GetValue(force));
            return 0;
        }));
        return command;
    }
}
