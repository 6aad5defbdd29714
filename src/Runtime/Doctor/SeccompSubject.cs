using Rt.Kernel;
using Rt.Security;

namespace Rt.Doctor;

/// <summary>What of seccomp(2) the kernel has.</summary>
/// <param name="Filters">Whether filters can be loaded at all.</param>
/// <param name="MissingActions">Of config-linux.md's, those that the kernel does not know.</param>
/// <param name="MissingFlags">The same of flags.</param>
internal sealed record SeccompSubject(bool Filters, IReadOnlyList<string> MissingActions, IReadOnlyList<string> MissingFlags)
{
    private const string Name = "seccomp";

    public static SeccompSubject Examine() => new(
        SeccompSupport.HasAction(Libseccomp.SCMP_ACT_ALLOW),
        [.. SeccompWords.Actions.Where(action => !SeccompSupport.HasAction(action.Value)).Select(action => action.Key)],
        [.. SeccompWords.Flags.Where(flag => !SeccompSupport.HasFlag(flag.Value)).Select(flag => flag.Key)]);

    public IEnumerable<Finding> Findings()
    {
        if (!Filters)
        {
            yield return new Finding(Name, Grade.Missing, "the kernel has no filters", "containers with a seccomp profile, as engines have",
                "a kernel with CONFIG_SECCOMP_FILTER");
            yield break;
        }

        yield return MissingActions.Count == 0
            ? new Finding(Name, Grade.Ok, $"filters with all actions, and user notification; libseccomp {SeccompCompiler.LibraryVersion}")
            : new Finding(Name, Grade.Limited, $"filters, without {string.Join(", ", MissingActions)}",
                MissingActions.Contains("SCMP_ACT_NOTIFY") ? "profiles with these actions: agents that judge system calls"
                    : "profiles with these actions", "a newer kernel");
        if (MissingFlags.Count > 0)
            yield return new Finding("seccomp flags", Grade.Limited, $"without {string.Join(", ", MissingFlags)}",
                "profiles with these flags", "a newer kernel (Linux 5.19 has all)");
    }
}
