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
            [engine]
            runtime = "{EngineHost.Runtime}"
            cgroup_manager = "{(host.SystemdCgroup ? "systemd" : "cgroupfs")}"

            [engine.runtimes]
            {EngineHost.Runtime} = [{Toml.Quote(host.Binary)}]

            """;
    }
}
