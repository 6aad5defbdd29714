using System.Globalization;

namespace Rt.Resctrl;

/// <summary>
/// The lines of a group's file "schemata": a resource, and for each of its domains (caches, by their ids) what the group gets,
/// as in "L3:0=7f0;1=1f" or "MB:0=20;1=70". The kernel pads resources with blanks at their left.
/// </summary>
internal static class Schemata
{
    /// <summary>Whether a group with these lines has all that is wanted, so that writing it would change nothing.</summary>
    public static bool Agree(string wanted, string lines)
    {
        if (Parse(wanted) is not var (resource, domains)) return false;
        foreach (string line in lines.Split('\n'))
            if (Parse(line) is var (other, have) && other == resource)
                return domains.All(domain => have.TryGetValue(domain.Key, out ulong value) && value == domain.Value);
        return false;
    }

    /// <summary>Null if it is not such a line.</summary>
    private static (string Resource, Dictionary<uint, ulong> Domains)? Parse(string line)
    {
        string[] parts = line.Split(':');
        if (parts.Length != 2) return null;
        string resource = parts[0].Trim();
        Dictionary<uint, ulong> domains = [];
        foreach (string domain in parts[1].Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = domain.Split('=', StringSplitOptions.TrimEntries);
            if (pair.Length != 2 || !uint.TryParse(pair[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint id)
                || Amount(resource, pair[1]) is not { } value || !domains.TryAdd(id, value))
                return null;
        }

        return (resource, domains);
    }

    /// <summary>Bit masks of caches are hexadecimal, with or without "0x" before them; amounts of bandwidth are decimal.</summary>
    private static ulong? Amount(string resource, string text)
    {
        bool mask = resource.StartsWith('L');
        if (mask && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) text = text[2..];
        NumberStyles style = mask ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        return ulong.TryParse(text, style, CultureInfo.InvariantCulture, out ulong value) ? value : null;
    }
}
