using System.Runtime.InteropServices;

namespace Rt.Plan;

// The layout of a launch plan: one flat block without pointers, so that it can be handed to another process as it is.
//
//     PlanHeader | descriptor slots | step, step, ... | texts and lists
//
// A step is a StepHeader followed by that kind's own struct. Texts are NUL-terminated UTF-8; offsets of texts and lists
// count from the start of their part.

/// <summary>The first bytes of the block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PlanHeader
{
    /// <summary>Bytes in the whole block.</summary>
    public int Size;

    /// <summary>Where the steps begin.</summary>
    public int FirstStep;
    public int StepCount;

    /// <summary>Where the texts and lists begin.</summary>
    public int FirstText;

    /// <summary>Namespaces to create with the init (CLONE_NEW flags).</summary>
    public ulong CloneFlags;

    /// <summary>A pidfd: the process is born into the pid namespace of that one. None: into the caller's, or a new one.</summary>
    public Slot PidNamespaceOf;

    /// <summary>Descriptors below are the container's; those from here on that are in no slot are closed to begin with.</summary>
    public int FirstDescriptor;

    public int SlotCount;

    /// <summary>
    /// The process is an ordinary user's, and he or it is to write to its files in /proc: those of a process that can't be dumped
    /// are root's (proc(5)). Nobody who could look into the process is in its namespaces until a step changes that.
    /// </summary>
    public bool StaysDumpable;
}

/// <summary>Where a descriptor is kept while the plan runs. Slots are numbers of the plan's own; -1 is none.</summary>
internal enum Slot
{
    None = -1,

    /// <summary>The socket to the parent: failures and "ready" go out, the parent's go-ahead comes in.</summary>
    Report,

    /// <summary>The FIFO that <c>rt start</c> opens from the other side.</summary>
    Gate,

    /// <summary>The cgroup directory that the init is born into.</summary>
    Cgroup,

    /// <summary>The root of the container's file system.</summary>
    Root,

    /// <summary>The procfs that the plan mounted; never one that was found lying there.</summary>
    Proc,

    /// <summary>The empty read-only tmpfs that hides masked directories.</summary>
    EmptyDirectory,

    /// <summary>The host's /dev/null, that hides masked files.</summary>
    DevNull,

    /// <summary>The connected socket on which the pseudoterminal's master goes to whoever serves it.</summary>
    ConsoleSocket,

    /// <summary>The two ends of the container's pseudoterminal.</summary>
    PtyMaster,
    PtyPeer,

    /// <summary>The first of those that a plan has for what rt opens beforehand (<see cref="Opening"/>).</summary>
    FirstOpening,
}

/// <summary>A text in the plan; offset 0 is null.</summary>
internal readonly struct PlanText(int offset)
{
    public readonly int Offset = offset;

    public bool IsNull => Offset == 0;
}

/// <summary>A run of <see cref="PlanText"/> or of 32-bit numbers in the plan.</summary>
internal readonly struct PlanList(int offset, int count)
{
    public readonly int Offset = offset, Count = count;
}

/// <summary>Precedes every step; 16 bytes, so that what follows is aligned.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct StepHeader
{
    public StepKind Kind;

    /// <summary>Bytes from this header to the next step's.</summary>
    public int Size;

    /// <summary>The JSON path of the property that asked for the step; null if none did.</summary>
    public PlanText Origin;
}

/// <summary>
/// The kinds of step, in about the order in which a plan has them. New ones come last: a container that waits to be started by a newer
/// rt tells by number at which step it failed.
/// </summary>
internal enum StepKind
{
    AwaitCgroup = 1,
    JoinNamespace,
    JoinContainer,
    ForkSibling,
    JoinCgroup,
    BecomeRoot,
    NewTimeNamespace,
    NewNamespace,
    NewSession,
    WriteAttribute,
    SessionKeyring,
    LoopbackUp,
    Hostname,
    Domainname,
    HostPropagation,
    OpenRoot,
    MountFileSystem,
    LabelMount,
    BindMount,
    Remount,
    MakeDevice,
    MakeSymlink,
    OpenTerminal,
    BindConsole,
    WriteSysctl,
    MountReadonly,
    MaskPath,
    ReadonlyPath,
    PivotRoot,
    MoveRoot,
    ChangeRoot,
    RootAttributes,
    FindRoot,
    SetRlimit,
    SetAffinity,
    SetScheduler,
    SetIoPriority,
    SetMemoryPolicy,
    SetPersonality,
    WorkingDirectory,
    UseTerminal,
    SendTerminal,
    HomeDirectory,
    BoundingSet,
    SetUser,
    NoNewPrivileges,
    Seccomp,
    SetCapabilities,
    FindExecutable,
    AwaitEnvironment,
    RunHook,
    Ready,
    Executing,
    StartGate,
    CloseDescriptors,
    Execute,
    ClosedDirectory,
}
