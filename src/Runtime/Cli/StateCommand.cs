using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class StateCommand
{
    public const string Description = "print the state of a container as JSON";

    public static Command Build(CommandLine line)
    {
        Command command = new("state", Description);
        Argument<string[]> id = ContainerArgument.Make();
        command.Arguments.Add(id);
        command.SetAction(line.Action((result, store) =>
        {
            Output.Write(StateOutput.Read(store.Open(result.One(id))).ToJson(indented: true));
            return 0;
        }));
        return command;
    }
}
