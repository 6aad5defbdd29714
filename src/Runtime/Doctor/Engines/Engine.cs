using Rt.Launch;

namespace Rt.Doctor.Engines;

/// <summary>The engines that rt knows how to be configured in.</summary>
internal static class Engine
{
    private static readonly (string Name, bool IsOfHost, Func<EngineHost, string> Configuration)[] All =
    [
        ("docker", false, DockerConfiguration.Text),
        ("containerd", true, ContainerdConfiguration.Text),
        ("podman", false, PodmanConfiguration.Text),
        ("cri-o", true, CrioConfiguration.Text),
    ];

    public static IEnumerable<string> Names => All.Select(engine => engine.Name);

    /// <summary>What the engine has to be told, on this host. Lines that begin with # say where that goes.</summary>
    /// <exception cref="RtException">The engine is none of these, or its present configuration can't be read.</exception>
    public static string Configuration(string name)
    {
        (_, bool isOfHost, Func<EngineHost, string>? configuration) = Array.Find(All, engine => engine.Name == name);
        if (configuration == null) throw new RtException($"--engine: \"{name}\" is none of {string.Join(", ", Names)}");
        return configuration(EngineHost.Current(isOfHost));
    }
}
