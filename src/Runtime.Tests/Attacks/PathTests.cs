using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// Names that lead out of where they belong: a container's id out of the state directory, a cgroup's path out of the tree or the
/// container's place in it, links that lie where rt writes. The rules: an id has no slash and is no dot; no path of cgroups leads up; a
/// file of rt's is made anew beside its name and then renamed, which replaces a link instead of following it.
/// </summary>
[BeyondTheSpec("attacks by names")]
public sealed class PathTests
{
    public static TheoryData<string> Ids =>
        ["..", ".", "../x", "a/b", "/abs", "a/../../x", "", "a\nb", "a b", "-a/..", "%2e%2e", "a\\..\\b", "ä"];

    [Theory]
    [MemberData(nameof(Ids))]
    public void An_id_does_not_lead_out_of_the_state_directory(string id)
    {
        using HostVictim victim = new("state.json");
        using Container container = Container.Script("true");
        foreach (string[] command in (string[][])[["create", "--bundle", container.Bundle], ["run", "--bundle", container.Bundle], ["state"],
            ["start"], ["kill"], ["delete", "--force"], ["exec", "--process", "/dev/null"], ["pause"], ["ps"], ["wait"], ["logs"]])
        {
            Result result = container.Rt([.. command, "--", id]);
            result.Code.Should().BeOneOf([1, 255], "{0}: {1}{2}", command[0], result.Out, result.Error);
            result.Error.Should().StartWith("rt: ");
        }

        Directory.GetFileSystemEntries(container.Bundle).Select(Path.GetFileName).Should().BeSubsetOf(["config.json", "state"]);
        if (Directory.Exists(container.StateRoot)) Directory.GetFileSystemEntries(container.StateRoot).Should().BeEmpty();
    }

    /// <summary>As long as it is the caller's own state directory that others can't write to, only he can have put it there.</summary>
    [Fact]
    public void A_link_in_the_state_directory_is_no_container()
    {
        using HostVictim victim = new("box");
        using Container container = Container.Script("true");
        Directory.CreateDirectory(container.StateRoot);
        File.CreateSymbolicLink(Path.Combine(container.StateRoot, container.Id), victim.Path + "/box");
        container.Create().ShouldFailWith("container with given ID already exists");
        container.Rt("delete", "--force", container.Id).Code.Should().BeOneOf(0, 1);
        victim.ShouldBeUntouched();
        File.Delete(Path.Combine(container.StateRoot, container.Id));
    }

    [Theory]
    [InlineData("../../../../rt-escaped")]
    [InlineData("/../rt-escaped")]
    [InlineData("/rt-test/../../rt-escaped")]
    [InlineData("a/../../rt-escaped")]
    [InlineData("/..")]
    public void A_cgroups_path_does_not_lead_up(string path)
    {
        using Container container = Container.Script("cat /proc/self/cgroup", config => config["linux"]!["cgroupsPath"] = path);
        Result result = container.Run();
        if (result.Code != 0) result.IsOneLine.Should().BeTrue("{0}", result.Error);
        Directory.Exists("/sys/fs/rt-escaped").Should().BeFalse();
        Directory.Exists("/sys/rt-escaped").Should().BeFalse();
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("..")]
    public void Nor_does_that_of_exec(string path)
    {
        using Container container = Container.Script("sleep 100");
        container.Run("--detach").ShouldEndWith(0);
        container.Rt("exec", "--cgroup", path, container.Id, "true").ShouldEndWith(255).Error.Should().StartWith("rt: ");
    }

    [Theory]
    [InlineData("create")]
    [InlineData("exec")]
    public void A_pid_file_replaces_a_link_and_does_not_follow_it(string command)
    {
        using HostVictim victim = new("box");
        using Container container = Container.Script("sleep 100");
        string pidFile = Path.Combine(container.Bundle, "pid");
        File.CreateSymbolicLink(pidFile, victim.Path + "/file");
        if (command == "exec") container.Run("--detach").ShouldEndWith(0);
        Result result = command == "exec"
            ? container.Rt("exec", "--detach", "--pid-file", pidFile, container.Id, "sleep", "100")
            : container.Create("--pid-file", pidFile);
        result.ShouldEndWith(0);
        new FileInfo(pidFile).LinkTarget.Should().BeNull();
        File.ReadAllText(pidFile).Should().MatchRegex("^[0-9]+$");
        victim.ShouldBeUntouched();
    }

    /// <summary>Where a log goes is the caller's to say, and may be a link, as /dev/stderr is; but nothing is lost of what is there.</summary>
    [Fact]
    public void A_log_is_added_to_and_never_cut_off()
    {
        using Container container = Container.Script("true");
        string log = Path.Combine(container.Bundle, "log"), target = Path.Combine(container.Bundle, "target");
        File.WriteAllText(target, "before\n");
        File.CreateSymbolicLink(log, target);
        container.Rt("--log", log, "state", "nobody").ShouldEndWith(1);
        File.ReadAllText(target).Should().StartWith("before\n").And.Contain("does not exist");
    }
}
