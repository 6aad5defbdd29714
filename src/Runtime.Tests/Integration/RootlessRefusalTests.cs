using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What the kernel does not let an ordinary user do is one line that names the property and the reason.</summary>
[BeyondTheSpec("how an ordinary user is told what he may not do")]
public sealed class RootlessRefusalTests : IDisposable
{
    private readonly OrdinaryUser user = new();

    public void Dispose() => user.Dispose();

    [Theory]
    [InlineData("process.user", """{"uid": 1000, "gid": 0}""", "process.user.uid: 1000 is not in linux.uidMappings")]
    [InlineData("process.user", """{"uid": 0, "gid": 1000}""", "process.user.gid: 1000 is not in linux.gidMappings")]
    [InlineData("process.user", """{"uid": 0, "gid": 0, "additionalGids": [5]}""",
        "process.user.additionalGids[0]: 5 is not in linux.gidMappings")]
    [InlineData("process.user", """{"uid": 0, "gid": 0, "additionalGids": [0]}""",
        "process.user: user 0:0: operation not permitted (cannot set any additional groups: ")]
    [InlineData("process.rlimits", """[{"type": "RLIMIT_NOFILE", "soft": 1073741816, "hard": 1073741816}]""",
        "process.rlimits[0]: setrlimit RLIMIT_NOFILE: operation not permitted "
        + "(a higher limit than the caller's own takes CAP_SYS_RESOURCE on the host)")]
    [InlineData("process.oomScoreAdj", "-500",
        "process.oomScoreAdj: set oom_score_adj to -500: permission denied (lowering it takes CAP_SYS_RESOURCE)")]
    [InlineData("process.scheduler", """{"policy": "SCHED_OTHER", "nice": -5}""",
        "process.scheduler: set scheduler SCHED_OTHER: operation not permitted (it takes CAP_SYS_NICE ")]
    [InlineData("process.ioPriority", """{"class": "IOPRIO_CLASS_RT", "priority": 1}""",
        "process.ioPriority: ioprio_set IOPRIO_CLASS_RT: operation not permitted (it takes CAP_SYS_NICE on the host)")]
    [InlineData("linux.devices", """[{"path": "/dev/none", "type": "c", "major": 10, "minor": 77}]""",
        "linux.devices[0]: mknod /dev/none: operation not permitted (and /dev/none, to be bound instead, is not this device on the host)")]
    [InlineData("linux.devices", """[{"path": "/dev/zero", "type": "c", "major": 1, "minor": 3}]""", "linux.devices[0]")]
    [InlineData("linux.resources", """{"network": {"classID": 5}}""", "linux.resources.network.classID: ")]
    [InlineData("linux.uidMappings", """[{"containerID": 0, "hostID": 0, "size": 1}]""", "linux.uidMappings: ")]
    [InlineData("linux.namespaces", """[{"type": "pid"}, {"type": "mount"}]""", "linux.uidMappings: ")]
    [InlineData("linux.namespaces", """[{"type": "user"}, {"type": "mount"}]""",
        "mounts[0]: mount proc on /proc: operation not permitted (in a user namespace it takes a pid namespace of its own, ")]
    public void What_is_refused_is_told_with_its_reason(string path, string value, string words)
    {
        user.Prepare("true", config =>
        {
            string[] parts = path.Split('.');
            config[parts[0]]![parts[1]] = JsonNode.Parse(value);
            if (path == "linux.namespaces") config.AsObject().Remove("hostname");
        });
        user.RunBundle().ShouldFailWith(words);
        user.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Without_a_user_namespace_nothing_is_begun()
    {
        user.Prepare("true", config =>
        {
            JsonObject linux = config["linux"]!.AsObject();
            linux.Remove("uidMappings");
            linux.Remove("gidMappings");
            linux["namespaces"] = JsonNode.Parse("""[{"type": "pid"}, {"type": "mount"}]""");
            config.AsObject().Remove("hostname");
        });
        user.RunBundle().ShouldFailWith("rootless container requires user namespaces");
    }

    [Fact]
    public void A_host_that_allows_no_user_namespaces_is_told_by_its_setting()
    {
        user.Prepare("true", config => OrdinaryUser.Map(config, """[{"containerID": 0, "hostID": 0, "size": 1}]"""));
        user.Run("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", "echo 0 >/proc/sys/user/max_user_namespaces; exec \"$@\"", "sh",
            user.Binary, "--root", user.State, "run", "--bundle", user.Bundle, "mine")
            .ShouldFailWith("create the container's process: no space left on device (user.max_user_namespaces is 0: no user namespaces are allowed)");
        user.ShouldHaveLeftNothing();
    }
}
