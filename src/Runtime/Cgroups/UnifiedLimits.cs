using System.Globalization;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>What linux.resources compiles to for cgroup v2: files and values, v1's numbers converted. Pure arithmetic.</summary>
internal static class UnifiedLimits
{
    /// <param name="legacy">Controllers that cgroup v1 has on this host: what is theirs is left to <see cref="LegacyLimits"/>.</param>
    /// <param name="now">
    /// What a file of the cgroup says, without the line's end; null if there is no such file. A new cgroup has no limits.
    /// </param>
    public static List<CgroupWrite> Compile(Resources resources, IReadOnlySet<string>? legacy = null, Func<string, string?>? now = null)
    {
        now ??= static _ => null;
        List<CgroupWrite> writes = [];
        if (resources.Memory is { } memory && IsHere("memory")) Memory(memory, now, writes);
        if (resources.Cpu is { } cpu && IsHere("cpu")) Cpu(cpu, now, writes);
        if (resources.Cpu is { } set && IsHere("cpuset")) writes.AddRange(CpuSets(set));
        if (resources.PidsLimit is { } pids && IsHere("pids")) writes.Add(Pids(pids));
        if (resources.BlockIO is { } block && IsHere("blkio")) BlockIO(block, writes);
        for (int i = 0; i < resources.HugepageLimits.Count && IsHere("hugetlb"); i++)
            Hugepages(resources.HugepageLimits[i], $"linux.resources.hugepageLimits[{i}]", writes);
        if (IsHere("rdma")) writes.AddRange(resources.Rdma.Select(Rdma));
        RefuseIf(resources.Network?.ClassId > 0 && IsHere("net_cls"), "linux.resources.network.classID");
        RefuseIf(resources.Network?.Priorities.Count > 0 && IsHere("net_prio"), "linux.resources.network.priorities[0]");
        foreach ((string file, string value) in resources.Unified)
        {
            string origin = $"linux.resources.unified.{file}";
            if (!char.IsAsciiLetter(file.FirstOrDefault()) || file.Contains('/') || !file.Contains('.'))
                throw new SpecException(origin, "is not the name of a cgroup file");
            writes.Add(new(file, value, origin));
        }

        return writes;

        bool IsHere(string controller) => legacy?.Contains(controller) != true;
    }

    /// <summary>config-linux.md, "Unified": a setting of v1 that can't be converted is an error.</summary>
    private static void RefuseIf(bool asksForSomething, string origin, string problem = "has no counterpart in cgroup v2")
    {
        if (asksForSomething) throw new SpecException(origin, problem);
    }

    private static void Memory(MemoryLimits memory, Func<string, string?> now, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.memory";
        // It always has what useHierarchy asks for.
        RefuseIf(memory.Kernel > 0, Origin + ".kernel");
        RefuseIf(memory.KernelTcp > 0, Origin + ".kernelTCP");
        RefuseIf(memory.Swappiness != null, Origin + ".swappiness");
        RefuseIf(memory.DisableOomKiller, Origin + ".disableOOMKiller");
        long limit = memory.Limit ?? 0;
        string usage = memory.CheckBeforeUpdate && limit > 0 ? "memory.current" : "";
        if (limit != 0) writes.Add(new("memory.max", OrMax(limit), Origin + ".limit", Usage: usage));
        if (Swap(memory, now) is { } swap)
        {
            // More swap comes before less memory: what is beyond that has to go somewhere, or processes are killed.
            bool first = Number(now("memory.swap.max")) is { } before && (Number(swap.Value) is not { } after || after > before);
            writes.Insert(first ? 0 : writes.Count, swap);
        }

        if (memory.Reservation is { } reservation and not 0) writes.Add(new("memory.low", OrMax(reservation), Origin + ".reservation"));
    }

    /// <summary>
    /// v1 counted memory and swap together; v2 limits swap alone. Null: that limit stays as it is, also when memory's changes, as
    /// under runc and crun.
    /// </summary>
    private static CgroupWrite? Swap(MemoryLimits memory, Func<string, string?> now)
    {
        const string Origin = "linux.resources.memory";
        long limit = memory.Limit ?? 0, total = memory.Swap ?? 0;
        if (limit == 0 && total > 0) limit = Number(now("memory.max")) ?? 0;
        CheckSwap(limit, total);

        // A kernel that counts no swap can't limit it, and need not where there is to be no limit, or no swap at all.
        if (total == 0 && limit >= 0) return null;
        string most = total > 0 ? (total - Math.Max(limit, 0)).ToString() : "max";
        return new("memory.swap.max", most, Origin + (total != 0 ? ".swap" : ".limit"), Optional: most is "max" or "0");
    }

