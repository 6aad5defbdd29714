using System.CommandLine;
using System.CommandLine.Help;
using Rt.Cgroups;
using Rt.Containers;
using Rt.Kernel;
using Rt.Launch;

namespace Rt.Cli;

/// <summary>rt's command line: the global options, and the commands, of which only the one that is called is built whole.</summary>
internal sealed class CommandLine
{
    private static readonly (string Name, string Description, Func<CommandLine, Command> Build)[] Commands =
    [
        ("attach", AttachCommand.Description, AttachCommand.Build),
        ("create", CreateCommand.Description, CreateCommand.Build),
        ("delete", DeleteCommand.Description, DeleteCommand.Build),
        ("doctor", DoctorCommand.Description, DoctorCommand.Build),
        ("events", EventsCommand.Description, EventsCommand.Build),
        ("exec", ExecCommand.Description, ExecCommand.Build),
        ("features", FeaturesCommand.Description, FeaturesCommand.Build),
        ("kill", KillCommand.Description, KillCommand.Build),
        ("list", ListCommand.Description, ListCommand.Build),
        ("logs", LogsCommand.Description, LogsCommand.Build),
        ("pause", PauseCommand.Description, PauseCommand.Build),
        ("plan", PlanCommand.Description, PlanCommand.Build),
        ("ps", PsCommand.Description, PsCommand.Build),
        ("resume", ResumeCommand.Description, ResumeCommand.Build),
        ("run", RunCommand.Description, RunCommand.Build),
        ("spec", SpecCommand.Description, SpecCommand.Build),
        ("start", StartCommand.Description, StartCommand.Build),
        ("state", StateCommand.Description, StateCommand.Build),
        ("update", UpdateCommand.Description, UpdateCommand.Build),
        ("wait", WaitCommand.Description, WaitCommand.Build),
    ];

    private readonly Option<string> root = new("--root")
    {
        Description = "directory where the state of containers is kept, best on a tmpfs",
        DefaultValueFactory = _ => ContainerStore.DefaultRoot,
        HelpName = "dir",
    };
    private readonly Option<string> log = new("--log")
        { Description = "file to write messages to, beside errors to stderr", HelpName = "file" };
    private readonly Option<string> logFormat = new("--log-format")
        { Description = "format of messages in the file", DefaultValueFactory = _ => "text", HelpName = "text|json" };
    private readonly Option<bool> debug = new("--debug") { Description = "write messages of level debug too" };
    private readonly Option<bool> systemdCgroup = new("--systemd-cgroup")
        { Description = "have systemd manage the cgroups; cgroupsPath is then slice:prefix:name" };
    private readonly Option<string> cgroupManager = new("--cgroup-manager")
        { Description = "who makes the cgroups; systemd: as --systemd-cgroup", HelpName = "cgroupfs|systemd|disabled" };
    private readonly Option<string> rootless = new("--rootless")
        { Description = "ignore cgroup permission errors", DefaultValueFactory = _ => "auto", HelpName = "true|false|auto" };
    private readonly Option<bool> version = new("--version", "-v") { Description = "print the version" };
    private bool askedForHelp;

    public CgroupManager CgroupManager { get; private set; }

    /// <summary>What --rootless says; null: auto.</summary>
    public bool? Rootless { get; private set; }

    public static int Main(string[] arguments)
    {
        Timeline.Mark("main");
        int code;
        try
        {
            StandardStreams.Fill();
            Signals.Reset(Signals.SIGCHLD); // a caller who ignores it would have the kernel reap rt's children, unseen (wait(2))
            code = new CommandLine().Invoke(arguments);
        }
        catch (Exception e)
        {
            Log.Error(e switch
            {
                RtException or KernelException or IOException or UnauthorizedAccessException => e.Message,
                OutOfMemoryException => "out of memory: the input is too large for a heap of 64 MiB", // HeapHardLimit in the project file
                _ => $"internal error: {e.GetType().Name}: {e.Message}",
            });
            code = e is RtException error ? error.ExitCode : 1;
        }

        // Nothing is buffered and no other thread is at work: the runtime need not be shut down in order.
        Processes.exit_group(code);
        return code;
    }

