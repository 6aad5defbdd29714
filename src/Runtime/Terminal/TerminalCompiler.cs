using Rt.Plan;
using Rt.Spec;

namespace Rt.Terminal;

/// <summary>
/// What process.terminal and process.consoleSize compile to: a pseudoterminal of the container's own devpts. Its master goes out
/// over the socket in <see cref="Slot.ConsoleSocket"/>, its peer is the container's terminal.
/// </summary>
internal static class TerminalCompiler
{
    private const string Origin = "process.terminal";

    /// <param name="console">It is to be /dev/console as well: for a new container, while things can still be made in /dev.</param>
    /// <param name="plainNewlines">See <see cref="OpenTerminal.PlainNewlines"/>.</param>
    public static void Open(PlanWriter plan, ContainerProcess process, bool console, bool plainNewlines)
    {
        if (!process.Terminal) return;
        plan.Add(new OpenTerminal
        {
            Directory = plan.Text("/dev/pts"),
            HasSize = process.ConsoleSize != null,
            Rows = (ushort)(process.ConsoleSize?.Height ?? 0),
            Columns = (ushort)(process.ConsoleSize?.Width ?? 0),
            PlainNewlines = plainNewlines,
        }, Origin);
        if (console) plan.Add(new BindConsole { Directory = plan.Text("/dev"), Name = plan.Text("console") }, Origin);
    }

    /// <summary>When all else is made: a creation that fails before sends no terminal to anyone.</summary>
    public static void Use(PlanWriter plan, ContainerProcess process)
    {
        if (!process.Terminal) return;
        plan.Add(default(UseTerminal), Origin);
        plan.Add(default(SendTerminal), Origin);
    }
}