    /// <summary>For v1 as well, which refuses the same without a reason.</summary>
    /// <param name="limit">Bytes of memory; 0: not set. Negative: no limit.</param>
    /// <param name="swap">Bytes of memory and swap together, likewise.</param>
    internal static void CheckSwap(long limit, long swap)
    {
        const string Origin = "linux.resources.memory.swap";
        if (swap <= 0) return;
        if (limit == 0)
            throw new SpecException(Origin, "unable to set swap limit without memory limit: it counts memory and swap together");
        if (swap < limit)
            throw new SpecException(Origin, $"memory+swap limit should be >= memory limit: {swap} is less than {limit}");
    }

    private static void Cpu(CpuLimits cpu, Func<string, string?> now, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.cpu";
        const string NoRealtime = "cgroup v2 has no limit for realtime CPU time";
        RefuseIf(cpu.RealtimeRuntime is not (null or 0), Origin + ".realtimeRuntime", NoRealtime);
        RefuseIf(cpu.RealtimePeriod is not (null or 0), Origin + ".realtimePeriod", NoRealtime);
        // 0 is how a kernel without the file works (cpu.idle came with Linux 5.15, cpu.max.burst with 5.14).
        if (cpu.Idle is { } idle) writes.Add(new("cpu.idle", idle.ToString(), Origin + ".idle", Optional: idle == 0));
        if (cpu.Shares is { } shares and not 0 && cpu.Idle is not 1)
        {
            RefuseIf(cpu.Idle == null && now("cpu.idle") == "1", Origin + ".shares",
                "can't be set while the container is idle (cpu.idle is 1)");
            writes.Add(new("cpu.weight", Weight(shares).ToString(), Origin + ".shares"));
        }

        Bandwidth(cpu, now, writes);
    }

    /// <summary>A quota without a period leaves the period as it is, and a period without a quota the quota: the file has both.</summary>
    private static void Bandwidth(CpuLimits cpu, Func<string, string?> now, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.cpu";
        bool setsQuota = cpu.Quota is not (null or 0), setsMax = setsQuota || cpu.Period is not (null or 0);
        string[]? maxNow = now("cpu.max")?.Split(' ');
        long quota = setsQuota ? cpu.Quota!.Value : Number(maxNow?[0]) ?? -1;
        ulong burstNow = (ulong)(Number(now("cpu.max.burst")) ?? 0);
        RefuseIf(cpu.Burst != null && quota > 0 && cpu.Burst > (ulong)quota, Origin + ".burst",
            $"{cpu.Burst} is more than the quota ({quota})");
        RefuseIf(setsQuota && cpu.Burst == null && quota > 0 && burstNow > (ulong)quota, Origin + ".quota",
            $"{quota} is less than the burst that is set ({burstNow})");

        if (setsMax)
        {
            string? period = cpu.Period is not (null or 0) ? $"{cpu.Period}" : maxNow?[^1];
            string value = $"{OrMax(quota)} {period}".TrimEnd();
            writes.Add(new("cpu.max", value, Origin + (setsQuota ? ".quota" : ".period")));
        }

        if (cpu.Burst is not { } burst) return;
        // The kernel has no burst above the quota at any moment: less burst comes before less quota, more quota before more burst.
        CgroupWrite write = new("cpu.max.burst", burst.ToString(), Origin + ".burst", Optional: burst == 0);
        writes.Insert(setsMax && burst < burstNow ? writes.Count - 1 : writes.Count, write);
    }

    /// <summary>The files are v1's as well.</summary>
    internal static IEnumerable<CgroupWrite> CpuSets(CpuLimits cpu)
    {
        if (cpu.Cpus.Length > 0) yield return new("cpuset.cpus", cpu.Cpus, "linux.resources.cpu.cpus");
        if (cpu.Mems.Length > 0) yield return new("cpuset.mems", cpu.Mems, "linux.resources.cpu.mems");
    }

