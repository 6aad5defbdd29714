namespace Rt.Doctor;

/// <summary>How much of a subject rt can use.</summary>
internal enum Grade
{
    Ok,

    /// <summary>A part of it, or not everywhere.</summary>
    Limited,
    Missing,
}

/// <summary>One line of what <c>rt doctor</c> found.</summary>
/// <param name="Subject">What was looked at: a word or two, the first column.</param>
/// <param name="Found">What is there.</param>
/// <param name="Lost">What can't be had because of it; empty where nothing is amiss.</param>
/// <param name="Remedy">How to get it.</param>
internal sealed record Finding(string Subject, Grade Grade, string Found, string Lost = "", string Remedy = "")
{
    /// <summary>No container can be started because of it.</summary>
    public bool IsFatal { get; init; }

    public string Word => Grade switch { Grade.Ok => "ok", Grade.Limited => "limited", _ => "missing" };
}
