using System.CommandLine;
using Rt.Containers;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cli;

/// <summary>The options of exec: a process as a whole, in a file, or how it differs from the container's own.</summary>
internal sealed class ExecOptions
{
    private const int MaxProcessSize = 4 << 20;

    private readonly Option<string> process = new("--process", "-p")
        { Description = "a file with the process as JSON, in place of the options about it", HelpName = "file" };
    private readonly Option<bool> tty = new("--tty", "-t") { Description = "give it a terminal" };
    private readonly Option<string> consoleSocket = new("--console-socket")
        { Description = "socket to send the master of its terminal to", HelpName = "path" };
    private readonly Option<string> pidfdSocket = CreateOptions.PidfdSocketOption();
    private readonly Option<string> cwd = new("--cwd") { Description = "its working directory", HelpName = "dir" };
    private readonly Option<string[]> env = Many("--env", "-e", "NAME=value", "a variable of its environment (repeatable)");
    private readonly Option<string> user = new("--user", "-u") { Description = "its user, in numbers", HelpName = "uid[:gid]" };
    private readonly Option<string[]> additionalGids = Many("--additional-gids", "-g", "gid", "a further group (repeatable)");
    private readonly Option<string[]> capabilities = Many("--cap", "-c", "name", "a further capability (repeatable)");
    private readonly Option<string> apparmor = new("--apparmor") { Description = "its AppArmor profile", HelpName = "profile" };
    private readonly Option<string> label = new("--process-label") { Description = "its SELinux label", HelpName = "label" };
    private readonly Option<bool> noNewPrivileges = new("--no-new-privs") { Description = "let execve grant it nothing" };
    private readonly Option<int> preserveFds = CreateOptions.PreserveFdsOption();
    private readonly Option<bool> detach = new("--detach", "-d") { Description = "do not wait for its end" };
    private readonly Option<string> pidFile = new("--pid-file") { Description = "file to write its pid to", HelpName = "file" };
    private readonly Option<string[]> cgroups = Many("--cgroup", "", "[controllers:]path",
        "a cgroup below the container's that it is to be in; with controllers, those of cgroup v1 (repeatable)");
    private readonly Option<bool> ignorePaused = new("--ignore-paused")
        { Description = "also in a paused container, in which it begins when that is resumed" };

    /// <summary>rt's exec is no subreaper; older runc's were.</summary>
    private readonly Option<bool> noSubreaper = new("--no-subreaper") { Hidden = true };

    public void AddTo(Command command) => Array.ForEach<Option>(
        [process, tty, consoleSocket, pidfdSocket, cwd, env, user, additionalGids, capabilities, apparmor, label, noNewPrivileges,
            preserveFds, detach, pidFile, cgroups, ignorePaused, noSubreaper], command.Options.Add);

    public ExecRequest Request(CommandLine line, ParseResult result, string id, string[] words)
    {
        string file = result.GetValue(process) ?? "";
        return new ExecRequest
        {
            Id = id,
            Process = own => file.Length > 0 ? Read(file, own) : Change(own, result, words),
            PidFile = result.GetValue(pidFile) ?? "",
            ConsoleSocket = result.GetValue(consoleSocket) ?? "",
            PidfdSocket = result.GetValue(pidfdSocket) ?? "",
            Detach = result.GetValue(detach),
            IgnorePaused = result.GetValue(ignorePaused),
            PreserveFds = CreateOptions.CheckPreserveFds(result.GetValue(preserveFds)),
            Cgroups = result.GetValue(cgroups) ?? [],
            Rootless = line.Rootless,
            Inbox = SignalInbox.Open(),
        };
    }

    /// <summary>The process in the file; what it does not speak of and would be dangerous without is as in the container's own.</summary>
    private static ContainerProcess Read(string file, ContainerProcess own)
    {
        try
        {
            ContainerProcess read = ProcessReader.Read(FileContent.Read(file, MaxProcessSize));
            read.InheritFrom(own);
            ProcessValidation.Check(read);
            return read;
        }
        catch (SpecException e)
        {
            throw new RtException($"{file}: {new SpecException(Relative(e.Path), e.Problem).Message}");
        }
    }

    /// <summary>The file begins where config.json has "process".</summary>
    private static string Relative(string path) => path.StartsWith("process.", StringComparison.Ordinal) ? path["process.".Length..] : path;

    private ContainerProcess Change(ContainerProcess own, ParseResult result, string[] words)
    {
        own.Args = [.. words];
        own.Terminal = result.GetValue(tty);
        own.ConsoleSize = null;
        if (result.GetValue(cwd) is { Length: > 0 } directory) own.Cwd = directory;
        own.Env.AddRange(result.GetValue(env) ?? []);
        if (result.GetValue(user) is { } ids) SetUser(own.User, ids);
        foreach (string gid in result.GetValue(additionalGids) ?? []) own.User.AdditionalGids.Add(Id(gid, "--additional-gids"));
        foreach (string name in result.GetValue(capabilities) ?? []) AddCapability(own.Capabilities ??= new Capabilities(), name);
        if (result.GetValue(apparmor) is { Length: > 0 } profile) own.ApparmorProfile = profile;
        if (result.GetValue(label) is { Length: > 0 } selinux) own.SelinuxLabel = selinux;
        if (result.GetResult(noNewPrivileges) is { Implicit: false }) own.NoNewPrivileges = result.GetValue(noNewPrivileges);
        ProcessValidation.Check(own);
        return own;
    }

    /// <summary>Nothing but numbers: what can't be read must not end up as root (CVE-2026-30892).</summary>
    internal static void SetUser(User user, string ids)
    {
        string[] parts = ids.Split(':');
        if (parts.Length > 2) throw new RtException($"--user {ids}: is not of the form uid[:gid]");
        user.Uid = Id(parts[0], "--user");
        if (parts.Length == 2) user.Gid = Id(parts[1], "--user");
    }

    private static uint Id(string text, string option) =>
        uint.TryParse(text, System.Globalization.NumberStyles.None, null, out uint id) && id != uint.MaxValue
            ? id
            : throw new RtException($"{option}: \"{text}\" is no id: a number from 0 to {uint.MaxValue - 1} is");

    /// <summary>As under runc: not inheritable, and so ambient only if the container's own process has it inheritable.</summary>
    private static void AddCapability(Capabilities capabilities, string name)
    {
        if (!CapabilityNames.All.Contains(name)) throw new RtException($"--cap: {name} is no capability (such as CAP_NET_RAW)");
        capabilities.Bounding.Add(name);
        capabilities.Effective.Add(name);
        capabilities.Permitted.Add(name);
        if (capabilities.Inheritable.Contains(name)) capabilities.Ambient.Add(name);
    }

    private static Option<string[]> Many(string name, string alias, string value, string description) =>
        new(name, alias.Length == 0 ? [] : [alias]) { Description = description, HelpName = value, AllowMultipleArgumentsPerToken = false };
}
