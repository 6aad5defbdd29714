using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>
/// Whether rt may be refused to make cgroups, because it is run by an ordinary user or by the root of a user namespace: a
/// container that asks for no limits then does without. <c>--rootless</c> decides it otherwise.
/// </summary>
internal static class CgroupPrivilege
{
    /// <param name="rootless">What <c>--rootless</c> says; null: auto.</param>
    public static bool IsLimited(bool? rootless) => rootless ?? (Processes.geteuid() != 0 || Credentials.InUserNamespace());

    /// <summary>
    /// To put a process of the caller's into another cgroup takes the right to write to cgroup.procs of the closest one that is
    /// above both (cgroups(7), "Cgroups delegation: delegation containment").
    /// </summary>
    /// <exception cref="KernelException">It may not be written to.</exception>
    public static void RequireReach(UnifiedPlan plan)
    {
        string common = CommonAncestor(plan.Caller, plan.Path);
        int file = FileContent.TryOpen($"{plan.Mount}{common}/cgroup.procs", Files.O_WRONLY);
        KernelException.Check(file, $"move a process from cgroup {plan.Caller} to {plan.Path}");
        Files.close(file);
    }

    /// <summary>"/a" for "/a/b" and "/a/c"; "" for the root.</summary>
    internal static string CommonAncestor(string one, string other)
    {
        string[] parts = one.Split('/'), others = other.Split('/');
        int same = 0;
        while (same < parts.Length && same < others.Length && parts[same] == others[same]) same++;
        return string.Join('/', parts[..same]);
    }
}
