namespace Rt.Doctor.Engines;

/// <summary>
/// The part of containerd's config.toml that makes rt a runtime of its CRI plugin, for Kubernetes. Version 2 of the file is
/// containerd 1.x's, version 3 and later containerd 2.x's, which takes version 2 as well. A file that states none is of version 1.
/// </summary>
internal static class ContainerdConfiguration
{
    public const string Path = "/etc/containerd/config.toml";

    public static string Text(EngineHost host)
    {
        string there = host.Read(Path) ?? "";
        (int version, string reason) = FileVersion(there, host.ContainerdVersion);
        string plugin = version == 2 ? "io.containerd.grpc.v1.cri" : "io.containerd.cri.v1.runtime";
        string disabled = DisablesCri(there) ? "# The CRI plugin is disabled there: take it out of disabled_plugins.\n" : "";
        string systemd = host.SystemdCgroup ? "true" : "false", kubelet = host.SystemdCgroup ? "systemd" : "cgroupfs";
        return disabled + $"""
            # For {Path}: version {version} of the file, {reason}.
            # To make it take effect: systemctl restart containerd
            # To check: containerd config dump | grep -A 9 'runtimes.{EngineHost.Runtime}'
            # SystemdCgroup has to agree with the kubelet's cgroupDriver: {kubelet}.
            version = {version}

            [plugins."{plugin}".containerd.runtimes.{EngineHost.Runtime}]
              runtime_type = "io.containerd.runc.v2"

              [plugins."{plugin}".containerd.runtimes.{EngineHost.Runtime}.options]
                BinaryName = {Toml.Quote(host.Binary)}
                SystemdCgroup = {systemd}
            {Runc(there, plugin, systemd)}
            # All pods get rt with: default_runtime_name = "{EngineHost.Runtime}" under [plugins."{plugin}".containerd].
            # Single pods get it with spec.runtimeClassName: {EngineHost.Runtime}, and this in the cluster:
            #   apiVersion: node.k8s.io/v1
            #   kind: RuntimeClass
            #   metadata:
            #     name: {EngineHost.Runtime}
            #   handler: {EngineHost.Runtime}

            """;
    }

    /// <summary>Those without comments and what surrounds them.</summary>
    private static IEnumerable<string> Lines(string toml) => toml.Split('\n').Select(line => line.Split('#')[0].Trim());

    /// <summary>"disabled_plugins = ["cri"]", over several lines too.</summary>
    private static bool DisablesCri(string toml) => string.Concat(
        Lines(toml).SkipWhile(line => !line.StartsWith("disabled_plugins", StringComparison.Ordinal))).Split(']')[0].Contains("cri");

    /// <summary>
    /// Containerd's default runtime, which is there by itself only in a file that names none: without it the CRI plugin does not load.
    /// </summary>
    private static string Runc(string there, string plugin, string systemd)
    {
        if (Lines(there).Any(line => line.StartsWith('[') && line.EndsWith(".containerd.runtimes.runc]"))) return "";
        return $"""

            # What default_runtime_name stands for where it is not set has to be named as well.
            [plugins."{plugin}".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"

              [plugins."{plugin}".containerd.runtimes.runc.options]
                SystemdCgroup = {systemd}

            """;
    }

    /// <summary>The version that the file has, else the one that this containerd writes.</summary>
    /// <param name="there">The file; empty: there is none.</param>
    /// <param name="containerd">What it says of its version; null: it isn't there.</param>
    internal static (int Version, string Reason) FileVersion(string there, string? containerd)
    {
        if (Lines(there).Any(line => line.Length > 0))
        {
            int stated = Stated(there) ?? 1;
            return stated >= 2 ? (stated, "as the one that is there")
                : throw new RtException($"{Path}: version 1 of the file has no such runtimes: see containerd config migrate, or begin anew "
                    + "with that of containerd config default");
        }

        return MajorOf(containerd) switch
        {
            null => (2, "which containerd 1.x and 2.x take (there is no containerd here to ask)"),
            >= 2 and var major => (3, $"which containerd {major}.x writes"),
            var major => (2, $"which containerd {major}.x takes"),
        };
    }

    /// <summary>"version = 2" among the lines before the first table.</summary>
    private static int? Stated(string toml)
    {
        foreach (string line in Lines(toml))
        {
            string[] sides = line.Split('=', StringSplitOptions.TrimEntries);
            if (sides is ["version", var number] && int.TryParse(number, out int version)) return version;
            if (line.StartsWith('[')) return null;
        }

        return null;
    }

    /// <summary>1 of "containerd containerd.io 1.7.24 88bf19b", 2 of "containerd github.com/containerd/containerd/v2 v2.1.9 ...".</summary>
    private static int? MajorOf(string? said)
    {
        string? number = said?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(2);
        return int.TryParse(number?.TrimStart('v').Split('.')[0], out int major) ? major : null;
    }
}
