using Rt.Cgroups;
using Rt.Kernel;
using Rt.Launch;
using Rt.Mounts;
using Rt.Security;
using Rt.Shim;
using Rt.Spec;
using Rt.Terminal;

namespace Rt.Containers;

/// <summary>
/// The creation of one container. Until it has succeeded, whatever fails is undone: no process, cgroup, mount or state stays.
/// </summary>
internal sealed class Creation : IDisposable
{
    private readonly ContainerDirectory directory;
    private readonly LaunchPlan plan;
    private readonly CreateRequest request;
    private readonly Surroundings surroundings;
    private readonly byte[] document;
    private readonly bool rootless = Processes.geteuid() != 0;
    private ContainerState state;
    private LaunchedProcess? init;
    private Outside? outside;
    private ForegroundTerminal? terminal;
    private readonly CgroupCreation cgroup;
    private bool wrotePidFile, hooksBegan;

    private Creation(ContainerDirectory directory, LaunchPlan plan, CreateRequest request, Surroundings surroundings,
        ContainerState state, byte[] document, bool limited)
    {
        this.surroundings = surroundings;
        this.document = document;
        this.directory = directory;
        this.plan = plan;
        this.request = request;
        this.state = state;
        cgroup = new CgroupCreation(plan.Cgroup, limited);
    }

    /// <summary>Returns the container with its init waiting at the gate or, if none was asked for, running the program.</summary>
    public static Created Create(ContainerStore store, CreateRequest request)
    {
        Guard.Protect();
        Timeline.Mark("binary protected");
        Bundle bundle = Bundle.Load(request.Bundle);
        Timeline.Mark("configuration read");
        bool rootless = Processes.geteuid() != 0;
        if (rootless && !bundle.Config.Linux.HasNamespace("user"))
            throw new RtException("rootless container requires user namespaces");
        Surroundings surroundings = Surroundings.Apply(bundle.Config, request, store.NotifyDirectory(request.Id));
        bundle.CheckHost();
        bool limited = CgroupPrivilege.IsLimited(request.Rootless);
        LaunchOptions options = new()
        {
            Id = request.Id,
            Bundle = bundle.Directory,
            Gate = request.Gate,
            NoPivot = request.NoPivot,
            NoNewKeyring = request.NoNewKeyring,
            CgroupManager = request.CgroupManager,
            UserSystemd = request.CgroupManager == CgroupManager.Systemd && Systemd.SystemdSocket.IsOfUser(request.Rootless),
            Rootless = rootless,
            MayLackCgroups = limited,
            PreserveFds = surroundings.Descriptors,
            PlainNewlines = surroundings.PlainNewlines,
            Warn = Log.Warn,
        };
        LaunchPlan plan = bundle.Compile(options, Host.Detect(), new SeccompCache(store.SeccompCache, BuildInfo.Id));
        Timeline.Mark("compiled");

        ContainerDirectory directory = store.Create(request.Id);
        ContainerState state = new()
        {
            Id = request.Id,
            OciVersion = bundle.Config.OciVersion,
            Bundle = bundle.Directory,
            Rootfs = bundle.RootPath,
            Created = DateTime.UtcNow,
            Owner = (uint)Processes.geteuid(),
            Cgroup = ContainerCgroup.Of(plan.Cgroup),
            RootUnder = bundle.Config.Linux.HasNamespace("mount") ? 0 : HostRoot.MountOf(bundle.RootPath),
            OwnPidNamespace = bundle.Config.Linux.HasNewNamespace("pid"),
            NoNewKeyring = request.NoNewKeyring,
            Annotations = bundle.Config.Annotations,
            Hooks = bundle.Config.Hooks,
        };
        using Creation creation = new(directory, plan, request, surroundings, state, bundle.Document, limited);
        state = creation.Run();
        return new Created(directory, state, creation.terminal, surroundings.Notify);
    }

    public void Dispose() => cgroup.Dispose();

