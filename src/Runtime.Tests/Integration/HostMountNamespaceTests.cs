using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>
/// A container without a mount namespace: its mounts are among the caller's, at the place of its root file system, and gone
/// afterwards however it ended.
/// </summary>
[BeyondTheSpec("the specification leaves open how the mounts of such a container are made and taken away")]
public sealed class HostMountNamespaceTests
{
    private static Container Script(string script, Action<JsonNode>? change = null) => Container.Script(script, config =>
    {
        JsonArray namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.Remove(namespaces.First(one => one!["type"]!.GetValue<string>() == "mount"));
        change?.Invoke(config);
    }, ownRoot: true);

    private static string Mountinfo => File.ReadAllText("/proc/self/mountinfo");

    [Fact]
    public void It_sees_its_root_in_the_callers_namespace_and_leaves_no_mount()
    {
        using Container container = Script("readlink /proc/self/ns/mnt; ls -d /* | grep -c mine; echo $$; touch /x 2>&1; id -u");
        File.WriteAllText(Path.Combine(container.Root, "mine"), "");
        container.Run().ShouldEndWith(0).Out.Should()
            .Be($"{new FileInfo("/proc/self/ns/mnt").LinkTarget}\n1\n1\ntouch: /x: Read-only file system\n0\n");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Its_mounts_are_the_callers_until_it_is_deleted()
    {
        using Container container = Script("sleep 100");
        container.Create().ShouldEndWith(0);
        Mountinfo.Should().Contain($" {container.Root} ").And.Contain($" {container.Root}/proc ");
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Rt("kill", container.Id, "KILL").ShouldEndWith(0);
        SpinWait.SpinUntil(() => container.Status == "stopped", Command.Patience).Should().BeTrue();
        container.Rt("delete", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_creation_that_fails_leaves_no_mount()
    {
        using Container container = Script("", config => config["process"]!["args"] = new JsonArray("/bin/nothing"));
        foreach (Result result in (Result[])[container.Create(), container.Run()]) result.ShouldFailWith("/bin/nothing");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_mount_that_fails_leaves_none_of_those_before_it()
    {
        using Container container = Script("true", config => config["mounts"]!.AsArray()
            .Add(JsonNode.Parse("""{"destination": "/mnt", "type": "nosuchfs", "source": "x"}""")));
        container.Run().ShouldFailWith("mounts[7]: ");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void When_rt_was_killed_in_the_foreground_deleting_takes_the_mounts_away()
    {
        using Container container = Script("sleep 100");
        using Command.Running rt = container.RunInForeground();
        rt.Signal("KILL");
        rt.Wait().ShouldEndWith(137);
        Mountinfo.Should().Contain(container.Root);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void When_rt_was_killed_while_creating_deleting_takes_the_mounts_away()
    {
        using Container container = Script("sleep 100", config => config["hooks"] = JsonNode.Parse("""
            {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "kill -KILL $PPID; sleep 1"]}]}
            """));
        container.Create();
        ShouldBeCutOff(container);
    }

    [Fact]
    public void When_rt_was_killed_before_the_container_was_on_record_deleting_takes_the_mounts_away()
    {
        using Container container = Script("sleep 100");
        Command.Run("strace", "-o", "/dev/null", "-e", "trace=bpf", "-e", "inject=bpf:signal=KILL", // the next after the fork
            Repository.Binary, "--root", container.StateRoot, "create", "--bundle", container.Bundle, container.Id);
        SpinWait.SpinUntil(() => Mountinfo.Contains(container.Root + "/sys/fs/cgroup"), Command.Patience).Should().BeTrue("the init was at its mounts");
        ShouldBeCutOff(container);
    }

    private static void ShouldBeCutOff(Container container)
    {
        Directory.Exists(Path.Combine(container.StateRoot, container.Id)).Should().BeTrue("rt had no time to undo anything");
        Mountinfo.Should().Contain(container.Root);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void The_hosts_root_is_refused_as_its_own()
    {
        using Container container = Script("true", config => config["root"]!["path"] = "/");
        container.Run().ShouldFailWith("config.json: root.path: would hide the host's root");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void What_was_mounted_on_the_root_before_stays()
    {
        using Container container = Script("ls /");
        string[] Own() => [.. Mountinfo.Split('\n').Where(line => line.Contains(container.Root))]; // other tests mount as well
        Command.Run("mount", "--bind", container.Root, container.Root).ShouldEndWith(0);
        try
        {
            string[] before = Own();
            container.Run().ShouldEndWith(0);
            Own().Should().Equal(before).And.HaveCount(1);
        }
        finally
        {
            Command.Run("umount", container.Root);
        }
    }

    /// <summary>Another mount namespace has a peer of the mount that the root file system is on.</summary>
    [Fact]
    public void What_is_mounted_in_its_root_stays_out_of_other_namespaces()
    {
        using Container container = Script("sleep 100");
        Result result = Command.Run("unshare", "--mount", "sh", "-c", """
            set -e
            mount --bind $2 $2
            mount --make-shared $2
            unshare --mount --propagation unchanged sleep 30 & peer=$!
            while [ "$(readlink /proc/$peer/ns/mnt)" = "$(readlink /proc/self/ns/mnt)" ]; do :; done
            $0 --root $1 create --bundle $2 $3 >/dev/null 2>&1
            echo here $(grep -c rootfs/ /proc/self/mountinfo) there $(grep -c rootfs/ /proc/$peer/mountinfo)
            $0 --root $1 delete $3
            echo here $(grep -c rootfs /proc/self/mountinfo) there $(grep -c rootfs /proc/$peer/mountinfo)
            kill $peer
            """, Repository.Binary, container.StateRoot, container.Bundle, container.Id);
        result.ShouldEndWith(0).Out.Should().MatchRegex("^here [1-9][0-9]* there 0\nhere 0 there 0\n$");
    }

    [Fact]
    public void One_that_goes_leaves_the_root_of_another_over_the_same_directory()
    {
        using Container first = Script("sleep 100");
        using Container second = new(config =>
        {
            foreach (string member in (string[])["process", "root", "mounts", "linux"]) config[member] = first.Config[member]!.DeepClone();
            config["root"]!["path"] = first.Root;
            config["linux"]!["cgroupsPath"] = "/rt-test/" + Path.GetRandomFileName();
        });
        first.Create().ShouldEndWith(0);
        second.Create().ShouldEndWith(0);
        first.Rt("delete", first.Id).ShouldEndWith(0);
        Directory.Exists($"/proc/{second.Pid}/root/proc/1").Should().BeTrue("its procfs is still there");
        second.Rt("delete", second.Id).ShouldEndWith(0);
        while (Mountinfo.Contains($" {first.Root} ")) Command.Run("umount", "-l", first.Root).ShouldEndWith(0);
    }
}
