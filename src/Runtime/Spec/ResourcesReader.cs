namespace Rt.Spec;

/// <summary>Reads linux.resources (config-linux.md, "Control groups").</summary>
internal static class ResourcesReader
{
    public static Resources Read(ref JsonCursor json)
    {
        Resources resources = new();
        if (!json.Object()) return resources;
        while (json.Property(out var name))
        {
            if (name.Is("devices"u8)) resources.Devices = ReadDeviceRules(ref json);
            else if (name.Is("memory"u8)) resources.Memory = ReadMemory(ref json);
            else if (name.Is("cpu"u8)) resources.Cpu = ReadCpu(ref json);
            else if (name.Is("pids"u8)) resources.PidsLimit = ReadPids(ref json);
            else if (name.Is("unified"u8)) resources.Unified = json.Map();
            else if (name.Is("blockIO"u8)) resources.BlockIO = ReadBlockIO(ref json);
            else if (name.Is("hugepageLimits"u8)) resources.HugepageLimits = ReadHugepageLimits(ref json);
            else if (name.Is("rdma"u8)) resources.Rdma = ReadRdma(ref json);
            else if (name.Is("network"u8)) resources.Network = ReadNetwork(ref json);
            else json.Skip();
        }

        return resources;
    }

    private static List<DeviceRule> ReadDeviceRules(ref JsonCursor json)
    {
        List<DeviceRule> rules = [];
        if (!json.Array()) return rules;
        while (json.Element())
        {
            DeviceRule rule = new();
            rules.Add(rule);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("allow"u8)) rule.Allow = json.Bool();
                else if (name.Is("type"u8)) rule.Type = json.String() is { Length: > 0 } type ? type : "a";
                else if (name.Is("major"u8)) rule.Major = json.Int64OrNull();
                else if (name.Is("minor"u8)) rule.Minor = json.Int64OrNull();
                else if (name.Is("access"u8)) rule.Access = json.String();
                else json.Skip();
            }
        }

        return rules;
    }

    private static MemoryLimits ReadMemory(ref JsonCursor json)
    {
        MemoryLimits memory = new();
        if (!json.Object()) return memory;
        while (json.Property(out var name))
        {
            if (name.Is("limit"u8)) memory.Limit = json.Int64OrNull(-1);
            else if (name.Is("reservation"u8)) memory.Reservation = json.Int64OrNull(-1);
            else if (name.Is("swap"u8)) memory.Swap = json.Int64OrNull(-1);
            else if (name.Is("kernel"u8)) memory.Kernel = json.Int64OrNull(-1);
            else if (name.Is("kernelTCP"u8)) memory.KernelTcp = json.Int64OrNull(-1);
            else if (name.Is("swappiness"u8)) memory.Swappiness = json.Int64OrNull(0, 100);
            else if (name.Is("disableOOMKiller"u8)) memory.DisableOomKiller = json.Bool();
            else if (name.Is("useHierarchy"u8)) memory.UseHierarchy = json.Bool();
            else if (name.Is("checkBeforeUpdate"u8)) memory.CheckBeforeUpdate = json.Bool();
            else json.Skip();
        }

        return memory;
    }

    private static CpuLimits ReadCpu(ref JsonCursor json)
    {
        CpuLimits cpu = new();
        if (!json.Object()) return cpu;
        while (json.Property(out var name))
        {
            if (name.Is("shares"u8)) cpu.Shares = json.UInt64OrNull();
            else if (name.Is("quota"u8)) cpu.Quota = json.Int64OrNull();
            else if (name.Is("period"u8)) cpu.Period = json.UInt64OrNull();
            else if (name.Is("burst"u8)) cpu.Burst = json.UInt64OrNull();
            else if (name.Is("idle"u8)) cpu.Idle = json.Int64OrNull(0, 1);
            else if (name.Is("cpus"u8)) cpu.Cpus = json.String();
            else if (name.Is("mems"u8)) cpu.Mems = json.String();
            else if (name.Is("realtimeRuntime"u8)) cpu.RealtimeRuntime = json.Int64OrNull();
            else if (name.Is("realtimePeriod"u8)) cpu.RealtimePeriod = json.UInt64OrNull();
            else json.Skip();
        }

        return cpu;
    }

    private static long? ReadPids(ref JsonCursor json)
    {
        long? limit = null;
        if (!json.Object()) return limit;
        while (json.Property(out var name))
        {
            if (name.Is("limit"u8)) limit = json.Int64OrNull();
            else json.Skip();
        }

        return limit;
    }

    private static BlockIOLimits? ReadBlockIO(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        BlockIOLimits block = new();
        while (json.Property(out var name))
        {
            if (name.Is("weight"u8)) block.Weight = ReadWeight(ref json);
            else if (name.Is("leafWeight"u8)) block.LeafWeight = ReadLeafWeight(ref json);
            else if (name.Is("weightDevice"u8)) block.WeightDevice = ReadDeviceWeights(ref json);
            else if (name.Is("throttleReadBpsDevice"u8)) block.ThrottleReadBpsDevice = ReadDeviceRates(ref json);
            else if (name.Is("throttleWriteBpsDevice"u8)) block.ThrottleWriteBpsDevice = ReadDeviceRates(ref json);
            else if (name.Is("throttleReadIOPSDevice"u8)) block.ThrottleReadIOPSDevice = ReadDeviceRates(ref json);
            else if (name.Is("throttleWriteIOPSDevice"u8)) block.ThrottleWriteIOPSDevice = ReadDeviceRates(ref json);
            else json.Skip();
        }

        return block;
    }

    /// <summary>v1's range, which the conversion to v2 starts from.</summary>
    private static long? ReadWeight(ref JsonCursor json) => json.Int64OrNull(0, 1000);

    private static long? ReadLeafWeight(ref JsonCursor json) => json.Int64OrNull(0, ushort.MaxValue);

    private static List<DeviceWeight> ReadDeviceWeights(ref JsonCursor json)
    {
        List<DeviceWeight> weights = [];
        if (!json.Array()) return weights;
        while (json.Element())
        {
            DeviceWeight weight = new();
            weights.Add(weight);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("weight"u8)) weight.Weight = ReadWeight(ref json);
                else if (name.Is("leafWeight"u8)) weight.LeafWeight = ReadLeafWeight(ref json);
                else ReadNumber(name, weight, ref json);
            }
        }

        return weights;
    }

    private static List<DeviceRate> ReadDeviceRates(ref JsonCursor json)
    {
        List<DeviceRate> rates = [];
        if (!json.Array()) return rates;
        while (json.Element())
        {
            DeviceRate rate = new();
            rates.Add(rate);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("rate"u8)) rate.Rate = json.UInt64OrNull();
                else ReadNumber(name, rate, ref json);
            }
        }

        return rates;
    }

    private static void ReadNumber(JsonCursor.PropertyName name, BlockDevice device, ref JsonCursor json)
    {
        if (name.Is("major"u8)) device.Major = json.Int64OrNull(0, 0xfff);
        else if (name.Is("minor"u8)) device.Minor = json.Int64OrNull(0, 0xfffff);
        else json.Skip();
    }

    private static List<HugepageLimit> ReadHugepageLimits(ref JsonCursor json)
    {
        List<HugepageLimit> limits = [];
        if (!json.Array()) return limits;
        while (json.Element())
        {
            HugepageLimit limit = new();
            limits.Add(limit);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("pageSize"u8)) limit.PageSize = json.String();
                else if (name.Is("limit"u8)) limit.Limit = json.UInt64OrNull();
                else json.Skip();
            }
        }

        return limits;
    }

    private static List<RdmaLimits> ReadRdma(ref JsonCursor json)
    {
        List<RdmaLimits> rdma = [];
        if (!json.Object()) return rdma;
        while (json.Property(out var device))
        {
            RdmaLimits limits = new() { Device = device.ToString() };
            rdma.Add(limits);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("hcaHandles"u8)) limits.HcaHandles = json.UInt32OrNull();
                else if (name.Is("hcaObjects"u8)) limits.HcaObjects = json.UInt32OrNull();
                else json.Skip();
            }
        }

        return rdma;
    }

    private static NetworkTags? ReadNetwork(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        NetworkTags network = new();
        while (json.Property(out var name))
        {
            if (name.Is("classID"u8)) network.ClassId = json.UInt32OrNull();
            else if (name.Is("priorities"u8)) network.Priorities = json.List(ReadPriority);
            else json.Skip();
        }

        return network;
    }

    private static InterfacePriority ReadPriority(ref JsonCursor json)
    {
        InterfacePriority priority = new();
        if (!json.Object()) return priority;
        while (json.Property(out var name))
        {
            if (name.Is("name"u8)) priority.Name = json.String();
            else if (name.Is("priority"u8)) priority.Priority = json.UInt32OrNull();
            else json.Skip();
        }

        return priority;
    }
}
