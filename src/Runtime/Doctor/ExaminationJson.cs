namespace Rt.Doctor;

/// <summary>An examination for programs.</summary>
internal sealed record ExaminationJson(
    string Version, string Kernel, int Uid, bool InUserNamespace, bool CanStart, IReadOnlyList<FindingJson> Findings)
{
    public static ExaminationJson Of(Examination from) => new(BuildInfo.Version, from.Kernel, from.Caller.Uid, from.Caller.InUserNamespace,
        from.CanStart, [.. from.Findings.Select(Of)]);

    private static FindingJson Of(Finding from) => new(from.Subject, from.Word, from.Found, from.Lost, from.Remedy, from.IsFatal);
}

/// <param name="Grade">"ok", "limited" or "missing".</param>
internal sealed record FindingJson(string Subject, string Grade, string Found, string Lost, string Remedy, bool IsFatal);
