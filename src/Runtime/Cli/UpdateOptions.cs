using System.CommandLine;
using System.Globalization;
using Rt.Containers;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cli;

/// <summary>
/// The options of update: each is a property of linux.resources or linux.intelRdt, or all of the former come from a file.
/// </summary>
internal sealed class UpdateOptions
{
    /// <summary>Reads its text into what is to change; what is wrong with it, or null.</summary>
    private delegate string? Setter(Resources resources, IntelRdt rdt, string text);

    private sealed record Flag(string Name, string Path, string Value, string Description, Setter Set);

    private static readonly Flag[] Flags =
    [
        new("--blkio-weight", "linux.resources.blockIO.weight", "weight", "share of block I/O, from 10 to 1000", (r, _, text) =>
            Whole(text, 0, 1000, weight => r.BlockIO = new BlockIOLimits { Weight = weight })),
        new("--cpu-period", "linux.resources.cpu.period", "microseconds", "the period that the quota counts in", (r, _, text) =>
            Whole(text, 0, long.MaxValue, period => Cpu(r).Period = (ulong)period)),
        new("--cpu-quota", "linux.resources.cpu.quota", "microseconds", "CPU time in a period; -1: no limit", (r, _, text) =>
            Whole(text, long.MinValue, long.MaxValue, quota => Cpu(r).Quota = quota)),
        new("--cpu-burst", "linux.resources.cpu.burst", "microseconds", "CPU time that may be saved up", (r, _, text) =>
            Whole(text, 0, long.MaxValue, burst => Cpu(r).Burst = (ulong)burst)),
        new("--cpu-share", "linux.resources.cpu.shares", "shares", "share of CPU time, from 2 to 262144", (r, _, text) =>
            Whole(text, 0, long.MaxValue, shares => Cpu(r).Shares = (ulong)shares)),
        new("--cpu-rt-period", "linux.resources.cpu.realtimePeriod", "microseconds", "the period of realtime CPU time", (r, _, text) =>
            Whole(text, 0, long.MaxValue, period => Cpu(r).RealtimePeriod = (ulong)period)),
        new("--cpu-rt-runtime", "linux.resources.cpu.realtimeRuntime", "microseconds", "realtime CPU time in a period", (r, _, text) =>
            Whole(text, long.MinValue, long.MaxValue, runtime => Cpu(r).RealtimeRuntime = runtime)),
        new("--cpu-idle", "linux.resources.cpu.idle", "0|1", "1: only CPU time that others leave over", (r, _, text) =>
            Whole(text, 0, 1, idle => Cpu(r).Idle = idle)),
        new("--cpuset-cpus", "linux.resources.cpu.cpus", "list", "CPUs, as in 0-3,7", (r, _, text) => Text(() => Cpu(r).Cpus = text)),
        new("--cpuset-mems", "linux.resources.cpu.mems", "list", "memory nodes", (r, _, text) => Text(() => Cpu(r).Mems = text)),
        new("--memory", "linux.resources.memory.limit", "bytes", "memory; with a suffix as in 100M; -1: no limit", (r, _, text) =>
            Bytes(text, limit => Memory(r).Limit = limit)),
        new("--memory-reservation", "linux.resources.memory.reservation", "bytes", "memory that is best left to it", (r, _, text) =>
            Bytes(text, reservation => Memory(r).Reservation = reservation)),
        new("--memory-swap", "linux.resources.memory.swap", "bytes", "memory and swap together; -1: no limit of swap", (r, _, text) =>
            Bytes(text, swap => Memory(r).Swap = swap)),
        new("--pids-limit", "linux.resources.pids.limit", "count", "processes and threads; -1: no limit", (r, _, text) =>
            Whole(text, long.MinValue, long.MaxValue, limit => r.PidsLimit = limit)),
        new("--l3-cache-schema", "linux.intelRdt.l3CacheSchema", "schema", "share of the L3 cache, as in L3:0=f;1=f0", (_, rdt, text) =>
            Text(() => rdt.L3CacheSchema = text)),
        new("--mem-bw-schema", "linux.intelRdt.memBwSchema", "schema", "share of memory bandwidth, as in MB:0=20;1=70", (_, rdt, text) =>
            Text(() => rdt.MemBwSchema = text)),
    ];

