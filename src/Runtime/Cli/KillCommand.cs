using System.CommandLine;
using Rt.Containers;
using Rt.Kernel;

namespace Rt.Cli;

internal static class KillCommand
{
    public const string Description = "send a signal (default: SIGTERM) to the container's init";

    public static Command Build(CommandLine line)
    {
        Command command = new("kill", Description);
        Argument<string[]> arguments = ContainerArgument.Make("container-id [signal]");
        Option<bool> all = new("--all", "-a") { Description = "send it to every process of the container" };
        command.Arguments.Add(arguments);
        command.Options.Add(all);
        command.SetAction(line.Action((result, store) =>
        {
            string[] given = result.Some(arguments, 1, 2);
            string name = given.Length > 1 ? given[1] : "SIGTERM";
            int signal = Signals.Parse(name) ?? throw new RtException($"unknown signal \"{name}\"");
            Killing.Kill(store, given[0], signal, result.GetValue(all));
            return 0;
        }));
        return command;
    }
}
