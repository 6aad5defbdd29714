using Rt.Cgroups;
using Rt.Devices;
using Rt.Hooks;
using Rt.Mounts;
using Rt.Namespaces;
using Rt.Network;
using Rt.Plan;
using Rt.Process;
using Rt.Security;
using Rt.Terminal;

namespace Rt.Launch;

/// <summary>Steps of a finished plan as the objects that can describe themselves: the managed twin of the interpreter's dispatch.</summary>
internal static class Steps
{
    public static IStep Read(PlanReader plan, StepPlace place) => place.Kind switch
    {
        StepKind.AwaitCgroup => plan.Read<AwaitCgroup>(place),
        StepKind.JoinNamespace => plan.Read<JoinNamespace>(place),
        StepKind.JoinContainer => plan.Read<JoinContainer>(place),
        StepKind.ForkSibling => plan.Read<ForkSibling>(place),
        StepKind.JoinCgroup => plan.Read<JoinCgroup>(place),
        StepKind.BecomeRoot => plan.Read<BecomeRoot>(place),
        StepKind.NewTimeNamespace => plan.Read<NewTimeNamespace>(place),
        StepKind.NewNamespace => plan.Read<NewNamespace>(place),
        StepKind.NewSession => plan.Read<NewSession>(place),
        StepKind.WriteAttribute => plan.Read<WriteAttribute>(place),
        StepKind.SessionKeyring => plan.Read<SessionKeyring>(place),
        StepKind.LoopbackUp => plan.Read<LoopbackUp>(place),
        StepKind.Hostname => plan.Read<Hostname>(place),
        StepKind.Domainname => plan.Read<Domainname>(place),
        StepKind.HostPropagation => plan.Read<HostPropagation>(place),
        StepKind.OpenRoot => plan.Read<OpenRoot>(place),
        StepKind.MountFileSystem => plan.Read<MountFileSystem>(place),
        StepKind.LabelMount => plan.Read<LabelMount>(place),
        StepKind.BindMount => plan.Read<BindMount>(place),
        StepKind.Remount => plan.Read<Remount>(place),
        StepKind.MakeDevice => plan.Read<MakeDevice>(place),
        StepKind.MakeSymlink => plan.Read<MakeSymlink>(place),
        StepKind.OpenTerminal => plan.Read<OpenTerminal>(place),
        StepKind.BindConsole => plan.Read<BindConsole>(place),
        StepKind.WriteSysctl => plan.Read<WriteSysctl>(place),
        StepKind.MountReadonly => plan.Read<MountReadonly>(place),
        StepKind.MaskPath => plan.Read<MaskPath>(place),
        StepKind.ReadonlyPath => plan.Read<ReadonlyPath>(place),
        StepKind.PivotRoot => plan.Read<PivotRoot>(place),
        StepKind.MoveRoot => plan.Read<MoveRoot>(place),
        StepKind.ChangeRoot => plan.Read<ChangeRoot>(place),
        StepKind.RootAttributes => plan.Read<RootAttributes>(place),
        StepKind.FindRoot => plan.Read<FindRoot>(place),
        StepKind.SetRlimit => plan.Read<SetRlimit>(place),
        StepKind.SetAffinity => plan.Read<SetAffinity>(place),
        StepKind.SetScheduler => plan.Read<SetScheduler>(place),
        StepKind.SetIoPriority => plan.Read<SetIoPriority>(place),
        StepKind.SetMemoryPolicy => plan.Read<SetMemoryPolicy>(place),
        StepKind.SetPersonality => plan.Read<SetPersonality>(place),
        StepKind.WorkingDirectory => plan.Read<WorkingDirectory>(place),
        StepKind.ClosedDirectory => plan.Read<ClosedDirectory>(place),
        StepKind.UseTerminal => plan.Read<UseTerminal>(place),
        StepKind.SendTerminal => plan.Read<SendTerminal>(place),
        StepKind.HomeDirectory => plan.Read<HomeDirectory>(place),
        StepKind.BoundingSet => plan.Read<BoundingSet>(place),
        StepKind.SetUser => plan.Read<SetUser>(place),
        StepKind.NoNewPrivileges => plan.Read<NoNewPrivileges>(place),
        StepKind.Seccomp => plan.Read<LoadSeccomp>(place),
        StepKind.SetCapabilities => plan.Read<SetCapabilities>(place),
        StepKind.FindExecutable => plan.Read<FindExecutable>(place),
        StepKind.AwaitEnvironment => plan.Read<AwaitEnvironment>(place),
        StepKind.RunHook => plan.Read<RunHook>(place),
        StepKind.Ready => plan.Read<Ready>(place),
        StepKind.Executing => plan.Read<Executing>(place),
        StepKind.StartGate => plan.Read<StartGate>(place),
        StepKind.CloseDescriptors => plan.Read<CloseDescriptors>(place),
        StepKind.Execute => plan.Read<Execute>(place),
        _ => throw new RtException($"plan: unknown kind of step {(int)place.Kind}"),
    };
}
