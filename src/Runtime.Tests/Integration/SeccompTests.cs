using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>System call filters, as the filtered program feels them.</summary>
[BeyondTheSpec("what filters do, and the cache of compiled ones")]
public sealed class SeccompTests
{
    private static Action<JsonNode> Filter(string rules, bool noNewPrivileges = true) => config =>
    {
        config["process"]!["noNewPrivileges"] = noNewPrivileges;
        config["linux"]!["seccomp"] = JsonNode.Parse(
            $$"""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": {{rules}}}""");
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_forbidden_call_fails_with_the_errno_asked_for(bool noNewPrivileges) => Container.Script(
        "mkdir /tmp/x 2>&1; grep ^Seccomp: /proc/1/status",
        Filter("""[{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]""", noNewPrivileges))
        .Use(container => container.Run().ShouldEndWith(0).Out
            .Should().Be("mkdir: can't create directory '/tmp/x': No space left on device\nSeccomp:\t2\n"));

    [Fact]
    public void A_rule_with_arguments_applies_to_those_alone() => Container.Script(
        "kill -0 $$ && echo zero; kill -10 $$ 2>&1; true",
        Filter("""[{"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}]"""))
        .Use(container => container.Run().ShouldEndWith(0).Out.Should().Contain("zero").And.Contain("Operation not permitted"));

    [Fact]
    public void A_call_can_kill_the_process() => Container.Script(
        "mkdir /tmp/x; echo $?", Filter("""[{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]"""))
        .Use(container => container.Run().ShouldEndWith(0).Out.Should().Be("159\n"));

    [Fact]
    public void The_compiled_filter_is_kept_and_serves_the_next_container()
    {
        using Container container = Container.Script("mkdir /tmp/x 2>&1; true",
            Filter("""[{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]"""));
        string first = container.Run().ShouldEndWith(0).Out;
        string cached = Directory.GetFiles(Path.Combine(container.StateRoot, "@seccomp")).Should().ContainSingle().Subject;
        container.Run().ShouldEndWith(0).Out.Should().Be(first).And.Contain("No space left");
        File.WriteAllText(cached, "damaged");
        container.Run().ShouldEndWith(0).Out.Should().Be(first);
    }

    [Fact]
    public void A_bad_action_is_refused_with_its_path() => new Container(
        Filter("""[{"names": ["mkdir"], "action": "SCMP_ACT_NONSENSE"}]"""))
        .Use(container =>
            container.Run().ShouldFailWith("linux.seccomp.syscalls[0].action: \"SCMP_ACT_NONSENSE\" is not known"));
}
