using System.Globalization;

namespace Rt.Cli;

/// <summary>
/// Sizes as runc's options take them: bytes ("1048576"), or with a suffix for powers of 1024 ("1024k", "1m", "1MB", "1MiB",
/// "0.5 g"), from k over m, g and t to p.
/// </summary>
internal static class ByteSize
{
    private const string Powers = "kmgtp";

    /// <summary>Null: it is none, or has more than 63 bits. -1 stands for no limit where that is accepted, and is not a size.</summary>
    public static long? Parse(string text)
    {
        int end = text.LastIndexOfAny(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.']) + 1;
        if (!decimal.TryParse(text[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)) return null;
        string suffix = text[end..].ToLowerInvariant();
        if (suffix.StartsWith(' ')) suffix = suffix[1..];
        if (suffix is not ("" or "b"))
        {
            int power = Powers.IndexOf(suffix.FirstOrDefault()) + 1;
            if (power == 0 || suffix[1..] is not ("" or "b" or "ib")) return null;
            long unit = 1L << (10 * power);
            if (number > decimal.MaxValue / unit) return null;
            number *= unit;
        }

        return number > long.MaxValue ? null : (long)number;
    }
}
