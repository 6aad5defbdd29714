using System.Globalization;
using static System.StringSplitOptions;

namespace Rt.Cgroups;

/// <summary>
/// The formats of the files in which cgroups count (Documentation/admin-guide/cgroup-v2.rst, "Interface Files", and cgroup-v1/).
/// What is not in the format is passed over: later kernels add lines and words.
/// </summary>
internal static class StatsText
{
    private static readonly char[] Blanks = [' ', '\n'];

    /// <summary>
    /// One number; 2^64-1 for "max", and 0 for a negative one, which some of the kernel's counters can be for a moment. Null if
    /// it is none.
    /// </summary>
    public static ulong? Number(string text)
    {
        text = text.Trim();
        if (text == "max") return ulong.MaxValue;
        if (Parse(text) is { } number) return number;
        return text.StartsWith('-') && text.Length > 1 && text.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0 ? 0 : null;
    }

    /// <summary>A line a key: "nr_periods 7".</summary>
    public static SortedDictionary<string, ulong> Pairs(string text)
    {
        SortedDictionary<string, ulong> pairs = new(StringComparer.Ordinal);
        foreach (string line in text.Split('\n'))
            if (line.Split(' ') is [{ Length: > 0 } key, var value] && Number(value) is { } number)
                pairs[key] = number;
        return pairs;
    }

    /// <summary>Numbers with blanks between them.</summary>
    public static List<ulong> Numbers(string text)
    {
        List<ulong> numbers = [];
        foreach (string word in text.Split(Blanks, RemoveEmptyEntries))
            if (Number(word) is { } number)
                numbers.Add(number);
        return numbers;
    }

    /// <summary>
    /// "0-2,5" (cpuset(7), "List format"), in the kernel's order: what goes back in it is passed over, so that nothing is there twice.
    /// </summary>
    public static List<ushort> List(string text)
    {
        List<ushort> members = [];
        foreach (string range in text.Split(',', TrimEntries))
        {
            int dash = range.IndexOf('-');
            if (!UInt16(dash < 0 ? range : range[..dash], out ushort first) || !UInt16(range[(dash + 1)..], out ushort last)) continue;
            if (members.Count > 0 && first <= members[^1]) continue;
            for (int member = first; member <= last; member++) members.Add((ushort)member);
        }

        return members;
    }

    /// <summary>"some avg10=0.12 avg60=0.00 avg300=0.00 total=345", and the same for "full" (Documentation/accounting/psi.rst).</summary>
    public static Pressure Pressure(string text)
    {
        Pressure pressure = new(default, default);
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split(' ');
            if (words[0] == "some") pressure = pressure with { Some = PressureLine(words) };
            else if (words[0] == "full") pressure = pressure with { Full = PressureLine(words) };
        }

        return pressure;
    }

    private static PressureLine PressureLine(string[] words)
    {
        PressureLine line = default;
        foreach (string word in words)
        {
            if (word.Split('=') is not [var key, var value]) continue;
            double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double share);
            if (!double.IsFinite(share)) share = 0; // JSON has no word for it
            line = key switch
            {
                "avg10" => line with { Avg10 = share },
                "avg60" => line with { Avg60 = share },
                "avg300" => line with { Avg300 = share },
                "total" => line with { Total = Number(value) ?? 0 },
                _ => line,
            };
        }

        return line;
    }

    /// <summary>
    /// io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6", in v1's tables. Some kernels print a device that has
    /// nothing to tell without ending its line, so that the next follows in the same.
    /// </summary>
    public static Dictionary<string, IReadOnlyList<BlkioEntry>> IoStat(string text)
    {
        List<BlkioEntry> bytes = [], operations = [];
        (ulong Major, ulong Minor)? device = null;
        foreach (string word in text.Split(Blanks, RemoveEmptyEntries))
        {
            if (word.Split('=') is not [var key, var value])
            {
                device = Device(word);
                continue;
            }

            if (device is not var (major, minor) || Parse(value) is not { } number) continue;
            if (key is "rbytes" or "wbytes") bytes.Add(new BlkioEntry(major, minor, key[0] == 'r' ? "Read" : "Write", number));
            if (key is "rios" or "wios") operations.Add(new BlkioEntry(major, minor, key[0] == 'r' ? "Read" : "Write", number));
        }

        return new() { [BlkioStats.ServiceBytes] = bytes, [BlkioStats.Serviced] = operations };
    }

    /// <summary>A file of v1's blkio: "8:0 Read 4096" a line, or "8:0 4096"; the sum at the end is left out.</summary>
    public static List<BlkioEntry> Blkio(string text)
    {
        List<BlkioEntry> entries = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split(' ', RemoveEmptyEntries);
            if (words.Length is not (2 or 3) || Device(words[0]) is not var (major, minor) || Parse(words[^1]) is not { } value) continue;
            entries.Add(new BlkioEntry(major, minor, words.Length == 3 ? words[1] : "", value));
        }

        return entries;
    }

    /// <summary>cpuacct.usage_all: a line a processor, "0 USER SYSTEM" in nanoseconds, under a line of headings.</summary>
    public static (List<ulong> User, List<ulong> Kernel) UsageAll(string text)
    {
        List<ulong> user = [], kernel = [];
        foreach (string line in text.Split('\n'))
        {
            if (line.Split(' ') is not [_, var first, var second, ..] || Parse(first) is not { } inUser || Parse(second) is not { } inKernel)
                continue;
            user.Add(inUser);
            kernel.Add(inKernel);
        }

        return (user, kernel);
    }

    private static (ulong Major, ulong Minor)? Device(string text) =>
        text.Split(':') is [var major, var minor] && Parse(major) is { } first && Parse(minor) is { } second ? (first, second) : null;

    private static ulong? Parse(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;

    private static bool UInt16(string text, out ushort number) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
