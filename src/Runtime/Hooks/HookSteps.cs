using Rt.Kernel;
using Rt.Plan;

namespace Rt.Hooks;

/// <summary>
/// Runs a hook in the container's namespaces: createContainer hooks before the root is entered, startContainer hooks after.
/// </summary>
internal unsafe struct RunHook : IStep
{
    public static StepKind Kind => StepKind.RunHook;

    private const uint HostUmask = 0x12; // 022

    public PlanText Path;

    /// <summary>Which of its kind.</summary>
    public int Index;
    public PlanList Args, Env;

    /// <summary>Room for the pointers of both lists, with a null behind each.</summary>
    public PlanText Pointers;

    /// <summary>The bundle for hooks that still see it; null: where the process is.</summary>
    public PlanText Directory;

    /// <summary>The container's state, with room for the pid (<see cref="HookState"/>).</summary>
    public PlanText State;
    public int StateLength;
    public int TimeoutSeconds;

    public readonly int Run(ref Execution run)
    {
        byte** argv = (byte**)run.At(Pointers);
        byte** envp = argv + Args.Count + 1;
        run.Point(argv, Args);
        run.Point(envp, Env);
        byte* state = run.At(State);
        Text.FormatDecimal(state + HookState.PidOffset, (uint)Processes.getpid());
        HookProcess process = new()
        {
            Path = run.At(Path),
            Args = argv,
            Env = envp,
            Directory = run.At(Directory),
            Input = state,
            InputLength = StateLength,
            TimeoutSeconds = TimeoutSeconds,
        };

        byte* said = stackalloc byte[HookProcess.OutputSize];
        // Outside of the container's root, the init's umask is still the one for making device nodes: none.
        uint mask = Directory.IsNull ? 0 : Files.umask(HostUmask);
        int status = process.Run(said);
        if (!Directory.IsNull) Files.umask(mask);
        if (status == 0) return 0;
        KeepDetail(ref run, said);
        return status < 0 ? status : -status;
    }

    /// <summary>
    /// Index, path and what the hook said, in this form: `rt start`, which may read the report, has no plan to look them up in.
    /// </summary>
    private readonly void KeepDetail(ref Execution run, byte* said)
    {
        byte* detail = stackalloc byte[Execution.DetailSize];
        byte* path = run.At(Path);
        int length = Text.FormatDecimal(detail, (uint)Index);
        detail[length++] = (byte)' ';
        length += Text.CopyTruncated(detail + length, Execution.DetailSize - HookProcess.OutputSize - length, path, Text.Length(path));
        detail[length++] = (byte)'\n';
        length += Text.CopyTruncated(detail + length, Execution.DetailSize - length, said, Text.Length(said));
        run.Explain(detail, length);
    }

    public readonly StepDescription Describe(PlanReader plan) => new("hook", plan.Text(Path),
        ("args", string.Join(' ', plan.Texts(Args))), ("timeout", TimeoutSeconds == 0 ? "" : $"{TimeoutSeconds}s"));

    public readonly string Word(PlanReader plan, int errno, string detail) => HookFailure.Parse(detail, errno).Describe(plan.Text(Path));
}
