using System.Text;

namespace Rt.Spec;

/// <summary>Checks a configuration as a whole before anything is touched. Each error names the property's JSON path.</summary>
internal static class Validation
{
    private static readonly HashSet<string> NamespaceNames = new(StringComparer.Ordinal)
        { "pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time" };

    /// <summary>Those that a container of rt can have so far.</summary>
    public static readonly IReadOnlySet<string> SupportedNamespaces =
        NamespaceNames.Except(["user", "time"]).ToHashSet(StringComparer.Ordinal);

    private static readonly HashSet<string> Propagations = new(StringComparer.Ordinal)
        { "", "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable" };

    /// <exception cref="SpecException">The first thing that is wrong.</exception>
    public static void Check(Config config)
    {
        Version(config.OciVersion);
        Require(config.Root != null, "root", "is required");
        Require(config.Root!.Path.Length > 0, "root.path", "is required");
        Require(config.Process != null, "process", "is required");
        Process(config.Process!);
        Namespaces(config);
        for (int i = 0; i < config.Mounts.Count; i++)
            Require(config.Mounts[i].Destination.Length > 0, $"mounts[{i}].destination", "is required");
        for (int i = 0; i < config.Linux.Devices.Count; i++) Device(config.Linux.Devices[i], $"linux.devices[{i}]");
        for (int i = 0; i < config.Linux.Resources.Devices.Count; i++)
            Rule(config.Linux.Resources.Devices[i], $"linux.resources.devices[{i}]");
        Absolute(config.Linux.MaskedPaths, "linux.maskedPaths");
        Absolute(config.Linux.ReadonlyPaths, "linux.readonlyPaths");
        Require(Propagations.Contains(config.Linux.RootfsPropagation), "linux.rootfsPropagation",
            $"\"{config.Linux.RootfsPropagation}\" is no propagation");
        foreach (string key in config.Linux.Sysctl.Keys)
            if (Sysctl.Problem(key, type => Has(config, type)) is { } problem) throw new SpecException($"linux.sysctl.{key}", problem);
    }

    private static void Version(string version)
    {
        Require(version.Length > 0, "ociVersion", "is required");
        string[] parts = version.Split('-', '+')[0].Split('.');
        Require(parts.Length == 3 && parts.All(part => part.Length > 0 && part.All(char.IsAsciiDigit)), "ociVersion",
            $"\"{version}\" is no version (SemVer 2.0.0)");
        Require(parts[0] == "1", "ociVersion", $"{version} is not supported: rt implements runtime-spec 1.x up to {BuildInfo.SpecVersion}");
    }

    private static void Process(ContainerProcess process)
    {
        Require(!process.Terminal, "process.terminal", "is not supported yet");
        Require(process.Args.Count > 0, "process.args", "args must not be empty");
        Require(process.Args[0].Length > 0, "process.args[0]", "the program's name must not be empty");
        Require(process.Cwd.Length > 0, "process.cwd", "is required");
        Require(process.Cwd[0] == '/', "process.cwd", $"\"{process.Cwd}\" must be an absolute path");
        for (int i = 0; i < process.Env.Count; i++)
            Require(process.Env[i].IndexOf('=') > 0, $"process.env[{i}]", $"\"{process.Env[i]}\" is not of the form NAME=value");
        Require(process.OomScoreAdj is null or (>= -1000 and <= 1000), "process.oomScoreAdj",
            $"{process.OomScoreAdj} is not between -1000 and 1000");
        Require((process.User.Umask ?? 0) <= 0x1ff, "process.user.umask", $"{process.User.Umask} is not between 0 and 511 (0777)");

        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < process.Rlimits.Count; i++)
        {
            Rlimit limit = process.Rlimits[i];
            string path = $"process.rlimits[{i}]";
            Require(Rlimits.Number(limit.Type) >= 0, path + ".type", $"\"{limit.Type}\" is no resource limit");
            Require(seen.Add(limit.Type), path + ".type", $"{limit.Type} is there twice");
            Require(limit.Soft <= limit.Hard, path + ".soft", $"{limit.Soft} is more than the hard limit {limit.Hard}");
        }
    }

    private static void Namespaces(Config config)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < config.Linux.Namespaces.Count; i++)
        {
            Namespace one = config.Linux.Namespaces[i];
            string path = $"linux.namespaces[{i}]";
            Require(NamespaceNames.Contains(one.Type), path + ".type", $"\"{one.Type}\" is no namespace");
            Require(seen.Add(one.Type), path + ".type", $"the {one.Type} namespace is there twice");
            Require(SupportedNamespaces.Contains(one.Type), path + ".type", $"the {one.Type} namespace is not supported yet");
            Require(one.Path.Length == 0 || one.Path[0] == '/', path + ".path", $"\"{one.Path}\" must be an absolute path");
            Require(one.Type != "mount" || one.Path.Length == 0, path + ".path", "joining a mount namespace is not supported yet");
        }

        Require(Has(config, "mount"), "linux.namespaces",
            "a mount namespace is required: without one, the container's mounts would be the host's");
        Require(config.Hostname.Length == 0 || Has(config, "uts"), "hostname", "unable to set hostname without a private UTS namespace");
        Require(config.Domainname.Length == 0 || Has(config, "uts"), "domainname",
            "unable to set domainname without a private UTS namespace");
        Require(Encoding.UTF8.GetByteCount(config.Hostname) <= 64, "hostname", "is longer than 64 bytes");
        Require(Encoding.UTF8.GetByteCount(config.Domainname) <= 64, "domainname", "is longer than 64 bytes");
    }

    private static void Device(Device device, string path)
    {
        Require(device.Path.StartsWith('/') && !device.Path.EndsWith('/') && Path.GetFileName(device.Path) is not ("." or ".."),
            path + ".path", $"\"{device.Path}\" must be an absolute path of a file");
        Require(device.Type is "c" or "u" or "b" or "p", path + ".type", $"\"{device.Type}\" is no type of device (c, u, b or p)");
        if (device.Type == "p") return;
        Require(device.Major is >= 0 and <= 0xfff, path + ".major", $"{device.Major} is not between 0 and 4095");
        Require(device.Minor is >= 0 and <= 0xfffff, path + ".minor", $"{device.Minor} is not between 0 and 1048575");
    }

    private static void Rule(DeviceRule rule, string path)
    {
        Require(rule.Type is "a" or "c" or "b" or "u", path + ".type", $"\"{rule.Type}\" is no type of device (a, c or b)");
        Require(rule.Access.All(c => c is 'r' or 'w' or 'm'), path + ".access", $"\"{rule.Access}\" has other letters than r, w and m");
        Require((rule.Major ?? 0) <= uint.MaxValue, path + ".major", $"{rule.Major} does not fit into 32 bits");
        Require((rule.Minor ?? 0) <= uint.MaxValue, path + ".minor", $"{rule.Minor} does not fit into 32 bits");
    }

    private static void Absolute(List<string> paths, string path)
    {
        for (int i = 0; i < paths.Count; i++) Require(paths[i].StartsWith('/'), $"{path}[{i}]", $"\"{paths[i]}\" must be an absolute path");
    }

    private static bool Has(Config config, string type) => config.Linux.Namespaces.Exists(one => one.Type == type);

    private static void Require(bool holds, string path, string problem)
    {
        if (!holds) throw new SpecException(path, problem);
    }
}
