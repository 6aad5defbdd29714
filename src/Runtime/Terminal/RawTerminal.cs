using Rt.Kernel;

namespace Rt.Terminal;

/// <summary>
/// The caller's terminal while another program is on it: every key goes through as it is typed, until this is disposed of and the
/// terminal is as it was.
/// </summary>
internal sealed class RawTerminal : IDisposable
{
    private readonly int descriptor;
    private readonly Terminals.termios modes;
    private bool isRaw;

    private RawTerminal(int descriptor, Terminals.termios modes)
    {
        this.descriptor = descriptor;
        this.modes = modes;
        Enter();
    }

    /// <summary>Null: the descriptor is no terminal, and stays as it is.</summary>
    public static RawTerminal? TryOpen(int descriptor) =>
        Terminals.GetModes(descriptor, out Terminals.termios modes) >= 0 ? new RawTerminal(descriptor, modes) : null;

    /// <summary>
    /// Also after others, such as a shell that had stopped this process, have changed the modes. A terminal in whose background this
    /// process is, is theirs.
    /// </summary>
    public void Enter()
    {
        if (!Terminals.IsInForeground(descriptor)) return;
        isRaw = true;
        Terminals.SetModes(descriptor, modes.Raw());
    }

    /// <summary>Characters; null if the terminal has no size.</summary>
    public (ushort Rows, ushort Columns)? Size =>
        Terminals.GetSize(descriptor, out ushort rows, out ushort columns) >= 0 && rows != 0 && columns != 0 ? (rows, columns) : null;

    public void Dispose()
    {
        if (isRaw) Terminals.SetModes(descriptor, modes);
    }
}
