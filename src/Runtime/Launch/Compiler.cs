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
/// How a container starts, on one page: the order of everything that its process does between clone3 and execve. Each line
/// is a subject's; open its folder for the detail. A pure function: nothing is run, no root is needed.
/// </summary>
internal static class Compiler
{
    public static LaunchPlan Compile(Config config, LaunchOptions options, Host host, Func<SeccompSection, SeccompFilter> seccomp)
    {
        ContainerProcess process = config.Process!;
        Capabilities capabilities = process.Capabilities ?? new Capabilities();
        SeccompFilter? filter = config.Linux.Seccomp is { } section ? seccomp(section) : null;
        bool listens = filter?.Listener != null; // an agent must have the listener while rt is there to take it to him
        PlanWriter plan = new()
        {
            FirstDescriptor = 3 + options.PreserveFds,
            StaysDumpable = options.Rootless && config.Linux.HasNewNamespace("user"),
        };

        // Made by rt, before the process is there.
        CgroupPlan? cgroup = options.SystemdCgroup
            ? ScopeCompiler.Compile(config, options.Id, host.Cgroups, options.UserSystemd)
            : CgroupCompiler.Compile(config, options.Id, host.Cgroups);

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
        TerminalCompiler.Open(plan, process);
        NamespaceCompiler.Sysctls(plan, config);
        Execute execute = ProcessCompiler.Executable(plan, process);
        MountCompiler.LateReadonly(plan, config);
        MountCompiler.CoveredPaths(plan, config);
        LabelCompiler.Program(plan, process); // while the host's /proc is there; whatever is executed from here on gets the label
        MountCompiler.EnterRoot(plan, config, options.NoPivot);
        ProcessCompiler.WorkingDirectory(plan, process);
        MountCompiler.FinishRoot(plan, config);
        TerminalCompiler.Use(plan, process);
        plan.Add(new CloseDescriptors { First = plan.FirstDescriptor });

        // Privileges, given up from the least to the most needed. Without no_new_privs the kernel takes a filter only from the
        // privileged, so that it must come while the process still is.
        if (!config.Linux.HasNamespace("user")) ProcessCompiler.Rlimits(plan, process);
        SchedulingCompiler.Compile(plan, config);
        SecurityCompiler.BoundingSet(plan, capabilities, host.LastCapability);
        if (process.NoNewPrivileges) plan.Add(default(NoNewPrivileges), "process.noNewPrivileges");
        if (filter != null && !process.NoNewPrivileges) SecurityCompiler.Seccomp(plan, filter);
        ProcessCompiler.User(plan, config, options.Rootless);
        // The root of a user namespace has them all.
        ulong grantable = config.Linux.HasNamespace("user") ? ulong.MaxValue : host.Capabilities;
        SecurityCompiler.Capabilities(plan, capabilities, host.LastCapability, grantable, options.Warn);

        // Nothing left that can fail but the program itself.
        ProcessCompiler.Find(plan, process, execute);
        if (listens && process.NoNewPrivileges) SecurityCompiler.Seccomp(plan, filter!);
        plan.Add(default(Ready));
        if (options.Gate) plan.Add(default(StartGate));
        HookCompiler.StartContainer(plan, config, options.Id, options.Bundle);
        plan.Add(default(Executing));
        if (filter != null && process.NoNewPrivileges && !listens) SecurityCompiler.Seccomp(plan, filter);
        plan.Add(execute, "process.args");

        return new LaunchPlan
        {
            Cgroup = cgroup,
            Openings = plan.Openings,
            Block = plan.Finish(),
            Config = config,
            ForksTwice = forksTwice,
            SeccompListener = filter?.Listener,
            Stops = stops || listens || config.Linux.TimeOffsets.Count > 0,
        };
    }

    /// <summary>
    /// Whether rt has to act on the finished environment: hooks of the runtime's namespaces, network devices. Before hooks in the
    /// container, which may take their time, the init must be on record, or nobody could find it if rt were killed meanwhile.
    /// </summary>
    private static bool HasWorkOutside(Config config) =>
        config.Hooks.Prestart.Count + config.Hooks.CreateRuntime.Count + config.Hooks.CreateContainer.Count > 0
        || config.Linux.NetDevices.Count > 0;
}
