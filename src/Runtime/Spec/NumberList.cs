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
        foreach (Range part in text.AsSpan().Split(','))
        {
            ReadOnlySpan<char> range = text.AsSpan(part).Trim();
            int dash = range.IndexOf('-');
            if (!Number(dash < 0 ? range : range[..dash], out int first) || !Number(range[(dash + 1)..], out int last) || first > last)
                return null;
            if (last / 64 >= bits.Length) Array.Resize(ref bits, last / 64 + 1);
            // Whole words at a time: a text may have the longest range again and again.
            for (int word = first / 64; word <= last / 64; word++)
            {
                ulong from = word == first / 64 ? ulong.MaxValue << first % 64 : ulong.MaxValue;
                ulong to = word == last / 64 ? ulong.MaxValue >> 63 - last % 64 : ulong.MaxValue;
                bits[word] |= from & to;
            }
        }

        return bits;
    }

    private static bool Number(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, null, out number) && number < Max;
}
