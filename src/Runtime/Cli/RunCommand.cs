using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class RunCommand
{
    public const string Description = "create a container, start it and wait for its end";

    public static Command Build(CommandLine line)
    {
        Command command = new("run", Description);
        CreateOptions options = new();
        options.AddTo(command);
        Option<bool> detach = new("--detach", "-d") { Description = "do not wait for the container" };
        Option<bool> keep = new("--keep") { Description = "do not delete the container when it has ended" };
        Option<bool> noSubreaper = new("--no-subreaper") { Description = "leave orphans of the container to others" };
        command.Options.Add(noSubreaper);
        command.Options.Add(detach);
        command.Options.Add(keep);
        command.SetAction(line.Action((result, store) =>
        {
            CreateRequest request = options.Request(line, result, gate: false, detach: result.GetValue(detach));
            if (!request.Detach) return Foreground.Run(store, request, result.GetValue(keep), !result.GetValue(noSubreaper));
            Created created = Creation.Create(store, request);
            created.Directory.Close();
            created.Notify?.Relay(created.State.Pid, created.State.Pid, request.Inbox);
            return 0;
        }));
        return command;
    }
}
