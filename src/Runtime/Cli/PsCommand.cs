using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class PsCommand
{
    public const string Description = "list a container's processes";

    public static Command Build(CommandLine line)
    {
        Command command = new("ps", Description);
        Argument<string[]> arguments = ContainerArgument.Make("container-id [options of ps(1)]");
        Option<string> format = new("--format", "-f")
            { Description = "as ps prints them, or as JSON: their pids", DefaultValueFactory = _ => "table", HelpName = "table|json" };
        command.Arguments.Add(arguments);
        command.Options.Add(format);
        command.SetAction(line.Action((result, store) =>
        {
            (string id, string[] options) = result.OneAndMore(arguments);
            List<int> pids = ProcessTable.PidsOf(store, id);
            Output.Write(result.GetValue(format) switch
            {
                "table" => ProcessTable.Of(pids, options.Length > 0 ? options : ["-ef"]),
                "json" => ProcessTable.Json(pids),
                var other => throw new RtException($"invalid format option: {other}"),
            });
            return 0;
        }));
        return command;
    }
}
