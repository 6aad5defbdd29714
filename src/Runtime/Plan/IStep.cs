using Rt.Kernel;

namespace Rt.Plan;

/// <summary>
/// One thing that the container's process does on its way to execve. A step is a struct of numbers and places of texts in
/// the plan; running it is hardly more than its system call.
/// </summary>
internal interface IStep
{
    static abstract StepKind Kind { get; }

    /// <summary>
    /// Does it. Runs in a forked child, where nothing may be allocated, thrown or locked. Returns 0 or more, or -errno.
    /// </summary>
    int Run(ref Execution run);

    /// <summary>What it does, for <c>rt plan</c> and for errors.</summary>
    StepDescription Describe(PlanReader plan);

    /// <summary>The error of a step that failed; <paramref name="detail"/> is what the kernel said beside the errno, or "".</summary>
    string Word(PlanReader plan, int errno, string detail) =>
        $"{Describe(plan)}: {Errno.Describe(errno)}{(detail.Length == 0 ? "" : $" ({detail.TrimEnd()})")}";
}

/// <summary>
/// A step in words: what is done ("mount"), to what ("/dev/shm"), and how ("type", "tmpfs"). An error about the step says
/// "mount /dev/shm: cause".
/// </summary>
internal sealed record StepDescription(string Name, string Object, params (string Key, string Value)[] Details)
{
    public override string ToString() => Object.Length == 0 ? Name : $"{Name} {Object}";
}
