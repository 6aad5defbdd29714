using System.CommandLine;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cli;

internal static class SpecCommand
{
    public const string Description = "write a config.json to start from";

    public static Command Build(CommandLine line)
    {
        Command command = new("spec", Description);
        Argument<string[]> none = ContainerArgument.None();
        Option<string> bundle = CreateOptions.BundleOption();
        Option<bool> rootless = new("--rootless") { Description = "for a container that an ordinary user starts" };
        command.Arguments.Add(none);
        command.Options.Add(bundle);
        command.Options.Add(rootless);
        command.SetAction(line.Action((result, _) =>
        {
            result.Some(none, 0, 0);
            string path = Path.Combine(result.GetValue(bundle) ?? "", "config.json");
            byte[] json = DefaultConfig.Json(result.GetValue(rootless) ? (Processes.geteuid(), Processes.getegid()) : null);
            int file = FileContent.TryOpen(path, Files.O_WRONLY | Files.O_CREAT | Files.O_EXCL, 0x1b6);
            if (file == -Errno.EEXIST) throw new RtException($"File {path} exists. Remove it first");
            KernelException.Check(file, $"create {path}");
            FileContent.Write(file, json, path);
            Files.close(file);
            return 0;
        }));
        return command;
    }
}