    /// <summary>All of it, as the manual and the shells' completions are made from.</summary>
    internal static Command Describe() => new CommandLine().Build(name: null, whole: true);

    /// <summary>An action with the command's name in its errors' stead of a stack trace, and the global options applied.</summary>
    public Func<ParseResult, int> Action(Func<ParseResult, ContainerStore, int> action) => result =>
    {
        Timeline.Mark("command line read");
        Log.Configure(result.GetValue(log) ?? "", result.GetValue(logFormat)!, result.GetValue(debug));
        CgroupManager = result.GetValue(cgroupManager) switch
        {
            null or "" => result.GetValue(systemdCgroup) ? CgroupManager.Systemd : CgroupManager.Cgroupfs,
            "cgroupfs" => CgroupManager.Cgroupfs,
            "systemd" => CgroupManager.Systemd,
            "disabled" => CgroupManager.Disabled,
            var other => throw new RtException($"--cgroup-manager: \"{other}\" is none of cgroupfs, systemd and disabled"),
        };
        Rootless = result.GetValue(rootless) switch
        {
            "" or "auto" => null,
            { } word when Arguments.Boolean(word) is { } given => given,
            var other => throw new RtException($"--rootless: \"{other}\" is none of true, false and auto"),
        };
        if (result.GetValue(root) is not { Length: > 0 } directory) throw new RtException("--root: no directory is given");
        int code = action(result, new ContainerStore(Path.GetFullPath(directory)));
        Timeline.Mark("done");
        if (Log.DebugEnabled) Log.Debug($"microseconds: {Timeline.Describe()}");
        return code;
    };

    private int Invoke(string[] arguments)
    {
        if (arguments is ["help", var topic]) arguments = [topic, "--help"];
        string? name = Arguments.Command(arguments);
        askedForHelp = name is null or "help" || Array.Exists(arguments, argument => argument is "--help" or "-h");
        Command command = Build(name);
        ParserConfiguration configuration = new() { ResponseFileTokenReplacer = null };
        arguments = Arguments.Normalize(Arguments.SetApart(arguments, command), command);
        ParseResult result = command.Parse(arguments, configuration);
        if (result.Errors.Count > 0 && result.Action is not HelpAction) throw new RtException(result.Errors[0].Message);
        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <param name="name">The command that is called; null: none.</param>
    /// <param name="whole">With the options of all commands.</param>
    private Command Build(string? name, bool whole = false)
    {
        // Not a RootCommand, which looks up the executable's path and brings options of its own.
        Command command = new("rt", "a low-level OCI runtime: starts containers from bundles, as runc does");
        // Only where it is asked for: its set-up, with the console's width, takes half as long as all the rest.
        if (askedForHelp) command.Options.Add(new HelpOption("--help", "-h"));
        Array.ForEach<Option>([version, root, log, logFormat, debug, systemdCgroup, cgroupManager, rootless], command.Options.Add);

        bool known = false;
        foreach (var (commandName, description, build) in Commands)
        {
            known |= commandName == name;
            if (name == null || name == "help" || commandName == name)
                command.Subcommands.Add(commandName == name || whole ? build(this) : new Command(commandName, description));
        }

        // Podman takes for able to whoever answers `checkpoint --help`.
        if (name is "checkpoint" or "restore") throw new RtException($"{name}: rt neither checkpoints containers nor restores them");
        if (name != null && name != "help" && !known) throw new RtException($"No help topic for '{name}'", 3);
        command.SetAction(result => Print(command, result));
        if (name == "help")
        {
            Command help = new("help", "show this list");
            help.SetAction(_ => command.Parse("--help").Invoke());
            command.Subcommands.Add(help);
        }

        return command;
    }

    private int Print(Command command, ParseResult result)
    {
        if (!result.GetValue(version)) return command.Parse("--help").Invoke();
        Output.Write($"rt version {BuildInfo.Version}\ncommit: {BuildInfo.Commit}\n"
            + $"spec: {BuildInfo.SpecVersion}\nlibseccomp: {Security.SeccompCompiler.LibraryVersion}\n");
        return 0;
    }
}
