namespace Rt;

/// <summary>A command that can't be carried out. The message is the one line that the user gets.</summary>
internal sealed class RtException(string message, int exitCode = 1) : Exception(OneLine.Message(message))
{
    public int ExitCode { get; } = exitCode;
}
