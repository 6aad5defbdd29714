using System.Text;
using Rt.Cgroups;
using Rt.Hooks;
using Rt.Kernel;
using Rt.Namespaces;
using Rt.Network;
using Rt.Plan;
using Rt.Resctrl;
using Rt.Security;
using Rt.Spec;

namespace Rt.Launch;

/// <summary>
/// What rt does to the container from outside, beside the init or while that has stopped for it: what takes the host's
/// privileges, namespaces or file systems.
/// </summary>
internal sealed class Outside(LaunchPlan plan, HookState state, int pid)
{
    private NetDevices? devices;
    private ResctrlGroup? resctrl;

    /// <summary>The resctrl group that goes with the container; empty: none.</summary>
    public string ResctrlToRemove => resctrl?.ToRemove ?? "";

    /// <summary>Hooks that have run may want their poststop counterparts, also when the creation fails.</summary>
    public bool HooksBegan { get; private set; }

    /// <summary>In the order in which it is done, for <c>rt plan</c>.</summary>
    public static IEnumerable<(StepDescription Step, string Origin)> Describe(LaunchPlan plan)
    {
        Config config = plan.Config;
        if (plan.UserNamespace != null) yield return (new StepDescription("write", "uid_map gid_map"), "linux.uidMappings");
        if (config.Process!.OomScoreAdj is { } score)
            yield return (new StepDescription("write", "oom_score_adj", ("value", $"{score}")), "process.oomScoreAdj");
        if (plan.Cgroup is { Unified: { } cgroup, Legacy: null } && CgroupOwner.Of(config, []) is { } owner)
            yield return (new StepDescription("chown-cgroup", cgroup.Directory, ("owner", $"{owner}")), "linux.cgroupsPath");
        if (config.Linux.IntelRdt is { } rdt) yield return (new StepDescription("resctrl", rdt.ClosId), "linux.intelRdt");
        foreach ((string clock, TimeOffset offset) in config.Linux.TimeOffsets)
            yield return (new StepDescription("write", "timens_offsets", ("value", TimeOffsets.Line(clock, offset).TrimEnd())),
                $"linux.timeOffsets.{clock}");
        foreach ((string outside, string inside) in config.Linux.NetDevices)
            yield return (new StepDescription("move-device", outside, ("name", inside)), $"linux.netDevices.{outside}");
        foreach (string kind in (string[])["prestart", "createRuntime"])
            for (int i = 0; i < config.Hooks[kind].Count; i++)
                yield return (new StepDescription("hook", config.Hooks[kind][i].Path), $"hooks.{kind}[{i}]");
        if (plan.LimitsFromOutside)
            for (int i = 0; i < config.Process.Rlimits.Count; i++)
                yield return (Process.ProcessCompiler.Limit(config.Process.Rlimits[i]).Describe(plan.Reader), $"process.rlimits[{i}]");
    }

    /// <summary>What can be done as soon as the init is there.</summary>
    /// <param name="ownsCgroup">
    /// The container has a cgroup that is rt's to give away. It is not where cgroup v1 is in use, which can't be delegated safely.
    /// </param>
    public void AfterFork(bool ownsCgroup)
    {
        if (plan.Config.Process!.OomScoreAdj is { } score) SetOomScore(score);
        if (ownsCgroup && plan.Cgroup is { Unified: { } cgroup, Legacy: null }) GiveCgroup(cgroup.Directory);
        if (plan.Config.Linux.IntelRdt is { } rdt) resctrl = ResctrlGroup.Create(rdt, state.Id, pid);
    }

    /// <summary>What the init has stopped for.</summary>
    public void AtStop(Report report)
    {
        switch (report.Kind)
        {
            case ReportKind.TimeNamespace:
                TimeOffsets.Write(pid, plan.Config.Linux.TimeOffsets);
                break;
            case ReportKind.Environment:
                devices = NetDevices.Move(plan.Config.Linux.NetDevices, $"/proc/{pid}/ns/net");
                RunHooks("prestart", plan.Config.Hooks.Prestart);
                RunHooks("createRuntime", plan.Config.Hooks.CreateRuntime);
                break;
            case ReportKind.SeccompListener:
                SeccompAgent.Send(plan.SeccompListener!, state.OciVersion, pid, (int)report.Value,
                    Encoding.UTF8.GetString(state.Json("creating", pid)).TrimEnd());
                break;
            default:
                throw new RtException($"the container's process stopped for no known reason ({(int)report.Kind})");
        }
    }

    /// <summary>What must not trouble the init while it is at work: a limit of open files, say.</summary>
    public void AtReady() => SetLimits(plan, pid);

    /// <summary>The resource limits that the process can't set itself.</summary>
    public static void SetLimits(LaunchPlan plan, int pid)
    {
        if (!plan.LimitsFromOutside) return;
        List<Rlimit> limits = plan.Config.Process!.Rlimits;
        for (int i = 0; i < limits.Count; i++)
        {
            var step = Process.ProcessCompiler.Limit(limits[i]);
            int result = Credentials.SetLimit(step.Resource, step.Soft, step.Hard, pid);
            if (result < 0) throw new RtException($"process.rlimits[{i}]: {step.Word(plan.Reader, -result, "")}");
        }
    }

    /// <summary>The container is not to be: what was moved into it comes back, and its groups go.</summary>
    public void Undo()
    {
        devices?.PutBack();
        resctrl?.Undo();
    }

    public void Close() => devices?.Close();

    private void RunHooks(string kind, List<Hook> hooks)
    {
        if (hooks.Count == 0) return;
        HooksBegan = true;
        // The lifecycle's step 2, creating, is over (runtime.md); what is left of create are the hooks.
        byte[] json = state.Json("created", pid);
        for (int i = 0; i < hooks.Count; i++)
        {
            HookResult result = HostHook.Run(hooks[i], json, state.Bundle, interruptible: true);
            if (!result.Succeeded) throw new RtException($"hooks.{kind}[{i}]: {result.Describe($"hook {hooks[i].Path}")}");
        }
    }

    private void GiveCgroup(string directory)
    {
        Linux linux = plan.Config.Linux;
        List<IdMapping> joined = linux.HasNamespace("user") && plan.UserNamespace == null ? UserNamespace.UidsOf(pid) : [];
        if (CgroupOwner.Of(plan.Config, joined) is { } owner) CgroupOwner.Give(directory, owner);
    }

    private void SetOomScore(int score)
    {
        try
        {
            FileContent.WriteTo($"/proc/{pid}/oom_score_adj", Encoding.ASCII.GetBytes($"{score}"));
        }
        catch (KernelException e)
        {
            throw new RtException($"process.oomScoreAdj: set oom_score_adj to {score}: {Errno.Describe(e.Errno)}"
                + (e.Errno == Errno.EACCES ? " (lowering it takes CAP_SYS_RESOURCE)" : ""));
        }
    }
}
