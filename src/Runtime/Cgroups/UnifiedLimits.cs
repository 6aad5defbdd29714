using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>What linux.resources compiles to for cgroup v2: files and values, v1's numbers converted. Pure arithmetic.</summary>
internal static class UnifiedLimits
{
    public static List<CgroupWrite> Compile(Resources resources)
    {
        List<CgroupWrite> writes = [];
        if (resources.Memory is { } memory) Memory(memory, writes);
        if (resources.Cpu is { } cpu) Cpu(cpu, writes);
        if (resources.PidsLimit is { } pids) writes.Add(new("pids.max", Pids(pids), "linux.resources.pids.limit"));
        if (resources.BlockIO is { } block) BlockIO(block, writes);
        for (int i = 0; i < resources.HugepageLimits.Count; i++)
            Hugepages(resources.HugepageLimits[i], $"linux.resources.hugepageLimits[{i}]", writes);
        foreach (RdmaLimits rdma in resources.Rdma) writes.Add(Rdma(rdma));
        foreach ((string file, string value) in resources.Unified)
        {
            string origin = $"linux.resources.unified.{file}";
            if (!char.IsAsciiLetter(file.FirstOrDefault()) || file.Contains('/') || !file.Contains('.'))
                throw new SpecException(origin, "is not the name of a cgroup file");
            writes.Add(new(file, value, origin));
        }

        return writes;
    }

    private static void Memory(MemoryLimits memory, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.memory";
        long limit = memory.Limit ?? 0;
        string usage = memory.CheckBeforeUpdate && limit > 0 ? "memory.current" : "";
        if (limit != 0) writes.Add(new("memory.max", OrMax(limit), Origin + ".limit", Usage: usage));

        // v1 counted memory and swap together; v2 limits swap alone.
        long swap = memory.Swap ?? 0;
        if (swap > 0)
        {
            if (limit == 0)
                throw new SpecException(Origin + ".swap",
                    "needs linux.resources.memory.limit beside it: it counts memory and swap together");
            if (swap < limit)
                throw new SpecException(Origin + ".swap", $"{swap} is less than linux.resources.memory.limit ({limit}), which it includes");
        }

        // A kernel that counts no swap can't limit it, and need not where there is to be no limit, or no swap at all.
        if (swap != 0 || limit < 0)
        {
            string most = swap > 0 ? (swap - Math.Max(limit, 0)).ToString() : "max";
            writes.Add(new("memory.swap.max", most, Origin + (swap != 0 ? ".swap" : ".limit"), Optional: most is "max" or "0"));
        }

        if (memory.Reservation is { } reservation and not 0) writes.Add(new("memory.low", OrMax(reservation), Origin + ".reservation"));
    }

    private static void Cpu(CpuLimits cpu, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.cpu";
        // 0 is how a kernel without the file works (cpu.idle came with Linux 5.15, cpu.max.burst with 5.14).
        if (cpu.Idle is { } idle) writes.Add(new("cpu.idle", idle.ToString(), Origin + ".idle", Optional: idle == 0));
        if (cpu.Shares is { } shares and not 0 && cpu.Idle is not 1)
            writes.Add(new("cpu.weight", Weight(shares).ToString(), Origin + ".shares"));

        long quota = cpu.Quota ?? 0;
        ulong period = cpu.Period ?? 0;
        if (quota != 0 || period != 0)
        {
            string value = (quota > 0 ? quota.ToString() : "max") + (period == 0 ? "" : $" {period}");
            writes.Add(new("cpu.max", value, Origin + (quota != 0 ? ".quota" : ".period")));
        }

        if (cpu.Burst is { } burst) writes.Add(new("cpu.max.burst", burst.ToString(), Origin + ".burst", Optional: burst == 0));
        if (cpu.Cpus.Length > 0) writes.Add(new("cpuset.cpus", cpu.Cpus, Origin + ".cpus"));
        if (cpu.Mems.Length > 0) writes.Add(new("cpuset.mems", cpu.Mems, Origin + ".mems"));
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
    /// there and can't fork.
    /// </summary>
    private static string Pids(long limit) => limit < 0 ? "max" : Math.Max(limit, 1).ToString();

    private static void BlockIO(BlockIOLimits block, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.blockIO";
        if (block.Weight is { } weight and not 0) writes.Add(IOWeight("", weight, Origin + ".weight"));
        for (int i = 0; i < block.WeightDevice.Count; i++)
        {
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

    private static CgroupWrite Rdma(RdmaLimits limits)
    {
        string handles = limits.HcaHandles is { } most ? $" hca_handle={most}" : "";
        string objects = limits.HcaObjects is { } count ? $" hca_object={count}" : "";
        return new("rdma.max", limits.Device + handles + objects, $"linux.resources.rdma.{limits.Device}");
    }

    private static string OrMax(long bytes) => bytes < 0 ? "max" : bytes.ToString();
}