    /// <summary>What cgroup v1 had files for, until kernels took them away.</summary>
    private static readonly string[] Obsolete = ["--kernel-memory", "--kernel-memory-tcp"];

    private readonly Option<string> resources = new("--resources", "-r")
        { Description = "a file with linux.resources as JSON, in place of the options below, or - for stdin", HelpName = "file" };
    private readonly List<Option<string>> flags =
        [.. Flags.Select(flag => new Option<string>(flag.Name) { Description = flag.Description, HelpName = flag.Value })];
    private readonly List<Option<string>> obsolete = [.. Obsolete.Select(name => new Option<string>(name) { Hidden = true })];

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[resources, .. flags, .. obsolete]) command.Options.Add(option);
    }

    public UpdateRequest Request(ParseResult result)
    {
        foreach (Option<string> option in obsolete)
            if (result.GetValue(option) != null)
                Log.Warn($"{option.Name} is ignored: kernel memory can't be limited any more");
        string file = result.GetValue(resources) ?? "";
        Resources given = file.Length > 0 ? Read(file) : new Resources();
        IntelRdt rdt = new();
        for (int i = 0; i < Flags.Length; i++)
        {
            Flag flag = Flags[i];
            if (result.GetValue(flags[i]) is not { Length: > 0 } text) continue;
            // runc's rule, from which it excepts those that are not in the file.
            if (file.Length > 0 && !IsRdt(flag.Path))
                Log.Warn($"{flag.Name} is ignored beside --resources");
            else if (flag.Set(given, rdt, text) is { } problem)
                throw new RtException($"invalid value for {flag.Name[2..]}: {problem}");
        }

        return new UpdateRequest { Resources = given, IntelRdt = rdt, NameOf = path => NameOf(path, file) };
    }

    private static Resources Read(string file)
    {
        byte[] document = file == "-" ? FileContent.Read(0, UpdateRequest.MaxSize, "standard input")
            : FileContent.Read(file, UpdateRequest.MaxSize);
        try
        {
            return UpdateRequest.Read(document);
        }
        catch (SpecException e)
        {
            throw new RtException($"{NameOf(e.Path, file)}: {e.Problem}");
        }
    }

    /// <summary>The option, or the file and the JSON path in it.</summary>
    private static string NameOf(string path, string file)
    {
        // linux.intelRdt itself, that there is no resctrl say, stands for both of its options.
        string[] names = [.. Flags.Where(flag => flag.Path == path || flag.Path.StartsWith(path + ".", StringComparison.Ordinal))
            .Where(flag => file.Length == 0 || IsRdt(flag.Path)).Select(flag => flag.Name)];
        if (names.Length > 0) return string.Join(", ", names);
        string relative = UpdateRequest.Relative(path), source = file == "-" ? "standard input" : file;
        return relative.Length == 0 ? source : $"{source}: {relative}";
    }

    private static bool IsRdt(string path) => path.StartsWith("linux.intelRdt", StringComparison.Ordinal);

    private static CpuLimits Cpu(Resources resources) => resources.Cpu ??= new CpuLimits();

    private static MemoryLimits Memory(Resources resources) => resources.Memory ??= new MemoryLimits();

    private static string? Whole(string text, long least, long most, Action<long> set)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            return $"\"{text}\" is no whole number";
        if (number < least || number > most)
            return $"{text} is {(most == long.MaxValue ? "negative" : $"not between {least} and {most}")}";
        set(number);
        return null;
    }

    /// <summary>-1 is no limit; other numbers below 0 are none.</summary>
    private static string? Bytes(string text, Action<long> set)
    {
        long? bytes = text == "-1" ? -1 : ByteSize.Parse(text);
        if (bytes == null) return $"invalid size: '{text}'";
        set(bytes.Value);
        return null;
    }

    private static string? Text(Action set)
    {
        set();
        return null;
    }
}