    private ContainerState Run()
    {
        int gate = -1, console = -1;
        ShimProcess? shim = null;
        try
        {
            if (surroundings.ServesTerminal) terminal = new ForegroundTerminal();
            else console = ConsoleSocket.Connect(request.ConsoleSocket);
            directory.Write(state);
            surroundings.Notify?.MakeDirectory();
            if (request.HasShim)
            {
                shim = directory.PrepareShim(plan.Config.Process!.Terminal, request.Stdio);
                console = shim.ConsoleSocket;
            }

            if (request.Gate) gate = directory.MakeGate();
            else surroundings.Notify?.Open();
            cgroup.Make();
            Timeline.Mark("state and cgroup made");
            init = LaunchedProcess.Start(
                plan, shim ?? (IInitParent)new OwnChild(), cgroup.Descriptor, gate, terminal?.Socket ?? console);
            Timeline.Mark("forked");
            if (cgroup.Enter(init.Pid)) init.GoAhead();
            init.EnterNamespaces();

            // From here on the init is at work as well, on another processor: what can wait until now has done so.
            outside = new Outside(plan, ContainerHooks.StateOf(state), init.Pid);
            outside.AfterFork(ownsCgroup: cgroup.Descriptor >= 0 && !rootless);
            cgroup.AfterFork();

            // Once it is on record, the init may go on to the program by itself: it need not wait for this process to wake up.
            InitProcess process = InitProcess.Find(init.Pid)
                ?? throw new RtException("the container's process ended while it was being set up");
            state = state with
            {
                Pid = process.Pid,
                StartTime = process.StartTime,
                Resctrl = outside.ResctrlToRemove,
                Cgroup = cgroup.Cgroup,
            };
            directory.WriteConfig(document);
            directory.WriteDraft(state);
            if (request.PidfdSocket.Length > 0) PidfdSocket.Send(request.PidfdSocket, init.Pid, "standard"u8);
            if (request.PidFile.Length > 0) WritePidFile(init.Pid);
            bool waits = plan.Stops || plan.LimitsFromOutside;
            if (!waits) init.GoAhead();
            init.AwaitReady(outside.AtStop);
            outside.AtReady();
            terminal?.Receive();
            if (state.RootUnder != 0) directory.WriteDraft(state = state with { RootMount = init.RootMount });
            directory.CommitDraft();
            if (waits) init.GoAhead();
            if (request.Gate) return state;
            init.AwaitExec();
            hooksBegan = state.Hooks.Poststart.Count > 0;
            if (hooksBegan) directory.Unlock(); // whoever deletes the container need not wait for them
            ContainerHooks.Poststart(state, interruptible: true);
            return state;
        }
        catch (Exception e)
        {
            Undo();
            throw e is SpecException ? new RtException($"{state.Bundle}/config.json: {e.Message}") : e;
        }
        finally
        {
            outside?.Close();
            shim?.Dispose();
            if (console >= 0) Files.close(console);
            if (gate >= 0) Files.close(gate);
        }
    }

    private void WritePidFile(int pid)
    {
        FileContent.Replace(request.PidFile, System.Text.Encoding.ASCII.GetBytes($"{pid}"), 0x1a4);
        wrotePidFile = true;
    }

    private void Undo()
    {
        terminal?.Dispose();
        bool isDeleted = hooksBegan && !directory.TryLock();
        // A new container may have its cgroup's name by then.
        if (hooksBegan && !isDeleted) Lifecycle.Destroy(directory, state);
        init?.Abort();
        if (wrotePidFile && FileContent.TryReadText(request.PidFile) == $"{state.Pid}") FileContent.Remove(request.PidFile);
        if (isDeleted)
        {
            directory.Close();
            return;
        }

        Attempt.To("undo what was done from outside", () => outside?.Undo());
        if (!hooksBegan)
        {
            Attempt.To("remove the cgroup", cgroup.Undo);
            Attempt.To("remove the root", () => HostRoot.Remove(state.Rootfs, init?.RootMount ?? 0, init == null ? 0 : state.RootUnder));
        }

        Attempt.To("remove the state", directory.Remove);
        directory.Close();
        if (hooksBegan || outside?.HooksBegan == true || init?.HooksBegan == true) ContainerHooks.Poststop(state);
    }
}
