using System.Text;

namespace Rt.Systemd;

/// <summary>Names of systemd's units (systemd.unit(5), "String Escaping for Inclusion in Unit Names"; systemd.slice(5)).</summary>
internal static class UnitName
{
    public const int MaxLength = 255;
    public const string SliceSuffix = ".slice", ScopeSuffix = ".scope";

    /// <summary>The root slice, which is the cgroup that holds all others of this systemd.</summary>
    public const string RootSlice = "-.slice";

    /// <summary>Whether a unit can be called so, apart from the suffix, which tells its type.</summary>
    public static bool IsValid(string name) => name.Length <= MaxLength && !name.StartsWith('@') && name.All(IsAllowed);

    /// <summary>Parts between dashes, none of them empty, and the suffix; or the root slice.</summary>
    public static bool IsSlice(string name) => name == RootSlice
        || (IsValid(name) && !name.Contains('@') && name.EndsWith(SliceSuffix, StringComparison.Ordinal)
            && !name[..^SliceSuffix.Length].Split('-').Contains(""));

    /// <summary>Below the root slice's cgroup: "a-b.slice" is in "a.slice", thus "/a.slice/a-b.slice".</summary>
    public static string SlicePath(string slice)
    {
        if (slice == RootSlice) return "";
        string name = slice[..^SliceSuffix.Length];
        StringBuilder path = new();
        for (int dash = name.IndexOf('-'); dash >= 0; dash = name.IndexOf('-', dash + 1)) path.Append($"/{name[..dash]}{SliceSuffix}");
        return path.Append($"/{slice}").ToString();
    }

    /// <summary>Any text as a part of a name: what can't be in one becomes "\x2b" and its like, a code for each byte.</summary>
    public static string Escape(string text) =>
        string.Concat(text.Select(c => IsAllowed(c) && c is not ('\\' or '@')
            ? c.ToString()
            : string.Concat(Encoding.UTF8.GetBytes([c]).Select(code => $"\\x{code:x2}"))));

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is ':' or '-' or '_' or '.' or '\\' or '@';
}
