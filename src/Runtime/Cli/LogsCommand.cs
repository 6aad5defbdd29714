using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class LogsCommand
{
    public const string Description = "print what a container without its creator's stdio has written";

    public static Command Build(CommandLine line)
    {
        Command command = new("logs", Description);
        Argument<string[]> id = ContainerArgument.Make();
        Option<bool> follow = new("--follow", "-f") { Description = "go on with what comes, until the container has ended" };
        Option<int> tail = new("--tail", "-n") { Description = "begin with the last N lines", HelpName = "N" };
        command.Arguments.Add(id);
        command.Options.Add(follow);
        command.Options.Add(tail);
        command.SetAction(line.Action((result, store) =>
        {
            int lines = result.GetValue(tail);
            if (lines < 0) throw new RtException($"--tail: {lines} is less than 0");
            using LogOutput log = LogOutput.Open(store.Open(result.One(id)), Output.Descriptor);
            if (result.GetResult(tail) != null) log.SkipToTail(lines);
            bool read = result.GetValue(follow) ? log.PrintUntilEnd() : log.Print();
            return read ? 0 : Output.ReaderGoneExitCode;
        }));
        return command;
    }
}
