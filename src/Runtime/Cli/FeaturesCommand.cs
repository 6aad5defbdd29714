using System.CommandLine;
using System.Text.Json;
using Rt.Mounts;
using Rt.Security;
using Rt.Spec;

namespace Rt.Cli;

internal static class FeaturesCommand
{
    public const string Description = "print what rt supports as JSON";

    public static Command Build(CommandLine line)
    {
        Command command = new("features", Description);
        Argument<string[]> none = ContainerArgument.None();
        command.Arguments.Add(none);
        command.SetAction(line.Action((result, _) =>
        {
            result.Some(none, 0, 0);
            Output.Write(JsonSerializer.Serialize(Current(), OutputJson.Default.Features) + "\n");
            return 0;
        }));
        return command;
    }

    /// <summary>Taken from the tables by which the compilers work.</summary>
    internal static Features Current() => new()
    {
        MountOptions = [.. Mounts.MountOptions.Known()],
        Linux = new LinuxFeatures
        {
            Namespaces = [.. NamespaceValidation.Types.Order(StringComparer.Ordinal)],
            Capabilities = CapabilityNames.All,
            MemoryPolicy = new MemoryPolicyFeatures(Sorted(MemoryPolicyWords.Modes.Keys), Sorted(MemoryPolicyWords.Flags.Keys)),
            Cgroup = new CgroupFeatures { V1 = true, V2 = true, Systemd = true, SystemdUser = true, Rdma = true },
            Seccomp = new SeccompFeatures
            {
                Actions = Sorted(SeccompWords.Actions.Keys),
                Operators = Sorted(SeccompWords.Operators.Keys),
                Archs = Sorted(SeccompWords.Architectures.Keys),
                KnownFlags = Sorted(SeccompWords.Flags.Keys),
                SupportedFlags = Sorted(SeccompWords.Flags.Keys),
            },
        },
        Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["io.github.seccomp.libseccomp.version"] = SeccompCompiler.LibraryVersion,
            ["org.opencontainers.runc.checkpoint.enabled"] = "false",
        },
    };

    private static string[] Sorted(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];
}
