using Rt.Cgroups;
using Rt.Devices;
using Rt.Hooks;
using Rt.Mounts;
using Rt.Namespaces;
using Rt.Network;
using Rt.Plan;
using Rt.Process;
using Rt.Security;
using Rt.Spec;
using Rt.Terminal;

namespace Rt.Launch;

/// <summary>
/// How a container starts, on one page: the order of everything that its process does between clone3 and execve; and how another
/// process gets into it, which ends in the same way. Each line is a subject's; open its folder for the detail. Pure functions:
/// nothing is run, no root is needed.
/// </summary>
internal static class Compiler
{
    public static LaunchPlan Compile(Config config, LaunchOptions options, Host host, Func<SeccompSection, SeccompFilter> seccomp)
    {
        ContainerProcess process = config.Process!;
        SeccompFilter? filter = config.Linux.Seccomp is { } section ? seccomp(section) : null;
        PlanWriter plan = new()
        {
            FirstDescriptor = 3 + options.PreserveFds,
            StaysDumpable = options.Rootless && config.Linux.HasNewNamespace("user"),
        };

        // Made by rt, before the process is there.
        CgroupPlan? cgroup = options.CgroupManager switch
        {
            CgroupManager.Systemd => ScopeCompiler.Compile(config, options.Id, host.Cgroups, options.UserSystemd),
            CgroupManager.Disabled => CgroupCompiler.RequireNone(config, host.Cgroups),
            _ => CgroupCompiler.Compile(config, options.Id, host.Cgroups),
        };

        // In the host's file systems still, in namespaces of its own.
        if (cgroup?.Scope != null) plan.Add(default(AwaitCgroup), "linux.cgroupsPath");
        bool forksTwice = NamespaceCompiler.Fork(plan, config, options.Rootless);
        LegacyJoin.Compile(plan, cgroup?.Legacy?.Directories ?? [], options.MayLackCgroups);
        NamespaceCompiler.Enter(plan, config);
        plan.Add(default(NewSession));
        if (!options.NoNewKeyring) LabelCompiler.Keyring(plan, process);
        if (!options.NoNewKeyring) SecurityCompiler.Keyring(plan, options.Id);
        if (config.Linux.HasNewNamespace("network")) plan.Add(default(LoopbackUp));
        NamespaceCompiler.Names(plan, config);

        // The container's file systems, built in place and then entered.
        MountCompiler.OpenRoot(plan, config, options.Bundle);
        MountCompiler.Mounts(plan, config, new MountContext(
            options.Bundle, host.Cgroups.Mount, options.Rootless, CgroupCompiler.Mounts(cgroup, host.Cgroups), options.Warn));
        DeviceCompiler.Compile(plan, config);
        bool stops = HasWorkOutside(config);
        if (stops) plan.Add(default(AwaitEnvironment));
        HookCompiler.CreateContainer(plan, config, options.Id, options.Bundle);
        TerminalCompiler.Open(plan, process, console: true, options.PlainNewlines);
        NamespaceCompiler.Sysctls(plan, config);
        Execute execute = ProcessCompiler.Executable(plan, process);
        MountCompiler.LateReadonly(plan, config);
        MountCompiler.CoveredPaths(plan, config);
        LabelCompiler.Program(plan, process); // while the host's /proc is there; whatever is executed from here on gets the label
        MountCompiler.EnterRoot(plan, config, options.NoPivot);
        WorkingDirectory directory = ProcessCompiler.WorkingDirectory(plan, process, make: true);
        MountCompiler.FinishRoot(plan, config);
        GiveUpPrivileges(plan, config, options, host, filter, directory);

        // Nothing left that can fail but the program itself.
        Prepare(plan, process, execute, filter);
        if (options.Gate) plan.Add(default(StartGate));
        HookCompiler.StartContainer(plan, config, options.Id, options.Bundle);
        Finish(plan, process, execute, filter);

        return new LaunchPlan
        {
            Cgroup = cgroup,
            Openings = plan.Openings,
            Block = plan.Finish(),
            Config = config,
            ForksTwice = forksTwice,
            SeccompListener = filter?.Listener,
            Stops = stops || filter?.Listener != null || config.Linux.TimeOffsets.Count > 0,
        };
    }

