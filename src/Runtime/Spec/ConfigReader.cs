namespace Rt.Spec;

/// <summary>Reads config.json. Property by property as runtime-spec lists them; what it does not list is passed over.</summary>
internal static class ConfigReader
{
    /// <summary>A larger file is refused: real ones are some ten kilobytes.</summary>
    public const int MaxSize = 8 << 20;

    public static Config Read(ReadOnlyMemory<byte> document)
    {
        JsonCursor json = new(document);
        Config config = new();
        if (!json.Object()) throw new SpecException("", "the configuration is null");
        while (json.Property(out var name))
        {
            if (name.Is("ociVersion"u8)) config.OciVersion = json.String();
            else if (name.Is("root"u8)) config.Root = ReadRoot(ref json);
            else if (name.Is("process"u8)) config.Process = ReadProcess(ref json);
            else if (name.Is("hostname"u8)) config.Hostname = json.String();
            else if (name.Is("domainname"u8)) config.Domainname = json.String();
            else if (name.Is("mounts"u8)) config.Mounts = ReadMounts(ref json);
            else if (name.Is("annotations"u8)) config.Annotations = json.Map();
            else if (name.Is("linux"u8)) config.Linux = ReadLinux(ref json, document);
            else if (name.Is("hooks"u8)) ReadHooks(ref json);
            else json.Skip();
        }

        json.End();
        return config;
    }

    private static Root? ReadRoot(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        Root root = new();
        while (json.Property(out var name))
        {
            if (name.Is("path"u8)) root.Path = json.String();
            else if (name.Is("readonly"u8)) root.Readonly = json.Bool();
            else json.Skip();
        }

        return root;
    }

    private static ContainerProcess? ReadProcess(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        ContainerProcess process = new();
        while (json.Property(out var name))
        {
            if (name.Is("terminal"u8)) process.Terminal = json.Bool();
            else if (name.Is("user"u8)) process.User = ReadUser(ref json);
            else if (name.Is("args"u8)) process.Args = json.Strings();
            else if (name.Is("env"u8)) process.Env = json.Strings();
            else if (name.Is("cwd"u8)) process.Cwd = json.String();
            else if (name.Is("capabilities"u8)) process.Capabilities = ReadCapabilities(ref json);
            else if (name.Is("rlimits"u8)) process.Rlimits = ReadRlimits(ref json);
            else if (name.Is("noNewPrivileges"u8)) process.NoNewPrivileges = json.Bool();
            else if (name.Is("oomScoreAdj"u8)) process.OomScoreAdj = json.Int32OrNull();
            else if (name.Is("apparmorProfile"u8) || name.Is("selinuxLabel"u8) || name.Is("scheduler"u8)
                || name.Is("ioPriority"u8) || name.Is("execCPUAffinity"u8)) json.NotSupported();
            else json.Skip(); // consoleSize speaks of a terminal, which Validation refuses
        }

        return process;
    }

    private static User ReadUser(ref JsonCursor json)
    {
        User user = new();
        if (!json.Object()) return user;
        while (json.Property(out var name))
        {
            if (name.Is("uid"u8)) user.Uid = json.UInt32();
            else if (name.Is("gid"u8)) user.Gid = json.UInt32();
            else if (name.Is("umask"u8)) user.Umask = json.UInt32OrNull();
            else if (name.Is("additionalGids"u8)) user.AdditionalGids = json.UInt32s();
            else json.Skip();
        }

        return user;
    }

    private static Capabilities? ReadCapabilities(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        Capabilities capabilities = new();
        while (json.Property(out var name))
        {
            if (name.Is("bounding"u8)) capabilities.Bounding = json.Strings();
            else if (name.Is("effective"u8)) capabilities.Effective = json.Strings();
            else if (name.Is("inheritable"u8)) capabilities.Inheritable = json.Strings();
            else if (name.Is("permitted"u8)) capabilities.Permitted = json.Strings();
            else if (name.Is("ambient"u8)) capabilities.Ambient = json.Strings();
            else json.Skip();
        }

        return capabilities;
    }

