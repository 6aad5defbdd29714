namespace Rt.Doctor.Engines;

/// <summary>Podman's and Buildah's containers.conf(5): a file of its own in containers.conf.d, which is read after the main one.</summary>
internal static class PodmanConfiguration
{
    public static string Text(EngineHost host)
    {
        string directory = (host.IsOrdinaryUser ? host.ConfigurationHome : "/etc") + "/containers/containers.conf.d";
        return $"""
            # For {directory}/{EngineHost.Runtime}.conf, which Buildah heeds too.
            # It takes effect at once, for containers that are created from then on; others keep their runtime.
            # To check: podman info --format '{"{{.Host.OCIRuntime.Path}} {{.Host.CgroupManager}}"}'
            # runtime_supports_json has podman's own list before rt; by it podman tells errors apart, and their exit codes.
            [engine]
            runtime = "{EngineHost.Runtime}"
            cgroup_manager = "{(host.SystemdCgroup ? "systemd" : "cgroupfs")}"
            runtime_supports_json = ["crun", "runc", "kata", "runsc", "youki", "krun", "{EngineHost.Runtime}"]

            [engine.runtimes]
            {EngineHost.Runtime} = [{Toml.Quote(host.Binary)}]

            """;
    }
}
