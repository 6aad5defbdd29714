using System.CommandLine;
using System.Text;
using System.Text.Json;
using Rt.Cgroups;
using Rt.Containers;
using Rt.Kernel;
using Rt.Launch;
using Rt.Security;

namespace Rt.Cli;

internal static class PlanCommand
{
    public const string Description = "print every step that create would execute; nothing is run and no root is needed";

    public static Command Build(CommandLine line)
    {
        Command command = new("plan", Description);
        Argument<string[]> id = ContainerArgument.Make("[container-id]");
        Option<string> bundleOption = CreateOptions.BundleOption();
        Option<string> format = new("--format", "-f")
            { Description = "as lines or as JSON", DefaultValueFactory = _ => "text", HelpName = "text|json" };
        Option<bool> noPivot = new("--no-pivot") { Description = "as for create" };
        Option<bool> noNewKeyring = new("--no-new-keyring") { Description = "as for create" };
        command.Arguments.Add(id);
        Array.ForEach<Option>([bundleOption, format, noPivot, noNewKeyring], command.Options.Add);
        command.SetAction(line.Action((result, store) =>
        {
            Bundle bundle = Bundle.Load(result.GetValue(bundleOption) ?? "");
            // Without a user namespace, `create` would refuse an ordinary user: he is shown what it would do for root.
            bool isOrdinary = Processes.geteuid() != 0, asRoot = isOrdinary && !bundle.Config.Linux.HasNamespace("user");
            LaunchOptions options = new()
            {
                Id = result.Some(id, 0, 1) is [var given] ? given : Path.GetFileName(bundle.Directory),
                Bundle = bundle.Directory,
                Gate = true,
                NoPivot = result.GetValue(noPivot),
                NoNewKeyring = result.GetValue(noNewKeyring),
                CgroupManager = line.CgroupManager,
                UserSystemd = line.CgroupManager == CgroupManager.Systemd && !asRoot && Systemd.SystemdSocket.IsOfUser(line.Rootless),
                Rootless = isOrdinary && !asRoot,
                Warn = Log.Warn,
            };
            LaunchPlan plan = bundle.Compile(options, Host.Detect(), new SeccompCache(null, BuildInfo.Id));
            List<PlanLine> lines = PlanListing.Of(plan);
            Output.Write(result.GetValue(format) switch
            {
                "text" => PlanListing.Text(lines),
                "json" => JsonSerializer.Serialize(lines, OutputJson.Default.ListPlanLine) + "\n",
                var other => throw new RtException($"invalid format option: {other}"),
            });
            return 0;
        }));
        return command;
    }
}
