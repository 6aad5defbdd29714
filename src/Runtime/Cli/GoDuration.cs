using System.Globalization;

namespace Rt.Cli;

/// <summary>Durations as Go's time.ParseDuration reads them: "5s", "500ms", "1m30s", "1.5h", "-2s", "0".</summary>
internal static class GoDuration
{
    /// <summary>Digits behind the point that can make a nanosecond: those of an hour.</summary>
    private const int MaxFractionDigits = 13;

    private const long Second = 1_000_000_000;

    /// <summary>Those that begin like another stand before it.</summary>
    private static readonly (string Name, long Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1000), ("\u00b5s", 1000), ("\u03bcs", 1000), ("ms", 1_000_000), ("s", Second), ("m", 60 * Second), ("h", 3600 * Second),
    ];

    /// <summary>In nanoseconds; null if it is no duration, or longer than 2^63-1 of them. Every number but a sole 0 needs its unit.</summary>
    public static long? Parse(string text)
    {
        bool negative = text.StartsWith('-');
        ReadOnlySpan<char> rest = text.AsSpan(negative || text.StartsWith('+') ? 1 : 0);
        if (rest is "0") return 0;
        if (rest.IsEmpty) return null;
        Int128 sum = 0;
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<char> whole = Digits(ref rest), fraction = default;
            if (rest is ['.', ..])
            {
                rest = rest[1..];
                fraction = Digits(ref rest);
            }

            if ((whole.IsEmpty && fraction.IsEmpty) || Unit(ref rest) is not { } unit || Number(whole) is not { } units) return null;
            if (fraction.Length > MaxFractionDigits) fraction = fraction[..MaxFractionDigits];
            sum += ((Int128)units * unit) + ((Int128)Number(fraction)!.Value * unit / PowerOfTen(fraction.Length));
            if (sum > long.MaxValue) return null;
        }

        return (long)(negative ? -sum : sum);
    }

    private static ReadOnlySpan<char> Digits(scoped ref ReadOnlySpan<char> rest)
    {
        int length = rest.IndexOfAnyExceptInRange('0', '9');
        ReadOnlySpan<char> digits = length < 0 ? rest : rest[..length];
        rest = rest[digits.Length..];
        return digits;
    }

    /// <summary>No digits are 0; null: more than 64 bits.</summary>
    private static ulong? Number(ReadOnlySpan<char> digits) =>
        digits.IsEmpty ? 0 : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;

    private static Int128 PowerOfTen(int exponent) => exponent == 0 ? 1 : 10 * PowerOfTen(exponent - 1);

    private static long? Unit(scoped ref ReadOnlySpan<char> rest)
    {
        foreach (var (name, nanoseconds) in Units)
        {
            if (!rest.StartsWith(name, StringComparison.Ordinal)) continue;
            rest = rest[name.Length..];
            return nanoseconds;
        }

        return null;
    }
}
