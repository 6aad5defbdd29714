namespace Rt.Spec;

/// <summary>Reads linux (config-linux.md).</summary>
internal static class LinuxReader
{
    public static Linux Read(ref JsonCursor json, ReadOnlyMemory<byte> document)
    {
        Linux linux = new();
        if (!json.Object()) return linux;
        while (json.Property(out var name))
        {
            if (name.Is("namespaces"u8)) linux.Namespaces = json.List(ReadNamespace);
            else if (name.Is("uidMappings"u8)) linux.UidMappings = json.List(ReadMapping);
            else if (name.Is("gidMappings"u8)) linux.GidMappings = json.List(ReadMapping);
            else if (name.Is("timeOffsets"u8)) linux.TimeOffsets = json.Map(ReadTimeOffset);
            else if (name.Is("devices"u8)) linux.Devices = json.List(ReadDevice);
            else if (name.Is("netDevices"u8)) linux.NetDevices = json.Map(ReadNetDevice);
            else if (name.Is("cgroupsPath"u8)) linux.CgroupsPath = json.String();
            else if (name.Is("resources"u8)) linux.Resources = ResourcesReader.Read(ref json);
            else if (name.Is("rootfsPropagation"u8)) linux.RootfsPropagation = json.String();
            else if (name.Is("seccomp"u8))
                linux.Seccomp = json.Raw() is var (bytes, start) ? new SeccompSection(bytes, document, start) : null;
            else if (name.Is("sysctl"u8)) linux.Sysctl = json.Map();
            else if (name.Is("maskedPaths"u8)) linux.MaskedPaths = json.Strings();
            else if (name.Is("readonlyPaths"u8)) linux.ReadonlyPaths = json.Strings();
            else if (name.Is("mountLabel"u8)) linux.MountLabel = json.String();
            else if (name.Is("personality"u8)) linux.Personality = ReadPersonality(ref json);
            else if (name.Is("intelRdt"u8)) linux.IntelRdt = ReadIntelRdt(ref json);
            else if (name.Is("memoryPolicy"u8)) linux.MemoryPolicy = ReadMemoryPolicy(ref json);
            else json.Skip();
        }

        return linux;
    }

    public static IdMapping ReadMapping(ref JsonCursor json)
    {
        uint? container = null, host = null, size = null;
        if (!json.Object()) return new IdMapping();
        while (json.Property(out var name))
        {
            if (name.Is("containerID"u8)) container = json.UInt32OrNull();
            else if (name.Is("hostID"u8)) host = json.UInt32OrNull();
            else if (name.Is("size"u8)) size = json.UInt32OrNull();
            else json.Skip();
        }

        return new IdMapping
        {
            ContainerId = container ?? 0,
            HostId = host ?? 0,
            Size = size ?? 0,
            Missing = container == null ? "containerID" : host == null ? "hostID" : size == null ? "size" : "",
        };
    }

    private static Namespace ReadNamespace(ref JsonCursor json)
    {
        Namespace one = new();
        if (!json.Object()) return one;
        while (json.Property(out var name))
        {
            if (name.Is("type"u8)) one.Type = json.String();
            else if (name.Is("path"u8)) one.Path = json.String();
            else json.Skip();
        }

        return one;
    }

    private static TimeOffset ReadTimeOffset(ref JsonCursor json)
    {
        long seconds = 0;
        uint nanoseconds = 0;
        if (!json.Object()) return default;
        while (json.Property(out var name))
        {
            if (name.Is("secs"u8)) seconds = json.Int64();
            else if (name.Is("nanosecs"u8)) nanoseconds = json.UInt32();
            else json.Skip();
        }

        return new TimeOffset(seconds, nanoseconds);
    }

    private static Device ReadDevice(ref JsonCursor json)
    {
        Device device = new();
        if (!json.Object()) return device;
        while (json.Property(out var name))
        {
            if (name.Is("type"u8)) device.Type = json.String();
            else if (name.Is("path"u8)) device.Path = json.String();
            else if (name.Is("major"u8)) device.Major = json.Int64();
            else if (name.Is("minor"u8)) device.Minor = json.Int64();
            else if (name.Is("fileMode"u8)) device.FileMode = json.UInt32OrNull();
            else if (name.Is("uid"u8)) device.Uid = json.UInt32OrNull();
            else if (name.Is("gid"u8)) device.Gid = json.UInt32OrNull();
            else json.Skip();
        }

        return device;
    }

    private static string ReadNetDevice(ref JsonCursor json)
    {
        string inside = "";
        if (!json.Object()) return inside;
        while (json.Property(out var name))
        {
            if (name.Is("name"u8)) inside = json.String();
            else json.Skip();
        }

        return inside;
    }

    private static Personality? ReadPersonality(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        Personality personality = new();
        while (json.Property(out var name))
        {
            if (name.Is("domain"u8)) personality.Domain = json.String();
            else if (name.Is("flags"u8)) personality.Flags = json.Strings();
            else json.Skip();
        }

        return personality;
    }

    private static IntelRdt? ReadIntelRdt(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        IntelRdt rdt = new();
        while (json.Property(out var name))
        {
            if (name.Is("closID"u8)) rdt.ClosId = json.String();
            else if (name.Is("schemata"u8)) rdt.Schemata = json.Strings();
            else if (name.Is("l3CacheSchema"u8)) rdt.L3CacheSchema = json.String();
            else if (name.Is("memBwSchema"u8)) rdt.MemBwSchema = json.String();
            else if (name.Is("enableMonitoring"u8)) rdt.EnableMonitoring = json.Bool();
            else json.Skip();
        }

        return rdt;
    }

    private static MemoryPolicy? ReadMemoryPolicy(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        MemoryPolicy policy = new();
        while (json.Property(out var name))
        {
            if (name.Is("mode"u8)) policy.Mode = json.String();
            else if (name.Is("nodes"u8)) policy.Nodes = json.String();
            else if (name.Is("flags"u8)) policy.Flags = json.Strings();
            else json.Skip();
        }

        return policy;
    }
}