    /// <summary>
    /// cpu.shares (2 to 262144, 1024 by default) to cpu.weight (1 to 10000, 100 by default): the curve through those three
    /// points on which runc, crun and the kubelet agreed in 2025.
    /// </summary>
    internal static ulong Weight(ulong shares)
    {
        if (shares <= 2) return 1;
        if (shares >= 262144) return 10000;
        double log = Math.Log2(shares);
        return (ulong)Math.Ceiling(Math.Pow(10, ((log * log) + (125 * log)) / 612.0 - 7.0 / 34.0));
    }

    /// <summary>
    /// 0 is a limit and stops every fork. As the init is born into its cgroup, that would stop the init itself: with 1, it is
    /// there and can't fork. The file is v1's as well.
    /// </summary>
    internal static CgroupWrite Pids(long limit) =>
        new("pids.max", limit < 0 ? "max" : Math.Max(limit, 1).ToString(), "linux.resources.pids.limit");

    private static void BlockIO(BlockIOLimits block, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.blockIO";
        RefuseIf(block.LeafWeight > 0, Origin + ".leafWeight");
        if (block.Weight is { } weight and not 0) writes.Add(IOWeight("", weight, Origin + ".weight"));
        for (int i = 0; i < block.WeightDevice.Count; i++)
        {
            RefuseIf(block.WeightDevice[i].LeafWeight > 0, $"{Origin}.weightDevice[{i}].leafWeight");
            if (block.WeightDevice[i] is { Weight: { } of and not 0 } device)
                writes.Add(IOWeight($"{device} ", of, $"{Origin}.weightDevice[{i}]"));
        }

        Throttle(block.ThrottleReadBpsDevice, "rbps", Origin + ".throttleReadBpsDevice", writes);
        Throttle(block.ThrottleWriteBpsDevice, "wbps", Origin + ".throttleWriteBpsDevice", writes);
        Throttle(block.ThrottleReadIOPSDevice, "riops", Origin + ".throttleReadIOPSDevice", writes);
        Throttle(block.ThrottleWriteIOPSDevice, "wiops", Origin + ".throttleWriteIOPSDevice", writes);
    }

    /// <summary>
    /// The scheduler BFQ has a file of its own, in v1's numbers (1 to 1000). It comes first, as for runc and crun: most kernels
    /// have io.weight too, which does nothing unless the administrator has turned it on (io.cost.qos).
    /// </summary>
    private static CgroupWrite IOWeight(string device, long weight, string origin) =>
        new("io.bfq.weight", $"{device}{weight}", origin, Otherwise: new("io.weight", $"{device}{IOWeight(weight)}", origin));

    /// <summary>v1's weights (10 to 1000) to io.weight's (1 to 10000), on a straight line as runc and crun have it.</summary>
    internal static long IOWeight(long weight) => 1 + (Math.Max(weight, 10) - 10) * 9999 / 990;

    /// <summary>What a line of io.max does not name stays as it is, so that each rate is a write of its own.</summary>
    private static void Throttle(List<DeviceRate> rates, string key, string origin, List<CgroupWrite> writes)
    {
        for (int i = 0; i < rates.Count; i++)
        {
            // 0 took a limit away in v1; io.max refuses it.
            string rate = rates[i].Rate is { } most and not 0 ? most.ToString() : "max";
            writes.Add(new("io.max", $"{rates[i]} {key}={rate}", $"{origin}[{i}]"));
        }
    }

    /// <summary>Pages in use, and reservations where the kernel counts those (Linux 5.7).</summary>
    private static void Hugepages(HugepageLimit limit, string origin, List<CgroupWrite> writes)
    {
        string bytes = (limit.Limit ?? 0).ToString();
        writes.Add(new($"hugetlb.{limit.PageSize}.max", bytes, origin));
        writes.Add(new($"hugetlb.{limit.PageSize}.rsvd.max", bytes, origin, Optional: true));
    }

    /// <summary>The file is v1's as well.</summary>
    internal static CgroupWrite Rdma(RdmaLimits limits)
    {
        string handles = limits.HcaHandles is { } most ? $" hca_handle={most}" : "";
        string objects = limits.HcaObjects is { } count ? $" hca_object={count}" : "";
        return new("rdma.max", limits.Device + handles + objects, $"linux.resources.rdma.{limits.Device}");
    }

    private static string OrMax(long bytes) => bytes < 0 ? "max" : bytes.ToString();

    /// <summary>Null for "max", and for what is not there.</summary>
    private static long? Number(string? value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
