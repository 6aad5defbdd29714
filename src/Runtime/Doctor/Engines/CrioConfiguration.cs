namespace Rt.Doctor.Engines;

/// <summary>CRI-O's crio.conf(5): a file of its own in crio.conf.d.</summary>
internal static class CrioConfiguration
{
    public static string Text(EngineHost host)
    {
        string conmon = host.SystemdCgroup ? "" : "conmon_cgroup = \"pod\"\n";
        return $"""
            # For /etc/crio/crio.conf.d/10-{EngineHost.Runtime}.conf
            # To make it take effect: systemctl restart crio
            # To check: crio status config
            # cgroup_manager has to agree with the kubelet's cgroupDriver.
            # All pods get rt with: default_runtime = "{EngineHost.Runtime}" under [crio.runtime].
            # Single pods get it with spec.runtimeClassName: {EngineHost.Runtime}, and a RuntimeClass with the handler {EngineHost.Runtime}.
            [crio.runtime]
            cgroup_manager = "{(host.SystemdCgroup ? "systemd" : "cgroupfs")}"
            {conmon}
            [crio.runtime.runtimes.{EngineHost.Runtime}]
            runtime_path = {Toml.Quote(host.Binary)}
            runtime_type = "oci"
            runtime_root = "/run/{EngineHost.Runtime}"

            """;
    }
}
