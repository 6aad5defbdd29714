using System.CommandLine;
using System.Text.Json;
using Rt.Doctor;
using Rt.Doctor.Engines;

namespace Rt.Cli;

internal static class DoctorCommand
{
    public const string Description = "show what of this host rt can use, or how an engine is told to use rt";

    public static Command Build(CommandLine line)
    {
        Command command = new("doctor", Description);
        Argument<string[]> none = ContainerArgument.None();
        Option<string> format = new("--format", "-f")
            { Description = "for people, or for programs", DefaultValueFactory = _ => "text", HelpName = "text|json" };
        Option<string> engine = new("--engine")
        {
            Description = "print the configuration with which this engine uses rt, merged with what it has",
            HelpName = string.Join('|', Engine.Names),
        };
        command.Arguments.Add(none);
        command.Options.Add(format);
        command.Options.Add(engine);
        command.SetAction(line.Action((result, store) =>
        {
            result.Some(none, 0, 0);
            if (result.GetValue(engine) is { } name)
            {
                if (result.GetResult(format) is { Implicit: false }) throw new RtException("--format does not go with --engine");
                Output.Write(Engine.Configuration(name));
                return 0;
            }

            Examination examination = Examination.Run(store.Root);
            Output.Write(result.GetValue(format) switch
            {
                "text" => ExaminationText.Of(examination),
                "json" => JsonSerializer.Serialize(ExaminationJson.Of(examination), OutputJson.Default.ExaminationJson) + "\n",
                var other => throw new RtException($"invalid format option: {other}"),
            });
            return examination.CanStart ? 0 : 1;
        }));
        return command;
    }
}
