using System.Text;
using Rt.Cgroups;
using Rt.Kernel;
using Rt.Launch;
using Rt.Namespaces;
using Rt.Plan;
using Rt.Resctrl;
using Rt.Security;
using Rt.Spec;
using Rt.Terminal;

namespace Rt.Containers;

/// <summary>
/// Another process in a container that is there: by a plan of its own, made from the configuration that the container was created
/// with.
/// </summary>
/// <remarks>
/// It holds no lock: hooks of the container may call exec, and many may be at work at once. Where the container ends meanwhile the
/// kernel refuses to join it, or kills the process together with the others.
/// </remarks>
internal sealed class ContainerExec
{
    private const long DeathMilliseconds = 1000;

    private readonly ExecRequest request;
    private readonly ContainerState state;
    private readonly InitProcess init;
    private readonly Config config;
    private readonly bool rootless = Processes.geteuid() != 0;
    private readonly bool mayTrace;
    private bool wrotePidFile;

    /// <summary>What has failed may have failed because the container is being killed, although its init still lives.</summary>
    private bool mayBeTooLate;

    private ContainerExec(ExecRequest request, ContainerState state, Config config, bool mayTrace)
    {
        this.mayTrace = mayTrace;
        this.request = request;
        this.state = state;
        this.config = config;
        init = new InitProcess(state.Pid, state.StartTime);
    }

    /// <summary>Returns the process's exit code (128 plus the number of the signal that killed it), or 0 for one that is left alone.</summary>
    public static int Run(ContainerStore store, ExecRequest request)
    {
        Guard.Protect();
        Timeline.Mark("binary protected");
        ContainerDirectory directory = store.Open(request.Id);
        ContainerState state = directory.Read();
        RequireAlive(directory.StatusOf(state), request.IgnorePaused);
        Config config = directory.ReadConfig();
        Timeline.Mark("configuration read");
        bool mayTrace = config.Process!.Capabilities is { } capabilities && capabilities.Bounding.Contains("CAP_SYS_PTRACE");
        config.Process = request.Process(config.Process!);
        ConsoleSocket.Check(config.Process.Terminal, request.Detach, request.ConsoleSocket);
        PreservedDescriptors.Require(3, request.PreserveFds, $"--preserve-fds {request.PreserveFds}");
        return new ContainerExec(request, state, config, mayTrace).Run(new SeccompCache(store.SeccompCache, BuildInfo.Id));
    }

    /// <summary>The words are runc's.</summary>
    private static void RequireAlive(ContainerStatus status, bool ignorePaused)
    {
        switch (status)
        {
            case ContainerStatus.Creating:
                throw new RtException("cannot exec in a container that is being created");
            case ContainerStatus.Stopped:
                throw new RtException("cannot exec in a stopped container");
            case ContainerStatus.Paused when !ignorePaused:
                throw new RtException("cannot exec in a paused container (use --ignore-paused to override)");
        }
    }

    /// <summary>The process's terminal goes to rt's own, or its standard streams.</summary>
    private bool ServesTerminal => config.Process!.Terminal && !request.Detach;

    private int Run(SeccompCache seccomp)
    {
        try
        {
            return Execute(seccomp);
        }
        catch (Exception e) when (e is RtException or KernelException)
        {
            // If the container has ended, that is why. Of processes that are killed together, the init may be the last to die.
            bool isAlive = mayBeTooLate ? !init.WaitForDeath(DeathMilliseconds) : init.IsAlive;
            if (isAlive) throw;
            throw new RtException($"cannot exec in a stopped container ({e.Message})");
        }
    }

    private int Execute(SeccompCache seccomp)
    {
        using ExecCgroup cgroup = ExecCgroup.Open(
            state.Cgroup, state.Pid, CgroupPrivilege.IsLimited(request.Rootless), request.Cgroups);
        if (ServesTerminal) config.Process!.ConsoleSize = ForegroundTerminal.HostSize() ?? config.Process.ConsoleSize;
        LaunchPlan plan = Compile(cgroup, seccomp);
        Timeline.Mark("compiled");
        UseInitialAffinity();
        int console = -1;
        LaunchedProcess? process = null;
        using ForegroundTerminal? terminal = ServesTerminal ? new() : null;
        try
        {
            console = terminal == null ? ConsoleSocket.Connect(request.ConsoleSocket) : -1;
            mayBeTooLate = true;
            process = LaunchedProcess.Start(
                plan, new OwnChild(), cgroup.Descriptor, gate: -1, terminal?.Socket ?? console, cgroup.Instead);
            mayBeTooLate = false;
            Timeline.Mark("forked");
            Launch(plan, process, cgroup, terminal);
        }
        catch
        {
            mayBeTooLate |= process is { Pid: 0 } or { FailedStep: StepKind.JoinContainer or StepKind.ForkSibling };
            process?.Abort();
            if (wrotePidFile) FileContent.Remove(request.PidFile);
            throw;
        }
        finally
        {
            if (console >= 0) Files.close(console);
        }

        return request.Detach ? 0 : Foreground.Wait(process.Pid, request.Inbox, terminal);
    }

