using Rt.Cgroups;
using Rt.Devices;
using Rt.Hooks;
using Rt.Kernel;
using Rt.Mounts;
using Rt.Namespaces;
using Rt.Network;
using Rt.Plan;
using Rt.Process;
using Rt.Security;
using Rt.Terminal;

namespace Rt.Launch;

/// <summary>
/// Runs a plan in the container's process: one loop, one small function a step. It runs in a forked child of a managed
/// program, where the garbage collector's and the finalizer's threads do not exist. So it allocates nothing, throws nothing,
/// takes no lock and calls nothing that might.
/// </summary>
internal static unsafe class Interpreter
{
    /// <summary>What GC.GetAllocatedBytesForCurrentThread said when the plan began.</summary>
    private static long allocatedAtStart;

    /// <summary>Bytes that the plan has allocated on the GC heap so far. Anything but 0 is a bug.</summary>
    public static long AllocatedBytes() => GC.GetAllocatedBytesForCurrentThread() - allocatedAtStart;

    /// <summary>Does not return: the process becomes the container's program, or dies with exit code 1 and a report.</summary>
    public static void Run(byte* block)
    {
        allocatedAtStart = GC.GetAllocatedBytesForCurrentThread();

        // Not the plan's business but this process's: nothing of rt's own signals, umask, memory and files is for the container.
        Signals.ResetAll();
        Files.umask(0);
        Execution run = new(block);
        if (!run.Header->StaysDumpable) Credentials.prctl(Credentials.PR_SET_DUMPABLE, 0);
        CloseDescriptors.Close(ref run, run.Header->FirstDescriptor, (Slot)run.Header->SlotCount - 1);
        byte* step = (byte*)run.FirstStep;
        for (int index = 0; index < run.Header->StepCount; index++)
        {
            StepHeader* header = (StepHeader*)step;
            int result = RunStep(header->Kind, step + sizeof(StepHeader), ref run);
            if (result < 0)
            {
                Report.Send(ref run, ReportKind.Failed, index, -result, header->Kind);
                break;
            }

            step += header->Size;
        }

        Processes.exit_group(1);
    }

    private static int RunStep(StepKind kind, byte* step, ref Execution run) => kind switch
    {
        StepKind.AwaitCgroup => ((AwaitCgroup*)step)->Run(ref run),
        StepKind.JoinNamespace => ((JoinNamespace*)step)->Run(ref run),
        StepKind.JoinContainer => ((JoinContainer*)step)->Run(ref run),
        StepKind.ForkSibling => ((ForkSibling*)step)->Run(ref run),
        StepKind.JoinCgroup => ((JoinCgroup*)step)->Run(ref run),
        StepKind.BecomeRoot => ((BecomeRoot*)step)->Run(ref run),
        StepKind.NewTimeNamespace => ((NewTimeNamespace*)step)->Run(ref run),
        StepKind.NewNamespace => ((NewNamespace*)step)->Run(ref run),
        StepKind.NewSession => ((NewSession*)step)->Run(ref run),
        StepKind.WriteAttribute => ((WriteAttribute*)step)->Run(ref run),
        StepKind.SessionKeyring => ((SessionKeyring*)step)->Run(ref run),
        StepKind.LoopbackUp => ((LoopbackUp*)step)->Run(ref run),
        StepKind.Hostname => ((Hostname*)step)->Run(ref run),
        StepKind.Domainname => ((Domainname*)step)->Run(ref run),
        StepKind.HostPropagation => ((HostPropagation*)step)->Run(ref run),
        StepKind.OpenRoot => ((OpenRoot*)step)->Run(ref run),
        StepKind.MountFileSystem => ((MountFileSystem*)step)->Run(ref run),
        StepKind.LabelMount => ((LabelMount*)step)->Run(ref run),
        StepKind.BindMount => ((BindMount*)step)->Run(ref run),
        StepKind.Remount => ((Remount*)step)->Run(ref run),
        StepKind.MakeDevice => ((MakeDevice*)step)->Run(ref run),
        StepKind.MakeSymlink => ((MakeSymlink*)step)->Run(ref run),
        StepKind.OpenTerminal => ((OpenTerminal*)step)->Run(ref run),
        StepKind.BindConsole => ((BindConsole*)step)->Run(ref run),
        StepKind.WriteSysctl => ((WriteSysctl*)step)->Run(ref run),
        StepKind.MountReadonly => ((MountReadonly*)step)->Run(ref run),
        StepKind.MaskPath => ((MaskPath*)step)->Run(ref run),
        StepKind.ReadonlyPath => ((ReadonlyPath*)step)->Run(ref run),
        StepKind.PivotRoot => ((PivotRoot*)step)->Run(ref run),
        StepKind.MoveRoot => ((MoveRoot*)step)->Run(ref run),
        StepKind.ChangeRoot => ((ChangeRoot*)step)->Run(ref run),
        StepKind.RootAttributes => ((RootAttributes*)step)->Run(ref run),
        StepKind.FindRoot => ((FindRoot*)step)->Run(ref run),
        StepKind.SetRlimit => ((SetRlimit*)step)->Run(ref run),
        StepKind.SetAffinity => ((SetAffinity*)step)->Run(ref run),
        StepKind.SetScheduler => ((SetScheduler*)step)->Run(ref run),
        StepKind.SetIoPriority => ((SetIoPriority*)step)->Run(ref run),
        StepKind.SetMemoryPolicy => ((SetMemoryPolicy*)step)->Run(ref run),
        StepKind.SetPersonality => ((SetPersonality*)step)->Run(ref run),
        StepKind.WorkingDirectory => ((WorkingDirectory*)step)->Run(ref run),
        StepKind.ClosedDirectory => ((ClosedDirectory*)step)->Run(ref run),
        StepKind.UseTerminal => ((UseTerminal*)step)->Run(ref run),
        StepKind.SendTerminal => ((SendTerminal*)step)->Run(ref run),
        StepKind.HomeDirectory => ((HomeDirectory*)step)->Run(ref run),
        StepKind.BoundingSet => ((BoundingSet*)step)->Run(ref run),
        StepKind.SetUser => ((SetUser*)step)->Run(ref run),
        StepKind.NoNewPrivileges => ((NoNewPrivileges*)step)->Run(ref run),
        StepKind.Seccomp => ((LoadSeccomp*)step)->Run(ref run),
        StepKind.SetCapabilities => ((SetCapabilities*)step)->Run(ref run),
        StepKind.FindExecutable => ((FindExecutable*)step)->Run(ref run),
        StepKind.AwaitEnvironment => ((AwaitEnvironment*)step)->Run(ref run),
        StepKind.RunHook => ((RunHook*)step)->Run(ref run),
        StepKind.Ready => ((Ready*)step)->Run(ref run),
        StepKind.Executing => ((Executing*)step)->Run(ref run),
        StepKind.StartGate => ((StartGate*)step)->Run(ref run),
        StepKind.CloseDescriptors => ((CloseDescriptors*)step)->Run(ref run),
        StepKind.Execute => ((Execute*)step)->Run(ref run),
        _ => -Errno.ENOSYS,
    };
}
