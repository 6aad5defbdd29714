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
            else if (name.Is("blockIO"u8)) ReadBlockIO(ref json);
            else if (name.Is("hugepageLimits"u8) || name.Is("network"u8) || name.Is("rdma"u8)) json.NotSupported();
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
            if (name.Is("limit"u8)) memory.Limit = json.Int64OrNull();
            else if (name.Is("reservation"u8)) memory.Reservation = json.Int64OrNull();
            else if (name.Is("swap"u8)) memory.Swap = json.Int64OrNull();
            else if (name.Is("kernel"u8) || name.Is("kernelTCP"u8) || name.Is("swappiness"u8))
                json.Int64OrNull(); // v1 only: no such knob in v2
            else if (name.Is("disableOOMKiller"u8) || name.Is("checkBeforeUpdate"u8)) json.NotSupported();
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
            else if (name.Is("idle"u8)) cpu.Idle = json.Int64OrNull();
            else if (name.Is("cpus"u8)) cpu.Cpus = json.String();
            else if (name.Is("mems"u8)) cpu.Mems = json.String();
            else if (name.Is("realtimeRuntime"u8) || name.Is("realtimePeriod"u8)) json.NotSupported();
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

    /// <summary>Docker sends the section with all its members empty, which asks for nothing.</summary>
    private static void ReadBlockIO(ref JsonCursor json)
    {
        if (!json.Object()) return;
        while (json.Property(out var name))
        {
            if (name.Is("weight"u8) || name.Is("leafWeight"u8) || name.Is("weightDevice"u8)
                || name.Is("throttleReadBpsDevice"u8) || name.Is("throttleWriteBpsDevice"u8)
                || name.Is("throttleReadIOPSDevice"u8) || name.Is("throttleWriteIOPSDevice"u8)) json.NotSupported();
            else json.Skip();
        }
    }
}
