using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// More privilege than was asked for: inheritable capabilities, by which programs with file capabilities get what the container's
/// bounding set alone should not give (CVE-2022-29162, CVE-2022-27650), and a user that is not understood and becomes root
/// (CVE-2026-30892). The rules: a set that is not given is empty; a user is a number of the kernel's range, or an error.
/// </summary>
[BeyondTheSpec("attacks on a process's privileges")]
public sealed class PrivilegeTests
{
    private static void ShouldHaveNoneInheritable(string status) =>
        status.Should().Contain("CapInh:\t0000000000000000").And.Contain("CapAmb:\t0000000000000000");

    [Fact]
    public void No_capability_is_inheritable_that_was_not_asked_for()
    {
        using Container container = Container.Sleeping();
        ShouldHaveNoneInheritable(File.ReadAllText($"/proc/{container.Pid}/status"));
        string process = Path.Combine(container.Bundle, "process.json");
        File.WriteAllText(process, """
            {"cwd": "/", "args": ["cat", "/proc/self/status"], "env": ["PATH=/bin"],
             "capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"]}}
            """);
        foreach (string[] options in (string[][])[[], ["--cap", "CAP_NET_ADMIN"], ["--user", "1000:1000"], ["--user", "7", "--cap", "CAP_CHOWN"]])
            ShouldHaveNoneInheritable(container.Rt(["exec", .. options, container.Id, "cat", "/proc/self/status"]).ShouldEndWith(0).Out
                .Replace("CapAmb:\t0000000000000001", "CapAmb:\t0000000000000000")); // --cap for an ordinary user is by ambient ones
        ShouldHaveNoneInheritable(container.Rt("exec", "--process", process, container.Id).ShouldEndWith(0).Out);
    }

    public static TheoryData<string> WrongUsers =>
    [
        "", " ", "root", "0x3e8", "1e3", "+1000", "-1", "1000 ", " 1000", "1000:", ":1000", "1000:1000:1000", "1000:group", "4294967295",
        "4294967296", "18446744073709551616", "1000,0", "1000\t", "٣", "1000:-1", "1000:4294967295", "0000000000000000000000000000001000x",
    ];

    [Theory]
    [MemberData(nameof(WrongUsers))]
    public void A_user_that_is_not_understood_is_nobody_and_not_root(string user)
    {
        using Container container = Container.Sleeping();
        Result result = container.Rt("exec", "--user=" + user, container.Id, "id", "-u");
        result.ShouldEndWith(255).Out.Should().BeEmpty();
        result.Error.Should().StartWith("rt: ").And.Contain("--user");
    }

    public static TheoryData<string> WrongIds => ["-1", "4294967295", "4294967296", "\"0\"", "1.5", "1e9999", "[]", "true"];

    [Theory]
    [MemberData(nameof(WrongIds))]
    public void Nor_is_one_of_a_configuration(string id)
    {
        foreach (string field in (string[])["uid", "gid"])
        {
            using Container container = Container.Script("id -u");
            string file = Path.Combine(container.Bundle, "config.json");
            File.WriteAllText(file, File.ReadAllText(file).Replace($"\"{field}\":0", $"\"{field}\":{id}"));
            Result result = container.Run();
            result.ShouldFailWith($"process.user.{field}").Out.Should().BeEmpty();
            container.ShouldHaveLeftNothing();
        }
    }
}
