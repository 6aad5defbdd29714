namespace Rt.Tests.Integration;

/// <summary>A test that needs NUMA in the kernel. Skipped, with the reason, where there is none.</summary>
public sealed class NumaTheoryAttribute : TheoryAttribute
{
    public NumaTheoryAttribute()
    {
        if (!HasNuma) Skip = "this kernel knows no NUMA: make vm-test GROUP=smoke shows memory policies";
    }

    public static bool HasNuma { get; } = File.Exists("/proc/self/numa_maps");
}

/// <summary>
/// A test of real-time policies. Skipped, with the reason, where they are refused: to cgroups without real-time runtime, to
/// processes without CAP_SYS_NICE, and for deadlines, where not all CPUs may be used.
/// </summary>
public sealed class RealtimeTheoryAttribute : TheoryAttribute
{
    private static readonly string? Reason = Refusal("-f 1 true") ?? Refusal("-d -T 1000000 -D 10000000 -P 10000000 0 true");

    public RealtimeTheoryAttribute() => Skip = Reason;

    private static string? Refusal(string options)
    {
        Result result = Command.Shell("exec chrt " + options);
        return result.Code == 0 ? null : $"real-time policies can't be used here (make vm-test GROUP=smoke shows them): chrt {options}: "
            + result.Error.Trim();
    }
}

/// <summary>A test that raises hard limits or lowers OOM scores. Skipped, with the reason, without the capability for it.</summary>
public sealed class ResourceTheoryAttribute : TheoryAttribute
{
    private const int CAP_SYS_RESOURCE = 24;

    public ResourceTheoryAttribute()
    {
        string effective = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal))[7..];
        if ((Convert.ToUInt64(effective.Trim(), 16) >> CAP_SYS_RESOURCE & 1) == 0)
            Skip = "root has no CAP_SYS_RESOURCE here: make vm-test GROUP=smoke shows raised limits";
    }
}

/// <summary>A test on an erofs. Skipped, with the reason, where the kernel has none.</summary>
public sealed class ErofsFactAttribute : FactAttribute
{
    public ErofsFactAttribute()
    {
        Command.Run("modprobe", "-q", "erofs"); // where it is built in, or there are no modules, that changes nothing
        if (!File.ReadAllText("/proc/filesystems").Contains("\terofs\n"))
            Skip = "this kernel has no erofs (CONFIG_EROFS_FS): make vm-test GROUP=doctor shows rt on one";
    }
}