    /// <summary>Another process in a container that is there already (exec).</summary>
    /// <param name="config">The container's, with the new process in it.</param>
    public static LaunchPlan CompileExec(
        Config config, LaunchOptions options, Joining joining, Host host, Func<SeccompSection, SeccompFilter> seccomp)
    {
        ContainerProcess process = config.Process!;
        SeccompFilter? filter = config.Linux.Seccomp is { } section ? seccomp(section) : null;
        PlanWriter plan = new() { FirstDescriptor = 3 + options.PreserveFds, StaysDumpable = options.Rootless };

        // On the host still, where /proc is the host's.
        LegacyJoin.Compile(plan, joining.LegacyCgroups, options.MayLackCgroups);
        ProcessCompiler.OomScore(plan, process);
        if (!options.NoNewKeyring) LabelCompiler.Keyring(plan, process);
        LabelCompiler.Program(plan, process);

        // Inside.
        MountCompiler.FindRoot(plan, config, joining.Root);
        // What rt has open is gone from a second process before the container can see it.
        bool atBirth = !options.Rootless && host.IsAdmin && !joining.MayTrace;
        bool forksTwice = NamespaceCompiler.JoinContainer(plan, config, joining.Namespaces, joining.Init, atBirth);
        MountCompiler.EnterRoot(plan, config);
        plan.Add(default(NewSession));
        if (!options.NoNewKeyring) SecurityCompiler.Keyring(plan, options.Id);
        TerminalCompiler.Open(plan, process, console: false, options.PlainNewlines);
        Execute execute = ProcessCompiler.Executable(plan, process);
        WorkingDirectory directory = ProcessCompiler.WorkingDirectory(plan, process, make: false);
        GiveUpPrivileges(plan, config, options, host, filter, directory);
        Prepare(plan, process, execute, filter);
        Finish(plan, process, execute, filter);

        return new LaunchPlan
        {
            Openings = plan.Openings,
            Block = plan.Finish(),
            Config = config,
            Joins = true,
            ForksTwice = forksTwice,
            SeccompListener = filter?.Listener,
            Stops = filter?.Listener != null,
        };
    }

    /// <summary>Privileges, given up from the least to the most needed, with what takes them done before.</summary>
    /// <param name="directory">The user may be let into it where root was not.</param>
    private static void GiveUpPrivileges(
        PlanWriter plan, Config config, LaunchOptions options, Host host, SeccompFilter? filter, WorkingDirectory directory)
    {
        ContainerProcess process = config.Process!;
        Capabilities capabilities = process.Capabilities ?? new Capabilities();
        bool inUserNamespace = config.Linux.HasNamespace("user");
        TerminalCompiler.Use(plan, process);
        plan.Add(new CloseDescriptors { First = plan.FirstDescriptor });
        if (!inUserNamespace) ProcessCompiler.Rlimits(plan, process);
        SchedulingCompiler.Compile(plan, config, options.Affinity);
        SecurityCompiler.BoundingSet(plan, capabilities, host.LastCapability);
        if (process.NoNewPrivileges) plan.Add(default(NoNewPrivileges), "process.noNewPrivileges");
        // Without no_new_privs the kernel takes a filter only from the privileged, so that it must come while the process still is.
        if (filter != null && !process.NoNewPrivileges) SecurityCompiler.Seccomp(plan, filter);
        ProcessCompiler.User(plan, config, options.Rootless, host.DeniesGroups);
        ProcessCompiler.ClosedDirectory(plan, directory);
        // The root of a user namespace has them all.
        ulong grantable = inUserNamespace ? ulong.MaxValue : host.Capabilities;
        SecurityCompiler.Capabilities(plan, capabilities, host.LastCapability, grantable, options.Warn);
    }

    /// <summary>Looks up the program, and waits for rt to have it on record.</summary>
    private static void Prepare(PlanWriter plan, ContainerProcess process, Execute execute, SeccompFilter? filter)
    {
        ProcessCompiler.Find(plan, process, execute);
        // An agent must have the listener while rt is there to take it to him.
        if (filter?.Listener != null && process.NoNewPrivileges) SecurityCompiler.Seccomp(plan, filter);
        plan.Add(default(Ready));
    }

    private static void Finish(PlanWriter plan, ContainerProcess process, Execute execute, SeccompFilter? filter)
    {
        plan.Add(default(Executing));
        if (filter is { Listener: null } && process.NoNewPrivileges) SecurityCompiler.Seccomp(plan, filter);
        plan.Add(execute, "process.args");
    }

    /// <summary>
    /// Whether rt has to act on the finished environment: hooks of the runtime's namespaces, network devices. Before hooks in the
    /// container, which may take their time, the init must be on record, or nobody could find it if rt were killed meanwhile.
    /// </summary>
    private static bool HasWorkOutside(Config config) =>
        config.Hooks.Prestart.Count + config.Hooks.CreateRuntime.Count + config.Hooks.CreateContainer.Count > 0
        || config.Linux.NetDevices.Count > 0;
}
