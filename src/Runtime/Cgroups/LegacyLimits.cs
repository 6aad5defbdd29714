using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>What linux.resources compiles to for cgroup v1 (Documentation/admin-guide/cgroup-v1). Pure arithmetic.</summary>
internal static class LegacyLimits
{
    /// <param name="controllers">Those that cgroup v1 has on this host; the others are not looked at.</param>
    /// <param name="now">What a file of the cgroup says, without the line's end; null if there is no such file.</param>
    public static List<CgroupWrite> Compile(
        Resources resources, IReadOnlySet<string> controllers, Func<string, string?>? now = null)
    {
        List<CgroupWrite> writes = [];
        if (resources.Memory is { } memory && controllers.Contains("memory")) Memory(memory, now, writes);
        if (resources.Cpu is { } cpu && controllers.Contains("cpu")) Cpu(cpu, writes);
        if (resources.Cpu is { } set && controllers.Contains("cpuset")) writes.AddRange(UnifiedLimits.CpuSets(set));
        if (resources.PidsLimit is { } pids && controllers.Contains("pids")) writes.Add(UnifiedLimits.Pids(pids));
        if (resources.BlockIO is { } block && controllers.Contains("blkio")) BlockIO(block, writes);
        for (int i = 0; i < resources.HugepageLimits.Count && controllers.Contains("hugetlb"); i++)
            Hugepages(resources.HugepageLimits[i], $"linux.resources.hugepageLimits[{i}]", writes);
        if (controllers.Contains("rdma")) writes.AddRange(resources.Rdma.Select(UnifiedLimits.Rdma));
        if (resources.Network is { } network) Network(network, controllers, writes);
        return writes;
    }

    /// <summary>What limits memory and swap together can't be less than what limits memory: it is written after that.</summary>
    private static void Memory(MemoryLimits memory, Func<string, string?>? now, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.memory";
        if (memory.UseHierarchy) writes.Add(new("memory.use_hierarchy", "1", Origin + ".useHierarchy", Optional: true));
        long limit = memory.Limit ?? 0, swap = memory.Swap ?? 0;
        UnifiedLimits.CheckSwap(limit != 0 ? limit : LimitNow(now?.Invoke("memory.limit_in_bytes")), swap);
        string usage = memory.CheckBeforeUpdate && limit > 0 ? "memory.usage_in_bytes" : "";
        if (limit != 0) writes.Add(new("memory.limit_in_bytes", $"{limit}", Origin + ".limit", Usage: usage));
        // A kernel that counts no swap (swapaccount=0) need not where there is to be no limit.
        if (swap != 0 || limit < 0)
            writes.Add(new("memory.memsw.limit_in_bytes", $"{(swap != 0 ? swap : -1)}", Origin + (swap != 0 ? ".swap" : ".limit"),
                Optional: swap <= 0));
        if (memory.Reservation is { } reservation and not 0)
            writes.Add(new("memory.soft_limit_in_bytes", $"{reservation}", Origin + ".reservation"));
        if (memory.Kernel is { } kernel and not 0)
            writes.Add(new("memory.kmem.limit_in_bytes", $"{kernel}", Origin + ".kernel", Kept: kernel > 0));
        if (memory.KernelTcp is { } tcp and not 0)
            writes.Add(new("memory.kmem.tcp.limit_in_bytes", $"{tcp}", Origin + ".kernelTCP", Kept: tcp > 0));
        if (memory.Swappiness is { } swappiness) writes.Add(new("memory.swappiness", $"{swappiness}", Origin + ".swappiness"));
        if (memory.DisableOomKiller) writes.Add(new("memory.oom_control", "1", Origin + ".disableOOMKiller"));
    }

    /// <summary>The file has no word for no limit: it says the largest number of whole pages.</summary>
    private static long LimitNow(string? value)
    {
        const long Unlimited = long.MaxValue >> 20 << 20;
        return long.TryParse(value, out long limit) && limit < Unlimited ? limit : 0;
    }

