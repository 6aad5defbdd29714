using System.CommandLine;
using Rt.Containers;
using Rt.Kernel;
using Rt.Terminal;

namespace Rt.Cli;

internal static class AttachCommand
{
    public const string Description = "show what a container prints from now on and, if it has a terminal, type on it";

    private const string DefaultKeys = "ctrl-p,ctrl-q";

    public static Command Build(CommandLine line)
    {
        Command command = new("attach", Description);
        Argument<string[]> id = ContainerArgument.Make();
        Option<string> detachKeys = new("--detach-keys")
        {
            Description = "keys that end this command and not the container, such as ctrl-a,d; empty: none",
            DefaultValueFactory = _ => DefaultKeys,
            HelpName = "keys",
        };
        command.Arguments.Add(id);
        command.Options.Add(detachKeys);
        command.SetAction(line.Action((result, store) =>
        {
            string keys = result.GetValue(detachKeys)!;
            DetachKeys detach = DetachKeys.Parse(keys)
                ?? throw new RtException($"--detach-keys: \"{keys}\" is no list of single letters and such as ctrl-p");
            return Attachment.Run(store.Open(result.One(id)), detach);
        }));
        return command;
    }
}
