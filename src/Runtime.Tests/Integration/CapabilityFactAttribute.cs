using System.Globalization;

namespace Rt.Tests.Integration;

/// <summary>A test for which rt itself needs a capability that root may lack. Skipped, with the reason, where it does.</summary>
public sealed class CapabilityFactAttribute : FactAttribute
{
    public CapabilityFactAttribute(string name, int number)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:"));
        ulong effective = ulong.Parse(line["CapEff:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if ((effective >> number & 1) == 0) Skip = $"root has no {name} here";
    }
}
