using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class CreateCommand
{
    public const string Description = "create a container, whose process waits to be started";

    public static Command Build(CommandLine line)
    {
        Command command = new("create", Description);
        CreateOptions options = new();
        options.AddTo(command);
        command.SetAction(line.Action((result, store) =>
        {
            CreateRequest request = options.Request(line, result, gate: true, detach: true);
            Creation.Create(store, request);
            return 0;
        }));
        return command;
    }
}
