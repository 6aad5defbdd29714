namespace Rt.Spec;

/// <summary>Checks a configuration as a whole before anything is touched. Each error names the property's JSON path.</summary>
internal static class Validation
{
    /// <exception cref="SpecException">The first thing that is wrong.</exception>
    public static void Check(Config config)
    {
        Version(config.OciVersion);
        Require(config.Root != null, "root", "is required");
        Require(config.Root!.Path.Length > 0, "root.path", "is required");
        Require(config.Process != null, "process", "is required");
        ProcessValidation.Check(config.Process!);
        NamespaceValidation.Check(config);
        for (int i = 0; i < config.Mounts.Count; i++) Mount(config, config.Mounts[i], $"mounts[{i}]");
        HooksValidation.Check(config.Hooks);
        LinuxValidation.Check(config);
        Require(!config.Annotations.ContainsKey(""), "annotations", "a key must not be empty");
    }

    public static void Require(bool holds, string path, string problem)
    {
        if (!holds) throw new SpecException(path, problem);
    }

    /// <summary>The system calls take 2^32-1 for "leave it as it is": a process that asked for it would stay root.</summary>
    public static void Id(uint? id, string path) => Require(id != uint.MaxValue, path, $"{id} is no id: it stands for none");

    private static void Version(string version)
    {
        Require(version.Length > 0, "ociVersion", "is required");
        Require(SemanticVersion.IsValid(version), "ociVersion", $"\"{version}\" is no version (SemVer 2.0.0)");
        Require(version.StartsWith("1.", StringComparison.Ordinal), "ociVersion",
            $"{version} is not supported: rt implements runtime-spec 1.x up to {BuildInfo.SpecVersion}");
    }

    private static void Mount(Config config, Mount mount, string path)
    {
        Require(mount.Destination.Length > 0, $"{path}.destination", "is required");
        if (mount.UidMappings.Count == 0 && mount.GidMappings.Count == 0) return;
        NamespaceValidation.Mappings(mount.UidMappings, $"{path}.uidMappings");
        NamespaceValidation.Mappings(mount.GidMappings, $"{path}.gidMappings");
        Require(mount.UidMappings.Count > 0, $"{path}.gidMappings", "needs uidMappings beside it");
        Require(mount.GidMappings.Count > 0, $"{path}.uidMappings", "needs gidMappings beside it");
    }
}
