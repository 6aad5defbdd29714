namespace Rt.Systemd;

/// <summary>A property of a unit, as StartTransientUnit and SetUnitProperties take it (org.freedesktop.systemd1(5)).</summary>
/// <param name="Origin">The JSON path that asked for it; empty: every container has it.</param>
/// <param name="Since">The first version of systemd that knows it; an older one refuses a unit that has it. 0: all do.</param>
/// <param name="AtStartOnly">A unit that runs can't get it any more.</param>
internal sealed record UnitProperty(string Name, BusValue Value, string Origin = "", int Since = 0, bool AtStartOnly = false)
{
    public override string ToString() => $"{Name}={Value}";
}
