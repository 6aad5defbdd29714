using static Rt.Spec.Validation;

namespace Rt.Spec;

/// <summary>Checks what is left of linux: devices, paths, sysctls and the smaller parts.</summary>
internal static class LinuxValidation
{
    private static readonly HashSet<string> Propagations = new(StringComparer.Ordinal)
        { "", "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable" };

    public static void Check(Config config)
    {
        Linux linux = config.Linux;
        for (int i = 0; i < linux.Devices.Count; i++) Device(linux.Devices[i], $"linux.devices[{i}]");
        ResourcesValidation.Check(linux.Resources);
        Absolute(linux.MaskedPaths, "linux.maskedPaths");
        Absolute(linux.ReadonlyPaths, "linux.readonlyPaths");
        Require(Propagations.Contains(linux.RootfsPropagation), "linux.rootfsPropagation",
            $"\"{linux.RootfsPropagation}\" is no propagation");
        foreach (string key in linux.Sysctl.Keys)
            if (Sysctl.Problem(key, linux.HasNamespace) is { } problem)
                throw new SpecException($"linux.sysctl.{key}", problem);
        NetDevices(linux);
        if (linux.Personality is { } personality) Personality(personality);
        if (linux.IntelRdt is { } rdt) IntelRdt(rdt);
        if (linux.MemoryPolicy is { } policy) MemoryPolicy(policy);
    }

    private static void Device(Device device, string path)
    {
        Require(device.Path.StartsWith('/') && !device.Path.EndsWith('/') && Path.GetFileName(device.Path) is not ("." or ".."),
            path + ".path", $"\"{device.Path}\" must be an absolute path of a file");
        Require(device.Type is "c" or "u" or "b" or "p", path + ".type", $"\"{device.Type}\" is no type of device (c, u, b or p)");
        Id(device.Uid, path + ".uid");
        Id(device.Gid, path + ".gid");
        if (device.Type == "p") return;
        Require(device.Major is >= 0 and <= 0xfff, path + ".major", $"{device.Major} is not between 0 and 4095");
        Require(device.Minor is >= 0 and <= 0xfffff, path + ".minor", $"{device.Minor} is not between 0 and 1048575");
    }

    private static void Absolute(List<string> paths, string path)
    {
        for (int i = 0; i < paths.Count; i++) Require(paths[i].StartsWith('/'), $"{path}[{i}]", $"\"{paths[i]}\" must be an absolute path");
    }

    private static void NetDevices(Linux linux)
    {
        if (linux.NetDevices.Count == 0) return;
        Require(linux.HasNamespace("network"), "linux.netDevices", "needs a network namespace of the container's own");
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach ((string outside, string inside) in linux.NetDevices)
        {
            string path = $"linux.netDevices.{outside}";
            Require(IsDeviceName(outside), path, $"\"{outside}\" is no name of a network device");
            if (inside.Length == 0)
            {
                Require(seen.Add(outside), path, $"another device is to be {outside} inside already");
                continue;
            }

            Require(IsDeviceName(inside) || IsTemplate(inside), $"{path}.name", $"\"{inside}\" is no name of a network device");
            Require(seen.Add(inside) || IsTemplate(inside), $"{path}.name", $"another device is to be {inside} inside already");
        }
    }

    /// <summary>As the kernel judges names (dev_valid_name): 1 to 15 bytes without slash, colon or white space.</summary>
    private static bool IsDeviceName(string name) =>
        name.Length > 0 && System.Text.Encoding.UTF8.GetByteCount(name) < 16 && name is not ("." or "..")
        && !name.Contains('%') && !name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c));

    /// <summary>One %d, for the kernel to put a number in (dev_alloc_name). The template must be no longer than a name either.</summary>
    private static bool IsTemplate(string name) =>
        name.IndexOf("%d", StringComparison.Ordinal) is var at and >= 0 && IsDeviceName(name.Remove(at, 2).Insert(at, "00"));

    private static void Personality(Personality personality)
    {
        Require(PersonalityWords.Domains.ContainsKey(personality.Domain), "linux.personality.domain",
            $"\"{personality.Domain}\" is no domain ({string.Join(", ", PersonalityWords.Domains.Keys)})");
        Require(personality.Flags.Count == 0, "linux.personality.flags", "there are no flags yet");
    }

    public static void IntelRdt(IntelRdt rdt)
    {
        const string Path = "linux.intelRdt";
        bool plain = !rdt.ClosId.Contains('/') && !rdt.ClosId.Contains('\n')
            && rdt.ClosId is not ("." or ".." or "mon_groups" or "mon_data" or "info");
        Require(rdt.ClosId == "/" || plain, $"{Path}.closID", $"\"{rdt.ClosId}\" is no name of a group");
        Require(rdt.L3CacheSchema.Length == 0 || rdt.L3CacheSchema.Split(':') is ["L3" or "L3CODE" or "L3DATA", _, ..],
            $"{Path}.l3CacheSchema", $"\"{rdt.L3CacheSchema}\" does not begin with L3:");
        Require(!rdt.L3CacheSchema.Contains('\n'), $"{Path}.l3CacheSchema", "must be one line");
        Require(rdt.MemBwSchema.Length == 0 || rdt.MemBwSchema.StartsWith("MB:", StringComparison.Ordinal), $"{Path}.memBwSchema",
            $"\"{rdt.MemBwSchema}\" does not begin with MB:");
        Require(!rdt.MemBwSchema.Contains('\n'), $"{Path}.memBwSchema", "must be one line");
        for (int i = 0; i < rdt.Schemata.Count; i++)
            Require(!rdt.Schemata[i].Contains('\n'), $"{Path}.schemata[{i}]", "must be one line");
    }

    private static void MemoryPolicy(MemoryPolicy policy)
    {
        const string Path = "linux.memoryPolicy";
        Require(MemoryPolicyWords.Modes.ContainsKey(policy.Mode), $"{Path}.mode", $"\"{policy.Mode}\" is no memory policy");
        for (int i = 0; i < policy.Flags.Count; i++)
            Require(MemoryPolicyWords.Flags.ContainsKey(policy.Flags[i]), $"{Path}.flags[{i}]",
                $"\"{policy.Flags[i]}\" is no flag of a memory policy");
        Require(policy.Nodes.Length == 0 || NumberList.Parse(policy.Nodes) != null, $"{Path}.nodes",
            $"\"{policy.Nodes}\" is no list of nodes such as 0-3,7");
        bool without = policy.Mode is "MPOL_DEFAULT" or "MPOL_LOCAL";
        Require(!without || policy.Nodes.Length == 0, $"{Path}.nodes", $"must be empty with {policy.Mode}");
        Require(without || policy.Mode == "MPOL_PREFERRED" || policy.Nodes.Length > 0, $"{Path}.nodes", $"is required with {policy.Mode}");
    }
}
