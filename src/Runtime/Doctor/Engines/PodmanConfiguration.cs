namespace Rt.Doctor.Engines;

/// <summary>
/// Podman's and Buildah's containers.conf(5): a file of its own in containers.conf.d, which is read after the main one. (The manual
/// has runtime_supports_nocgroups, what is read is runtime_supports_nocgroup.)
/// </summary>
internal static class PodmanConfiguration
{
    public static string Text(EngineHost host)
    {
        string directory = (host.IsOrdinaryUser ? host.ConfigurationHome : "/etc") + "/containers/containers.conf.d";
        return $"""
            # For {directory}/{EngineHost.Runtime}.conf, which Buildah heeds too.
            # It takes effect at once, for containers that are created from then on; others keep their runtime.
            # To check: podman info --format '{"{{.Host.OCIRuntime.Path}} {{.Host.CgroupManager}}"}'
            # Both lists have podman's own before rt: by the first it tells errors apart, and their exit codes; the second is for
            # --cgroups disabled.
            [engine]
            runtime = "{EngineHost.Runtime}"
            cgroup_manager = "{(host.SystemdCgroup ? "systemd" : "cgroupfs")}"
            runtime_supports_json = ["crun", "runc", "kata", "runsc", "youki", "krun", "{EngineHost.Runtime}"]
            runtime_supports_nocgroup = ["crun", "krun", "{EngineHost.Runtime}"]

            [engine.runtimes]
            {EngineHost.Runtime} = [{Toml.Quote(host.Binary)}]

            """;
    }
}
