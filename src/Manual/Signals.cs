namespace Rt.Manual;

/// <summary>The signals by which containers are told something, of all that rt kill takes.</summary>
internal static class Signals
{
    public static readonly string[] Names =
        ["HUP", "INT", "QUIT", "ABRT", "KILL", "USR1", "USR2", "TERM", "CONT", "STOP", "WINCH"];
}
