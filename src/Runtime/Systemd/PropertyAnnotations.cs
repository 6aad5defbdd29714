using Rt.Spec;

namespace Rt.Systemd;

/// <summary>
/// Annotations <c>org.systemd.property.NAME: VALUE</c>, properties for the container's unit, as runc and crun take them. The value
/// is in GVariant's text format (<see cref="VariantText"/>).
/// </summary>
internal static class PropertyAnnotations
{
    private const string Seconds = "Sec", Microseconds = "USec";

    /// <exception cref="SpecException">The name is none of a property, or the value is no such text.</exception>
    public static List<UnitProperty> Compile(IEnumerable<KeyValuePair<string, string>> annotations)
    {
        List<UnitProperty> properties = [];
        foreach ((string key, string text) in annotations)
        {
            if (!key.StartsWith(Annotations.SystemdProperty, StringComparison.Ordinal)) continue;
            try
            {
                properties.Add(Property(key[Annotations.SystemdProperty.Length..], text) with { Origin = $"annotations.{key}" });
            }
            catch (FormatException e)
            {
                throw new SpecException($"annotations.{key}", e.Message);
            }
        }

        return properties;
    }

    private static UnitProperty Property(string name, string text)
    {
        if (name.Length < 3 || !name.All(char.IsAsciiLetter))
            throw new FormatException($"\"{name}\" is not the name of a systemd property");
        if (name is "PIDs" or "Slice") throw new FormatException("can't be set: linux.cgroupsPath says where the container's process is");
        BusValue value = VariantText.Parse(text);
        // Unit files have seconds where the bus has microseconds: TimeoutStopSec and TimeoutStopUSec.
        string stem = name.EndsWith(Seconds, StringComparison.Ordinal) ? name[..^Seconds.Length] : "";
        return stem.Length > 0 && char.IsAsciiLetterLower(stem[^1])
            ? new UnitProperty(stem + Microseconds, InMicroseconds(value))
            : new UnitProperty(name, value);
    }

    private static BusValue InMicroseconds(BusValue value) =>
        value is BusNumber { Type: not 'b', AsDouble: >= 0 and < ulong.MaxValue / 1e6 } seconds
            ? BusValue.Of((ulong)Math.Round(seconds.AsDouble * 1e6))
            : throw new FormatException($"{value} is no number of seconds");
}
