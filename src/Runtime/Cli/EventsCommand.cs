using System.CommandLine;
using Rt.Containers;

namespace Rt.Cli;

internal static class EventsCommand
{
    public const string Description = "print a container's statistics, and when it runs out of memory, as lines of JSON";

    private const string DefaultInterval = "5s";

    public static Command Build(CommandLine line)
    {
        Command command = new("events", Description);
        Argument<string[]> id = ContainerArgument.Make();
        Option<string> interval = new("--interval")
        {
            Description = "time from one line of statistics to the next, such as 500ms or 1m30s",
            DefaultValueFactory = _ => DefaultInterval,
            HelpName = "duration",
        };
        Option<bool> stats = new("--stats") { Description = "print the statistics once and end" };
        command.Arguments.Add(id);
        command.Options.Add(interval);
        command.Options.Add(stats);
        command.SetAction(line.Action((result, store) =>
        {
            string container = result.One(id);
            string duration = result.GetValue(interval)!;
            long nanoseconds = GoDuration.Parse(duration)
                ?? throw new RtException($"invalid value \"{duration}\" for flag -interval: parse error");
            ContainerDirectory directory = store.Open(container);
            if (nanoseconds <= 0) throw new RtException("duration interval must be greater than 0");
            using Events events = Events.Open(directory);
            bool read = result.GetValue(stats) ? events.PrintOnce(Output.Descriptor) : events.PrintUntilEnd(Output.Descriptor, nanoseconds);
            return read ? 0 : Output.ReaderGoneExitCode;
        }));
        return command;
    }
}