    private static void Cpu(CpuLimits cpu, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.cpu";
        // 0 is how a kernel without the file works (cpu.idle came with Linux 5.15, cpu.cfs_burst_us with 5.14).
        if (cpu.Idle is { } idle) writes.Add(new("cpu.idle", $"{idle}", Origin + ".idle", Optional: idle == 0));
        if (cpu.Shares is { } shares and not 0 && cpu.Idle is not 1) writes.Add(new("cpu.shares", $"{shares}", Origin + ".shares"));
        if (cpu.Period is { } period and not 0) writes.Add(new("cpu.cfs_period_us", $"{period}", Origin + ".period"));
        if (cpu.Quota is { } quota and not 0) writes.Add(new("cpu.cfs_quota_us", $"{Math.Max(quota, -1)}", Origin + ".quota"));
        if (cpu.Burst is { } burst) writes.Add(new("cpu.cfs_burst_us", $"{burst}", Origin + ".burst", Optional: burst == 0));
        if (cpu.RealtimePeriod is { } cycle and not 0) writes.Add(new("cpu.rt_period_us", $"{cycle}", Origin + ".realtimePeriod"));
        if (cpu.RealtimeRuntime is { } runtime and not 0) writes.Add(new("cpu.rt_runtime_us", $"{runtime}", Origin + ".realtimeRuntime"));
    }

    private static void BlockIO(BlockIOLimits block, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.blockIO";
        if (block.Weight is { } weight and not 0) writes.Add(Weight("weight", $"{weight}", Origin + ".weight"));
        if (block.LeafWeight is { } leaf and not 0) writes.Add(new("blkio.leaf_weight", $"{leaf}", Origin + ".leafWeight"));
        for (int i = 0; i < block.WeightDevice.Count; i++)
        {
            DeviceWeight device = block.WeightDevice[i];
            string origin = $"{Origin}.weightDevice[{i}]";
            if (device.Weight is { } of and not 0) writes.Add(Weight("weight_device", $"{device} {of}", origin + ".weight"));
            if (device.LeafWeight is { } below and not 0)
                writes.Add(new("blkio.leaf_weight_device", $"{device} {below}", origin + ".leafWeight"));
        }

        Throttle(block.ThrottleReadBpsDevice, "read_bps", Origin + ".throttleReadBpsDevice", writes);
        Throttle(block.ThrottleWriteBpsDevice, "write_bps", Origin + ".throttleWriteBpsDevice", writes);
        Throttle(block.ThrottleReadIOPSDevice, "read_iops", Origin + ".throttleReadIOPSDevice", writes);
        Throttle(block.ThrottleWriteIOPSDevice, "write_iops", Origin + ".throttleWriteIOPSDevice", writes);
    }

    /// <summary>The scheduler CFQ, gone with Linux 5.0, had the plain names; BFQ, which took its place, has its own.</summary>
    private static CgroupWrite Weight(string file, string value, string origin) =>
        new("blkio." + file, value, origin, Otherwise: new("blkio.bfq." + file, value, origin));

    /// <summary>A rate of 0 takes a limit away.</summary>
    private static void Throttle(List<DeviceRate> rates, string what, string origin, List<CgroupWrite> writes)
    {
        for (int i = 0; i < rates.Count; i++)
            writes.Add(new($"blkio.throttle.{what}_device", $"{rates[i]} {rates[i].Rate ?? 0}", $"{origin}[{i}]"));
    }

    /// <summary>Pages in use, and reservations where the kernel counts those (Linux 5.7).</summary>
    private static void Hugepages(HugepageLimit limit, string origin, List<CgroupWrite> writes)
    {
        string bytes = $"{limit.Limit ?? 0}";
        writes.Add(new($"hugetlb.{limit.PageSize}.limit_in_bytes", bytes, origin));
        writes.Add(new($"hugetlb.{limit.PageSize}.rsvd.limit_in_bytes", bytes, origin, Optional: true));
    }

    /// <summary>These controllers are cgroup v1's alone, so that nobody else can do what is asked for.</summary>
    private static void Network(NetworkTags network, IReadOnlySet<string> controllers, List<CgroupWrite> writes)
    {
        const string Origin = "linux.resources.network";
        if (network.ClassId is { } classId and not 0)
        {
            Require("net_cls", Origin + ".classID");
            writes.Add(new("net_cls.classid", $"{classId}", Origin + ".classID"));
        }

        for (int i = 0; i < network.Priorities.Count; i++)
        {
            Require("net_prio", $"{Origin}.priorities[{i}]");
            InterfacePriority one = network.Priorities[i];
            writes.Add(new("net_prio.ifpriomap", $"{one.Name} {one.Priority}", $"{Origin}.priorities[{i}]"));
        }

        void Require(string controller, string origin)
        {
            if (!controllers.Contains(controller))
                throw new SpecException(origin, $"can't be set: there is no {controller} controller at {LegacyHierarchy.Place}");
        }
    }
}
