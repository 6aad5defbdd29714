using System.CommandLine;
using Rt.Containers;
using Rt.Kernel;
using Rt.Shim;

namespace Rt.Cli;

/// <summary>The options that create and run have in common.</summary>
internal sealed class CreateOptions
{
    private readonly Argument<string[]> id = ContainerArgument.Make();
    private readonly Option<string> bundle = BundleOption();
    private readonly Option<string> pidFile = new("--pid-file")
        { Description = "file to write the pid of the container's init to", HelpName = "file" };
    private readonly Option<string> consoleSocket = new("--console-socket")
        { Description = "socket to send the master of the container's terminal to", HelpName = "path" };
    private readonly Option<bool> noPivot = new("--no-pivot")
        { Description = "enter the root file system by chroot, for hosts that run from an initial ramdisk" };
    private readonly Option<bool> noNewKeyring = new("--no-new-keyring")
        { Description = "leave the caller's session keyring to the container" };
    private readonly Option<int> preserveFds = PreserveFdsOption();
    private readonly Option<string> pidfdSocket = PidfdSocketOption();
    private readonly Option<bool> noShim = new("--no-shim")
        { Description = "leave no parent with the container: whoever calls reaps its init" };
    private readonly Option<string> stdio = new("--stdio")
    {
        Description = "where stdio goes: the caller's, the log or /dev/null; by default what is a terminal goes to the log",
        HelpName = "inherit|log|null",
    };

    public static Option<string> BundleOption() =>
        new("--bundle", "-b") { Description = "the bundle's directory, by default the current one", HelpName = "dir" };

    public static Option<int> PreserveFdsOption() => new("--preserve-fds")
        { Description = "let the process inherit N descriptors beside stdio, from 3 on", HelpName = "N" };

    public static int CheckPreserveFds(int count) =>
        count is >= 0 and <= 1024 ? count : throw new RtException($"--preserve-fds: {count} is not between 0 and 1024");

    public static Option<string> PidfdSocketOption() =>
        new("--pidfd-socket") { Description = "socket to send a pidfd of the process to", HelpName = "path" };

    public void AddTo(Command command)
    {
        command.Arguments.Add(id);
        Array.ForEach<Option>([bundle, pidFile, consoleSocket, pidfdSocket, noPivot, noNewKeyring, preserveFds, noShim, stdio],
            command.Options.Add);
    }

    public CreateRequest Request(CommandLine line, ParseResult result, bool gate, bool detach)
    {
        string mode = result.GetValue(stdio) ?? "";
        return new CreateRequest
        {
            Id = result.One(id),
            Bundle = result.GetValue(bundle) ?? "",
            PidFile = result.GetValue(pidFile) ?? "",
            ConsoleSocket = result.GetValue(consoleSocket) ?? "",
            PidfdSocket = result.GetValue(pidfdSocket) ?? "",
            Detach = detach,
            NoShim = result.GetValue(noShim),
            Stdio = ShimStreams.Parse(mode) ?? throw new RtException($"--stdio: \"{mode}\" is none of inherit, log and null"),
            NoPivot = result.GetValue(noPivot),
            NoNewKeyring = result.GetValue(noNewKeyring),
            PreserveFds = CheckPreserveFds(result.GetValue(preserveFds)),
            CgroupManager = line.CgroupManager,
            Rootless = line.Rootless,
            Gate = gate,
            Inbox = SignalInbox.Open(),
        };
    }
}
