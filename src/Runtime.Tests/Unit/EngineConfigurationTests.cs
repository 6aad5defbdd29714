using System.Text.Json.Nodes;
using Rt.Doctor.Engines;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What rt doctor --engine prints, for hosts that are made up here.</summary>
[BeyondTheSpec("how engines are told to use rt")]
public sealed class EngineConfigurationTests
{
    private static EngineHost Host(string? file = null, bool systemd = true, bool user = false, string? containerd = null) =>
        new("/opt/rt \"1\"/rt", systemd, user, "/home/box/.config", _ => file, containerd);

    private static JsonObject Merge(string? there, bool systemd = true) =>
        DockerConfiguration.Merge(there, "daemon.json", Host(systemd: systemd));

    [Theory]
    [InlineData(true, "systemd")]
    [InlineData(false, "cgroupfs")]
    public void Docker_gets_the_runtime_and_the_hosts_way_of_making_cgroups(bool systemd, string driver) =>
        Merge(null, systemd).ToJsonString().Should().Be(JsonNode.Parse($$$"""
            {"runtimes": {"rt": {"path": "/opt/rt \"1\"/rt"}}, "default-runtime": "rt", "exec-opts": ["native.cgroupdriver={{{driver}}}"]}
            """)!.ToJsonString());

    [Fact]
    public void Dockers_own_settings_stay() => Merge("""
        {"data-root": "/srv", "exec-opts": ["native.cgroupdriver=cgroupfs", "x=y"], "default-runtime": "nvidia",
         "runtimes": {"nvidia": {"path": "n", "runtimeArgs": []}, "rt": {"path": "/old"}}, "features": {"cdi": true}}
        """).ToJsonString().Should().Be(JsonNode.Parse("""
        {"data-root": "/srv", "exec-opts": ["native.cgroupdriver=cgroupfs", "x=y"], "default-runtime": "nvidia",
         "runtimes": {"nvidia": {"path": "n", "runtimeArgs": []}, "rt": {"path": "/opt/rt \"1\"/rt"}}, "features": {"cdi": true}}
        """)!.ToJsonString());

    [Theory]
    [InlineData("{\"a\": 1,\n \"b\" 2}", "daemon.json: invalid JSON at line 2, column 6")]
    [InlineData("[]", "daemon.json: expected an object")]
    [InlineData("{\"a\": 1, \"a\": 2}", "daemon.json: an object has the same name twice")]
    [InlineData("{\"runtimes\": []}", "daemon.json: runtimes: expected an object")]
    [InlineData("{\"exec-opts\": \"x\"}", "daemon.json: exec-opts: expected an array")]
    public void A_broken_daemon_json_is_one_clear_error(string there, string error) =>
        FluentActions.Invoking(() => Merge(there)).Should().Throw<RtException>().WithMessage(error);

    [Fact]
    public void All_but_the_comments_is_dockers_file()
    {
        string text = DockerConfiguration.Text(Host("{\"debug\": true}"));
        text.Should().StartWith("# For /etc/docker/daemon.json, with what is there already").And.Contain("systemctl restart docker");
        string json = string.Join('\n', text.Split('\n').Where(line => !line.StartsWith('#')));
        JsonNode.Parse(json)!["debug"]!.GetValue<bool>().Should().BeTrue();
        DockerConfiguration.Text(Host("{\"default-runtime\": \"crun\"}")).Should().Contain("# Containers get the runtime crun, as before");
        const string Systemd = """{"exec-opts": ["native.cgroupdriver=systemd"]}""";
        DockerConfiguration.Text(Host(Systemd, systemd: false)).Should()
            .Contain("# native.cgroupdriver=systemd, which is kept, does not work here");
        DockerConfiguration.Text(Host(Systemd)).Should().NotContain("does not work");
        DockerConfiguration.Text(Host(user: true)).Should().Contain("/home/box/.config/docker/daemon.json").And.Contain("--user");
    }

    [Theory]
    [InlineData(null, "containerd github.com/containerd/containerd/v2 v2.1.9 abc", 3)]
    [InlineData(null, "containerd github.com/containerd/containerd 1.7.24~ds1 88bf", 2)]
    [InlineData(null, "containerd", 2)]
    [InlineData(null, null, 2)]
    [InlineData("# c\nversion = 3 # x\n[plugins]\n", "containerd x 1.7.24", 3)]
    [InlineData("disabled_plugins = []\nversion=2\n", "containerd x v2.1.0", 2)]
    [InlineData("version = 4\n", "containerd x v2.3.0", 4)]
    [InlineData("\n# nothing yet\n", "containerd x v2.1.0", 3)]
    public void The_version_of_containerds_file_is_that_of_the_one_there_or_containerds(string? file, string? said, int version) =>
        ContainerdConfiguration.FileVersion(file ?? "", said).Version.Should().Be(version);

