using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class WaitCommand
{
    public const string Description = "wait for a container's end, and end with its exit code";

    public static Command Build(CommandLine line)
    {
        Command command = new("wait", Description);
        Argument<string[]> id = ContainerArgument.Make();
        command.Arguments.Add(id);
        command.SetAction(line.Action((result, store) =>
        {
            using ContainerEnd end = ContainerEnd.Open(store.Open(result.One(id)));
            return end.Await();
        }));
        return command;
    }
}
