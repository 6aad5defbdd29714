using Rt.Kernel;
using Rt.Systemd;

namespace Rt.Cgroups;

/// <summary>A container's scope on its way: systemd makes it around a process that is there already.</summary>
internal sealed class ScopeCreation : IDisposable
{
    private readonly ScopePlan scope;
    private readonly int interruptions = SignalInbox.OpenInterruptions();
    private readonly SystemdUnit unit;

    /// <summary>Systemd must be there before a process is.</summary>
    public ScopeCreation(ScopePlan scope)
    {
        this.scope = scope;
        try
        {
            unit = SystemdUnit.Open(scope.Unit, scope.OfUser, interruptions);
        }
        catch
        {
            Files.close(interruptions);
            throw;
        }
    }

    /// <summary>Has the scope made around the process, puts its limits on it, and returns its directory with a descriptor.</summary>
    /// <param name="asked">What is known beforehand: the user's systemd has its cgroups below one that only it knows.</param>
    public (ContainerCgroup Cgroup, int Descriptor) Enter(UnifiedPlan asked, int pid)
    {
        unit.Start(scope.Properties, pid);
        string path = CgroupHierarchy.OwnCgroup(FileContent.TryReadText($"/proc/{pid}/cgroup") ?? "");
        if (!path.EndsWith("/" + scope.Unit, StringComparison.Ordinal))
            throw new RtException($"start systemd unit {scope.Unit}: process {pid} is in the cgroup {path} afterwards");
        UnifiedPlan plan = asked with { Path = path };
        return (new ContainerCgroup { Unified = plan.Directory, Unit = scope.Unit, OfUser = scope.OfUser }, UnifiedCgroup.TakeOver(plan));
    }

    /// <summary>When nobody is in it any more. The time for that does not count from the creation's beginning, and no signal ends it.</summary>
    public void Undo()
    {
        if (!unit.MayHaveStarted) return;
        using SystemdUnit again = SystemdUnit.Open(scope.Unit, scope.OfUser);
        again.Stop();
    }

    public void Dispose()
    {
        unit.Dispose();
        Files.close(interruptions);
    }
}
