using System.CommandLine;
using Rt.Containers;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cli;

internal static class ExecCommand
{
    public const string Description = "run another process in a container";

    /// <summary>What rt itself has failed at is told from the process's own exit codes by this one.</summary>
    private const int FailureCode = 255;

    public static Command Build(CommandLine line)
    {
        Command command = new("exec", Description);
        Argument<string[]> arguments = ContainerArgument.Make("container-id [command [arguments]]");
        ExecOptions options = new();
        command.Arguments.Add(arguments);
        options.AddTo(command);
        command.SetAction(line.Action((result, store) =>
        {
            (string id, string[] words) = result.OneAndMore(arguments);
            try
            {
                return ContainerExec.Run(store, options.Request(line, result, id, words));
            }
            catch (Exception e) when (e is RtException or KernelException or SpecException or IOException or UnauthorizedAccessException)
            {
                throw new RtException($"exec failed: {e.Message}", FailureCode);
            }
        }));
        return command;
    }
}
