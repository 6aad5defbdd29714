using System.Globalization;

namespace Rt.Cgroups;

/// <summary>The content of cpu.max: "QUOTA PERIOD" or "QUOTA", where a quota may be "max" (cgroup-v2.rst).</summary>
/// <param name="Quota">Microseconds of CPU time a period; null: no limit.</param>
/// <param name="Period">Microseconds; null: not given.</param>
internal readonly record struct CpuMax(ulong? Quota, ulong? Period)
{
    private const uint MicrosecondsPerSecond = 1_000_000;

    /// <summary>All that an older systemd keeps of a quota are whole percents of a CPU's time.</summary>
    private const uint Percent = MicrosecondsPerSecond / 100;

    /// <summary>Microseconds of CPU time a second, rounded up to whole percents; <see cref="ulong.MaxValue"/>: no limit.</summary>
    public ulong PerSecond
    {
        get
        {
            UInt128 unit = (UInt128)PeriodOrDefault * Percent;
            return Quota is { } quota ? (ulong)(((UInt128)quota * MicrosecondsPerSecond + unit - 1) / unit) * Percent : ulong.MaxValue;
        }
    }

    private ulong PeriodOrDefault => Period ?? 100_000;

    /// <summary>Null: the text is none that the kernel takes (kernel/sched/core.c, tg_set_bandwidth).</summary>
    public static CpuMax? Parse(string text)
    {
        const ulong Millisecond = 1000, MostQuota = (1UL << 44) - 1;
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is not (1 or 2)) return null;
        ulong? period = words.Length == 2 ? Number(words[1], Millisecond, MicrosecondsPerSecond) : null;
        ulong? quota = words[0] == "max" ? null : Number(words[0], Millisecond, MostQuota);
        return (words.Length == 2 && period == null) || (words[0] != "max" && quota == null) ? null : new CpuMax(quota, period);
    }

    /// <summary>With the quota that <see cref="PerSecond"/> stands for.</summary>
    public CpuMax Rounded() => Quota == null
        ? this
        : this with { Quota = (ulong)((UInt128)PerSecond * PeriodOrDefault / MicrosecondsPerSecond) };

    public override string ToString() => $"{Quota?.ToString() ?? "max"} {Period}".TrimEnd();

    private static ulong? Number(string text, ulong least, ulong most) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number >= least && number <= most
            ? number
            : null;
}
