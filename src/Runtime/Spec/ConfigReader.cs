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
            else if (name.Is("process"u8)) config.Process = ProcessReader.Read(ref json);
            else if (name.Is("hostname"u8)) config.Hostname = json.String();
            else if (name.Is("domainname"u8)) config.Domainname = json.String();
            else if (name.Is("mounts"u8)) config.Mounts = json.List(ReadMount);
            else if (name.Is("annotations"u8)) config.Annotations = json.Map();
            else if (name.Is("linux"u8)) config.Linux = LinuxReader.Read(ref json, document);
            else if (name.Is("hooks"u8)) config.Hooks = HooksReader.Read(ref json);
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

    private static Mount ReadMount(ref JsonCursor json)
    {
        Mount mount = new();
        if (!json.Object()) return mount;
        while (json.Property(out var name))
        {
            if (name.Is("destination"u8)) mount.Destination = json.String();
            else if (name.Is("type"u8)) mount.Type = json.String();
            else if (name.Is("source"u8)) mount.Source = json.String();
            else if (name.Is("options"u8)) mount.Options = json.Strings();
            else if (name.Is("uidMappings"u8)) mount.UidMappings = json.List(LinuxReader.ReadMapping);
            else if (name.Is("gidMappings"u8)) mount.GidMappings = json.List(LinuxReader.ReadMapping);
            else json.Skip();
        }

        return mount;
    }
}
