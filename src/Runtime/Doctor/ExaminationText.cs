using System.Text;

namespace Rt.Doctor;

/// <summary>An examination for people: a line for each finding and, below, what to do about those that are not ok.</summary>
internal static class ExaminationText
{
    public static string Of(Examination examination)
    {
        StringBuilder text = new();
        text.Append($"rt {BuildInfo.Version} on Linux {examination.Kernel}, as {examination.Caller}: ");
        text.Append(examination.CanStart ? "containers can be started.\n\n" : "no containers can be started.\n\n");
        int width = examination.Findings.Max(finding => finding.Subject.Length);
        foreach (Finding finding in examination.Findings)
            text.Append($"{finding.Subject.PadRight(width)}  {finding.Word.PadRight("limited".Length)}  {OneLine.Escape(finding.Found)}\n");
        foreach (Finding finding in examination.Findings.Where(finding => finding.Grade != Grade.Ok))
            text.Append($"\n{finding.Subject}\n  lost:   {finding.Lost}\n  to get: {OneLine.Escape(finding.Remedy)}\n");
        return text.ToString();
    }
}
