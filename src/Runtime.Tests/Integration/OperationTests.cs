using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What the specification says of the operations, beyond the ways of the command line.</summary>
public sealed class OperationTests
{
    private static Container Sleeper(Action<JsonNode>? change = null) => Container.Script("exec sleep 100", change);

    private static JsonObject StateOf(Container container) =>
        JsonNode.Parse(container.Rt("state", container.Id).ShouldEndWith(0).Out)!.AsObject();

    [Fact]
    [Proves("runtime-state-01", "runtime-state-02", "runtime-state-05", "runtime-state-06", "runtime-state-07", "runtime-state-09",
        "runtime-state-12", "runtime-state-13", "runtime-query-03")]
    public void The_state_satisfies_its_schema_in_every_status()
    {
        using Container container = Sleeper(config => config["annotations"] = JsonNode.Parse("""{"a": "b", "c": ""}"""));
        Command.Shell("cd \"$3\" && exec \"$1\" --root \"$2\" create --bundle ../\"${3##*/}\"/. \"$4\"",
            Repository.Binary, container.StateRoot, container.Bundle, container.Id).ShouldEndWith(0);
        Check("created");
        container.Rt("start", container.Id).ShouldEndWith(0);
        Check("running");
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience);
        Check("stopped");

        void Check(string status)
        {
            JsonObject state = StateOf(container);
            state["status"]!.GetValue<string>().Should().Be(status);
            state["ociVersion"]!.GetValue<string>().Should().MatchRegex("^1\\.\\d+\\.\\d+$");
            state["id"]!.GetValue<string>().Should().Be(container.Id);
            state["bundle"]!.GetValue<string>().Should().Be(container.Bundle);
            state["annotations"]!.ToJsonString().Should().Be("""{"a":"b","c":""}""");
            int pid = state["pid"]!.GetValue<int>();
            if (status == "stopped") pid.Should().Be(0);
            else File.ReadAllText($"/proc/{pid}/cgroup").Should().Contain(container.Id);
        }
    }

    [Fact]
    [Proves("runtime-lifecycle-01", "runtime-lifecycle-03", "runtime-lifecycle-04", "runtime-create-06", "runtime-create-07")]
    public void After_create_all_is_there_but_the_program()
    {
        using Container container = Hooked.Script("echo ran >ran; exec sleep 100", config => config["hostname"] = "created-box");
        container.Create().ShouldEndWith(0);
        string process = $"/proc/{container.Pid}";
        foreach (string type in (string[])["mnt", "net", "pid", "uts"])
            new FileInfo($"{process}/ns/{type}").LinkTarget.Should().NotBe(new FileInfo($"/proc/self/ns/{type}").LinkTarget);
        Command.Run("nsenter", "--target", $"{container.Pid}", "--uts", "hostname").ShouldEndWith(0).Out.Should().Be("created-box\n");
        File.Exists($"{process}/root/proc/version").Should().BeTrue();
        File.Exists($"{process}/root/tmp/config.json").Should().BeTrue();
        File.ReadAllLines($"{container.Cgroup}/cgroup.procs").Should().Equal($"{container.Pid}");
        File.ReadAllText($"{process}/comm").Should().Be("rt\n");
        container.Left("ran").Should().BeEmpty();
    }

    [Fact]
    [Proves("runtime-create-01", "bundle-format-01", "bundle-format-02", "bundle-format-03")]
    public void A_configuration_is_a_file_of_this_very_name_in_the_bundle_itself()
    {
        using Container container = Sleeper();
        string empty = Directory.CreateDirectory(Path.Combine(container.Bundle, "empty")).FullName;
        string config = Path.Combine(container.Bundle, "config.json");
        foreach (string path in (string[])["sub/config.json", "Config.json", "config.JSON", "config", "spec.json"])
        {
            string copy = Path.Combine(empty, path);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(config, copy);
        }

        foreach (string command in (string[])["create", "run"])
        {
            container.Rt(command, "--bundle", empty, container.Id).ShouldFailWith($"JSON specification file {empty}/config.json not found");
            Command.Shell("cd \"$3\" && exec \"$1\" --root \"$2\" \"$5\" \"$4\"",
                Repository.Binary, container.StateRoot, empty, container.Id, command).ShouldFailWith("config.json not found");
        }

        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("runtime-start-02", "runtime-start-03")]
    public void Start_of_a_container_that_is_not_created_changes_nothing()
    {
        using Container container = Hooked.Script("echo ran >>ran; exec sleep 100", _ => { });
        container.Run("--detach").ShouldEndWith(0);
        container.ShouldSoonLeave("ran");
        string before = StateOf(container).ToJsonString();
        container.Rt("start", container.Id).ShouldFailWith("cannot start an already running container");
        StateOf(container).ToJsonString().Should().Be(before);

        File.WriteAllText(container.Cgroup + "/cgroup.freeze", "1");
        SpinWait.SpinUntil(() => container.Status == "paused", Command.Patience).Should().BeTrue();
        container.Rt("start", container.Id).ShouldFailWith("cannot start a container in the paused state");
        container.Status.Should().Be("paused");

        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        before = StateOf(container).ToJsonString();
        container.Rt("start", container.Id).ShouldFailWith("cannot start a container that has stopped");
        StateOf(container).ToJsonString().Should().Be(before);
        container.Left("ran").Should().Be("ran");
    }

    /// <summary>Such a container can't even be created, as under runc.</summary>
    [Fact]
    [Proves("runtime-start-04", "config-process-01")]
    public void Without_a_process_there_is_nothing_to_start()
    {
        using Container container = Sleeper(config => config.AsObject().Remove("process"));
        container.Create().ShouldFailWith("process: is required");
        container.Rt("start", container.Id).ShouldFailWith("container does not exist");
        container.Run().ShouldFailWith("process: is required");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("runtime-kill-04")]
    public void Kill_sends_the_signal_to_the_process_whether_it_is_created_or_running()
    {
        using Container container = Hooked.Script("trap 'echo usr1 >>got' USR1; echo ready >ready; while :; do sleep 0.02; done", _ => { });
        container.Create().ShouldEndWith(0);
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.ShouldSoonLeave("ready");
        container.Rt("kill", container.Id, "USR1").ShouldEndWith(0);
        container.ShouldSoonLeave("got");
        container.Left("got").Should().Be("usr1");
        container.Status.Should().Be("running");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);

        container.Create().ShouldEndWith(0);
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
    }

    [Fact]
    [Proves("runtime-kill-02", "runtime-kill-03")]
    public void Kill_of_a_stopped_container_changes_nothing()
    {
        using Container container = Container.Script("true");
        container.Run("--keep").ShouldEndWith(0);
        string before = StateOf(container).ToJsonString();
        foreach (string signal in (string[])["TERM", "KILL", "0"])
            container.Rt("kill", container.Id, signal).ShouldFailWith("container not running");
        StateOf(container).ToJsonString().Should().Be(before);
    }

    [Fact]
    [Proves("runtime-delete-02", "runtime-delete-03")]
    public void Delete_of_a_container_that_runs_or_is_paused_changes_nothing()
    {
        using Container container = Container.Sleeping();
        string before = StateOf(container).ToJsonString();
        container.Rt("delete", container.Id).ShouldFailWith("that is not stopped: running");
        StateOf(container).ToJsonString().Should().Be(before);
        File.WriteAllText(container.Cgroup + "/cgroup.freeze", "1");
        SpinWait.SpinUntil(() => container.Status == "paused", Command.Patience).Should().BeTrue();
        container.Rt("delete", container.Id).ShouldFailWith("that is not stopped: paused");
        container.Status.Should().Be("paused");
    }

    [Fact]
    [Proves("runtime-delete-04", "runtime-delete-05")]
    public void Delete_takes_what_create_has_made_and_nothing_else()
    {
        using Container other = Sleeper();
        other.Run("--detach").ShouldEndWith(0);
        using Container container = Container.Script("touch /data/made", ownRoot: true);
        string data = Directory.CreateDirectory(Path.Combine(container.Bundle, "data")).FullName;
        string parent = container.Cgroup + "-parent";
        Directory.CreateDirectory(parent);
        try
        {
            container.Change(config =>
            {
                config["mounts"]!.AsArray().Add(
                    JsonNode.Parse("""{"destination": "/data", "type": "bind", "source": "data", "options": ["bind"]}"""));
                config["linux"]!["namespaces"]![1]!["path"] = $"/proc/{other.Pid}/ns/net";
                config["linux"]!["cgroupsPath"] = $"/rt-test/{container.Id}-parent/made";
            });
            container.Run("--keep").ShouldEndWith(0);
            Directory.Exists(parent + "/made").Should().BeTrue();
            container.Rt("delete", container.Id).ShouldEndWith(0);
            container.ShouldHaveLeftNothing();
            Directory.Exists(parent + "/made").Should().BeFalse();
            Directory.Exists(parent).Should().BeTrue();
            File.Exists(Path.Combine(data, "made")).Should().BeTrue();
            File.Exists(Path.Combine(container.Bundle, "config.json")).Should().BeTrue();
            File.Exists(Path.Combine(container.Root, "bin/busybox")).Should().BeTrue();
            other.Status.Should().Be("running");
        }
        finally
        {
            container.Rt("delete", "--force", container.Id);
            Directory.Delete(parent);
        }
    }

    [Fact]
    [Proves("runtime-linux-links-01")]
    public void The_links_of_the_standard_streams_are_in_dev()
    {
        using Container container = Container.Script("for name in fd stdin stdout stderr; do readlink /dev/$name; done");
        container.Run().ShouldEndWith(0).Out.Should().Be("/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n");
    }

    [Fact]
    [Proves("runtime-linux-links-02")]
    public void The_links_are_there_also_if_proc_is_the_last_to_be_mounted()
    {
        using Container container = Container.Script("readlink /dev/fd", config =>
        {
            JsonArray mounts = config["mounts"]!.AsArray();
            JsonNode proc = mounts[0]!;
            mounts.RemoveAt(0);
            mounts.Add(proc);
        });
        container.Run().ShouldEndWith(0).Out.Should().Be("/proc/self/fd\n");
    }
}
