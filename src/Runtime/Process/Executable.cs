using Rt.Kernel;
using Rt.Plan;

namespace Rt.Process;

/// <summary>
/// Finds the program in the container's $PATH before the start gate, so that <c>create</c> can already say that there is
/// none.
/// </summary>
internal unsafe struct FindExecutable : IStep
{
    public static StepKind Kind => StepKind.FindExecutable;

    public PlanText Name;

    /// <summary>Where it may be, in the order of $PATH; one only if the name has a slash.</summary>
    public PlanList Candidates;

    /// <summary>Four bytes for the number of the candidate that was found.</summary>
    public PlanText Found;

    /// <summary>The name has a slash: the reason why it can't be run is told, not just that none was found.</summary>
    public bool IsPath;

    public readonly int Run(ref Execution run)
    {
        int result = -Errno.ENOENT;
        for (int i = 0; i < Candidates.Count; i++)
        {
            result = Check(run.At(Candidates, i));
            if (result < 0) continue;
            *(int*)run.At(Found) = i;
            return 0;
        }

        return IsPath ? result : -Errno.ENOENT;
    }

    private static int Check(byte* path)
    {
        int result = Statx.At(Files.AT_FDCWD, path, 0, out Statx stat);
        if (result < 0) return result;
        return stat.Type == Files.S_IFDIR ? -Errno.EISDIR : Files.AccessExecutable(path);
    }

    public readonly StepDescription Describe(PlanReader plan)
    {
        string name = plan.Text(Name);
        string directories = string.Join(':', plan.Texts(Candidates).Select(path => path[..Math.Max(0, path.Length - name.Length - 1)]));
        return new StepDescription("find", name, ("in", IsPath ? "" : directories));
    }

    /// <summary>The words by which engines tell "command not found" (exit code 127) from "not executable" (126).</summary>
    public readonly string Word(PlanReader plan, int errno, string detail)
    {
        string name = plan.Text(Name);
        string cause = !IsPath ? "executable file not found in $PATH"
            : errno == Errno.ENOENT ? $"stat {name}: {Errno.Describe(errno)}" : Errno.Describe(errno);
        return $"exec: \"{name}\": {cause}";
    }
}

/// <summary>The last step.</summary>
internal unsafe struct Execute : IStep
{
    public static StepKind Kind => StepKind.Execute;

    public PlanList Candidates;
    public PlanText Found;
    public PlanList Args, Env;

    /// <summary>Room for the pointers of both lists, with a null behind each.</summary>
    public PlanText Pointers;

    public readonly int Run(ref Execution run)
    {
        byte** argv = (byte**)run.At(Pointers);
        byte** envp = argv + Args.Count + 1;
        run.Point(argv, Args);
        run.Point(envp, Env);
        byte* path = run.At(Candidates, *(int*)run.At(Found));
        int result = Processes.execve(path, argv, envp);
        run.Explain(path, Text.Length(path)); // `rt start`, which may read the report, has no plan to look it up in
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new("execve", string.Join(' ', plan.Texts(Args)), ("env", string.Join(' ', plan.Texts(Env))));

    public readonly string Word(PlanReader plan, int errno, string detail) => $"exec {detail}: {Errno.Describe(errno)}";
}