    private LaunchPlan Compile(ExecCgroup cgroup, SeccompCache seccomp)
    {
        LaunchOptions options = new()
        {
            Id = state.Id,
            Bundle = state.Bundle,
            NoNewKeyring = state.NoNewKeyring,
            Rootless = rootless,
            MayLackCgroups = CgroupPrivilege.IsLimited(request.Rootless),
            PreserveFds = request.PreserveFds,
            PlainNewlines = ServesTerminal && !Terminals.IsTerminal(1),
            Affinity = FinalAffinity(config.Process!.ExecCpuAffinity),
            Warn = Log.Warn,
        };
        Joining joining = new(OpenInit, OpenRoot, cgroup.Legacy, Namespaces(), mayTrace);
        return Compiler.CompileExec(config, options, joining, Host.DetectForExec(), seccomp.Get);
    }

    private void Launch(LaunchPlan plan, LaunchedProcess process, ExecCgroup cgroup, ForegroundTerminal? terminal)
    {
        process.EnterNamespaces(cgroup.Enter);
        if (config.Linux.IntelRdt is { } rdt) ResctrlGroup.Join(rdt, state.Id, process.Pid);
        if (request.PidFile.Length > 0)
        {
            FileContent.Replace(request.PidFile, Encoding.ASCII.GetBytes($"{process.Pid}"), 0x1a4);
            wrotePidFile = true;
        }

        if (request.PidfdSocket.Length > 0) PidfdSocket.Send(request.PidfdSocket, process.Pid, "setns"u8);
        bool waits = plan.Stops || plan.LimitsFromOutside;
        if (!waits) process.GoAhead();
        process.AwaitReady(report => SeccompAgent.Send(plan.SeccompListener!, state.OciVersion, process.Pid,
            (int)report.Value, Encoding.UTF8.GetString(ContainerHooks.StateOf(state).Json("running", state.Pid)).TrimEnd()));
        Outside.SetLimits(plan, process.Pid);
        terminal?.Receive();
        if (waits) process.GoAhead();
        process.AwaitExec();
    }

    /// <summary>
    /// Those of the configuration, but a user namespace that is the caller's as well, which can't be joined (setns(2)).
    /// </summary>
    private ulong Namespaces()
    {
        ulong types = 0;
        foreach (Namespace one in config.Linux.Namespaces)
            if (one.Type != "user" || !HostNamespaces.IsShared("user", state.Pid))
                types |= NamespaceTypes.All[one.Type].Flag;
        return types;
    }

    /// <summary>Without a final one the kernel is to decide (config.md): null. Without the property it is all that the cgroup has: "".</summary>
    private static string? FinalAffinity(ExecCpuAffinity? affinity) => affinity is { Final: "" } ? null : affinity?.Final ?? "";

    private int OpenInit()
    {
        int pidfd = init.Open();
        return pidfd >= 0 ? pidfd : throw new RtException($"open the container's init: {Errno.Describe(-pidfd)}");
    }

    private int OpenRoot()
    {
        int root = FileContent.Open($"/proc/{state.Pid}/root", Files.O_PATH | Files.O_DIRECTORY);
        // Looked at afterwards: the pid was the init's when its root was opened.
        return init.IsAlive ? root : throw new RtException("open the container's root: its init has ended");
    }

    /// <summary>
    /// process.execCPUAffinity.initial (config.md) holds until the process is in the container's cgroup: for rt itself, whose child
    /// it is.
    /// </summary>
    private unsafe void UseInitialAffinity()
    {
        if (config.Process!.ExecCpuAffinity?.Initial is not { Length: > 0 } cpus) return;
        fixed (ulong* mask = NumberList.Parse(cpus))
        {
            int result = Scheduling.sched_setaffinity(mask, NumberList.Parse(cpus)!.Length * sizeof(ulong));
            if (result < 0) throw new RtException($"process.execCPUAffinity.initial: run on CPUs {cpus}: {Errno.Describe(-result)}");
        }
    }
}
