using Rt.Kernel;

namespace Rt.Doctor;

/// <summary>What this host has for rt, subject by subject. Nothing on the host is changed.</summary>
/// <param name="Kernel">Its release, as uname(1) has it.</param>
internal sealed record Examination(Caller Caller, string Kernel, IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether the caller can start containers at all.</summary>
    public bool CanStart => !Findings.Any(finding => finding.IsFatal);

    public static Examination Run(string stateRoot)
    {
        Caller caller = Caller.Current();
        (string Name, Func<IEnumerable<Finding>> Examine)[] subjects =
        [
            ("containers", () => [ContainerSubject.Examine(caller).Judge()]),
            ("state", () => [StateRootSubject.Examine(caller, stateRoot).Judge()]),
            ("cgroups", () => CgroupSubject.Examine(caller).Findings()),
            ("systemd", () => [SystemdSubject.Examine().Judge()]),
            ("namespaces", () => NamespaceSubject.Examine(caller).Findings()),
            ("id ranges", () => [IdRangeSubject.Examine(caller).Judge()]),
            ("idmapped mounts", () => IdMappedMountSubject.Examine(caller).Findings()),
            ("system calls", () => KernelSubject.Examine().Findings()),
            ("seccomp", () => SeccompSubject.Examine().Findings()),
            ("security modules", () => [SecurityModuleSubject.Examine().Judge()]),
            ("rt's binary", () => [BinarySubject.Examine().Judge()]), // last: it makes this process one of the protected view
        ];
        return new Examination(caller, FileContent.TryReadText("/proc/sys/kernel/osrelease")?.Trim() ?? "of an unknown release",
            [.. subjects.SelectMany(subject => Guarded(subject.Name, subject.Examine))]);
    }

    /// <summary>What can't be looked at is a finding too. Without /proc and with what else a host may lack, rt starts nothing.</summary>
    internal static IReadOnlyList<Finding> Guarded(string subject, Func<IEnumerable<Finding>> examine)
    {
        try
        {
            return [.. examine()];
        }
        catch (Exception e) when (e is KernelException or RtException or IOException or UnauthorizedAccessException)
        {
            return
            [
                new Finding(subject, Grade.Missing, $"can't be looked at: {e.Message}", "whatever takes it",
                    "mount /proc and /sys, and see that they can be read"),
            ];
        }
    }
}