    [Theory]
    [InlineData("version = 1\n")]
    [InlineData("disabled_plugins = [\"cri\"]\n")]
    [InlineData("[plugins]\nversion = 2\n")]
    public void A_version_without_such_runtimes_is_an_error(string file) =>
        FluentActions.Invoking(() => ContainerdConfiguration.Text(Host(file))).Should().Throw<RtException>()
            .WithMessage("/etc/containerd/config.toml: version 1 *migrate*");

    [Theory]
    [InlineData("disabled_plugins = [\"io.containerd.grpc.v1.cri\"]", true)]
    [InlineData("disabled_plugins = [\n  \"x\", # not that\n  \"cri\",\n]", true)]
    [InlineData("disabled_plugins = [\"x\"]", false)]
    [InlineData("disabled_plugins = [] # not \"cri\"", false)]
    [InlineData("disabled_plugins = [\n]\nimports = [\"cri\"]", false)]
    public void A_cri_plugin_that_is_disabled_is_spoken_of(string file, bool spokenOf) =>
        ContainerdConfiguration.Text(Host($"version = 2\n{file}\n")).Should().StartWith(spokenOf ? "# The CRI plugin is disabled" : "# For");

    [Theory]
    [InlineData(2, "io.containerd.grpc.v1.cri")]
    [InlineData(3, "io.containerd.cri.v1.runtime")]
    [InlineData(4, "io.containerd.cri.v1.runtime")]
    public void Containerd_gets_a_runtime_of_its_cri_plugin(int version, string plugin)
    {
        string text = ContainerdConfiguration.Text(Host($"version = {version}"));
        text.Should().Contain($"\nversion = {version}\n").And.Contain($"""
            [plugins."{plugin}".containerd.runtimes.rt]
              runtime_type = "io.containerd.runc.v2"

              [plugins."{plugin}".containerd.runtimes.rt.options]
                BinaryName = "/opt/rt \"1\"/rt"
                SystemdCgroup = true

            """).And.Contain("kind: RuntimeClass").And.Contain("handler: rt");
        ContainerdConfiguration.Text(Host(systemd: false)).Should().Contain("SystemdCgroup = false");
        string runc = $"[plugins.\"{plugin}\".containerd.runtimes.runc]\n";
        text.Should().Contain(runc, "it is the default, and without it containerd has none");
        ContainerdConfiguration.Text(Host($"version = {version}\n{runc}")).Should().NotContain(runc);
        ContainerdConfiguration.Text(Host($"version = {version}\n{runc.TrimEnd()} # default\n")).Should().NotContain(runc);
        ContainerdConfiguration.Text(Host($"version = {version}\n# {runc}")).Should().Contain(runc);
    }

    [Theory]
    [InlineData(false, "# For /etc/containers/containers.conf.d/rt.conf")]
    [InlineData(true, "# For /home/box/.config/containers/containers.conf.d/rt.conf")]
    public void Podman_gets_a_file_of_its_own(bool user, string place) =>
        PodmanConfiguration.Text(Host(user: user)).Should().StartWith(place).And.EndWith("""
            [engine]
            runtime = "rt"
            cgroup_manager = "systemd"
            runtime_supports_json = ["crun", "runc", "kata", "runsc", "youki", "krun", "rt"]
            runtime_supports_nocgroup = ["crun", "krun", "rt"]

            [engine.runtimes]
            rt = ["/opt/rt \"1\"/rt"]

            """);

    [Fact]
    public void Crio_makes_cgroups_itself_with_conmon_in_the_pods()
    {
        CrioConfiguration.Text(Host()).Should().Contain("cgroup_manager = \"systemd\"").And.NotContain("conmon");
        CrioConfiguration.Text(Host(systemd: false)).Should().Contain("cgroup_manager = \"cgroupfs\"\nconmon_cgroup = \"pod\"\n")
            .And.Contain("runtime_path = \"/opt/rt \\\"1\\\"/rt\"").And.NotContain("\ndefault_runtime", "pods choose it");
    }
}