    private static List<Rlimit> ReadRlimits(ref JsonCursor json)
    {
        List<Rlimit> limits = [];
        if (!json.Array()) return limits;
        while (json.Element())
        {
            Rlimit limit = new();
            limits.Add(limit);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("type"u8)) limit.Type = json.String();
                else if (name.Is("soft"u8)) limit.Soft = json.UInt64();
                else if (name.Is("hard"u8)) limit.Hard = json.UInt64();
                else json.Skip();
            }
        }

        return limits;
    }

    private static List<Mount> ReadMounts(ref JsonCursor json)
    {
        List<Mount> mounts = [];
        if (!json.Array()) return mounts;
        while (json.Element())
        {
            Mount mount = new();
            mounts.Add(mount);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("destination"u8)) mount.Destination = json.String();
                else if (name.Is("type"u8)) mount.Type = json.String();
                else if (name.Is("source"u8)) mount.Source = json.String();
                else if (name.Is("options"u8)) mount.Options = json.Strings();
                else if (name.Is("uidMappings"u8) || name.Is("gidMappings"u8)) json.NotSupported();
                else json.Skip();
            }
        }

        return mounts;
    }

    private static void ReadHooks(ref JsonCursor json)
    {
        if (!json.Object()) return;
        while (json.Property(out var name))
        {
            if (name.Is("prestart"u8) || name.Is("createRuntime"u8) || name.Is("createContainer"u8)
                || name.Is("startContainer"u8) || name.Is("poststart"u8) || name.Is("poststop"u8)) json.NotSupported();
            else json.Skip();
        }
    }

    private static Linux ReadLinux(ref JsonCursor json, ReadOnlyMemory<byte> document)
    {
        Linux linux = new();
        if (!json.Object()) return linux;
        while (json.Property(out var name))
        {
            if (name.Is("namespaces"u8)) linux.Namespaces = ReadNamespaces(ref json);
            else if (name.Is("devices"u8)) linux.Devices = ReadDevices(ref json);
            else if (name.Is("cgroupsPath"u8)) linux.CgroupsPath = json.String();
            else if (name.Is("resources"u8)) linux.Resources = ResourcesReader.Read(ref json);
            else if (name.Is("rootfsPropagation"u8)) linux.RootfsPropagation = json.String();
            else if (name.Is("seccomp"u8))
                linux.Seccomp = json.Raw() is var (bytes, start) ? new SeccompSection(bytes, document, start) : null;
            else if (name.Is("sysctl"u8)) linux.Sysctl = json.Map();
            else if (name.Is("maskedPaths"u8)) linux.MaskedPaths = json.Strings();
            else if (name.Is("readonlyPaths"u8)) linux.ReadonlyPaths = json.Strings();
            else if (name.Is("uidMappings"u8) || name.Is("gidMappings"u8) || name.Is("timeOffsets"u8) || name.Is("netDevices"u8)
                || name.Is("mountLabel"u8) || name.Is("personality"u8) || name.Is("intelRdt"u8)
                || name.Is("memoryPolicy"u8)) json.NotSupported();
            else json.Skip();
        }

        return linux;
    }

    private static List<Namespace> ReadNamespaces(ref JsonCursor json)
    {
        List<Namespace> namespaces = [];
        if (!json.Array()) return namespaces;
        while (json.Element())
        {
            Namespace one = new();
            namespaces.Add(one);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("type"u8)) one.Type = json.String();
                else if (name.Is("path"u8)) one.Path = json.String();
                else json.Skip();
            }
        }

        return namespaces;
    }

    private static List<Device> ReadDevices(ref JsonCursor json)
    {
        List<Device> devices = [];
        if (!json.Array()) return devices;
        while (json.Element())
        {
            Device device = new();
            devices.Add(device);
            if (!json.Object()) continue;
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
        }

        return devices;
    }
}
