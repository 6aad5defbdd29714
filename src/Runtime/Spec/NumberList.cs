namespace Rt.Spec;

/// <summary>Lists of CPUs and memory nodes in the kernel's notation: "0-3,7" (cpuset(7), "List format").</summary>
internal static class NumberList
{
    /// <summary>The kernel is never built for more of either.</summary>
    public const int Max = 8192;

    /// <summary>The numbers as bits, lowest first; null if it is no such list, or has a number of <see cref="Max"/> or more.</summary>
    public static ulong[]? Parse(string text)
    {
        ulong[] bits = [];
        foreach (string range in text.Split(','))
        {
            string[] ends = range.Trim().Split('-');
            if (ends.Length > 2 || !Number(ends[0], out int first) || !Number(ends[^1], out int last) || first > last) return null;
            if (last / 64 >= bits.Length) Array.Resize(ref bits, last / 64 + 1);
            for (int number = first; number <= last; number++) bits[number / 64] |= 1UL << number % 64;
        }

        return bits;
    }

    private static bool Number(string text, out int number) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, null, out number) && number < Max;
}
