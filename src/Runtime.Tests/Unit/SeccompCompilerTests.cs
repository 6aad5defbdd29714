using Rt.Security;
using Rt.Spec;
using Rt.Tests.Matrix;
using static Rt.Tests.Unit.SeccompInterpreter;

namespace Rt.Tests.Unit;

/// <summary>Filters compiled by the real libseccomp, asked about system calls (numbers are x86_64's).</summary>
public sealed class SeccompCompilerTests
{
    private const uint NewListener = LoadSeccomp.NewListener;
    private const int SysRead = 0, SysWrite = 1, SysMkdir = 83, SysPersonality = 135, SysClone = 56;

    [Fact]
    public void A_call_gets_its_rules_action_and_any_other_the_default()
    {
        byte[] program = Compile("""
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 30}]}
            """).Program;

        (program.Length % 8).Should().Be(0);
        Run(program, SysMkdir).Should().Be(SECCOMP_RET_ERRNO | 30);
        Run(program, SysRead).Should().Be(SECCOMP_RET_ALLOW);
    }

    [Theory]
    [InlineData("SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD)]
    [InlineData("SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD)]
    [InlineData("SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS)]
    [InlineData("SCMP_ACT_TRAP", SECCOMP_RET_TRAP)]
    [InlineData("SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO | 1)]
    [InlineData("SCMP_ACT_TRACE", SECCOMP_RET_TRACE | 1)]
    [InlineData("SCMP_ACT_LOG", SECCOMP_RET_LOG)]
    [InlineData("SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW)]
    public void Every_action_works_as_the_default_and_as_a_rules(string action, uint expected)
    {
        string other = action == "SCMP_ACT_ALLOW" ? "SCMP_ACT_TRAP" : "SCMP_ACT_ALLOW";
        Run(Compile($$"""{"defaultAction": "{{action}}", "syscalls": [{"names": ["read", "mkdir"], "action": "{{other}}"}]}""").Program, SysWrite)
            .Should().Be(expected);
        Run(Compile($$"""{"defaultAction": "{{other}}", "syscalls": [{"names": ["read"], "action": "{{action}}"}]}""").Program, SysRead)
            .Should().Be(expected);
    }

    [Theory]
    [InlineData("SCMP_CMP_EQ", 5, 0, 5, true)]
    [InlineData("SCMP_CMP_EQ", 5, 0, 0x100000005, false)]
    [InlineData("SCMP_CMP_NE", 5, 0, 5, false)]
    [InlineData("SCMP_CMP_NE", 5, 0, 6, true)]
    [InlineData("SCMP_CMP_LT", 5, 0, 4, true)]
    [InlineData("SCMP_CMP_LT", 5, 0, 5, false)]
    [InlineData("SCMP_CMP_LE", 5, 0, 5, true)]
    [InlineData("SCMP_CMP_GE", 5, 0, 5, true)]
    [InlineData("SCMP_CMP_GE", 5, 0, 4, false)]
    [InlineData("SCMP_CMP_GT", 5, 0, 0x100000000, true)]
    [InlineData("SCMP_CMP_GT", 5, 0, 5, false)]
    [InlineData("SCMP_CMP_MASKED_EQ", 0x7e020000, 0, 0x11, true)]
    [InlineData("SCMP_CMP_MASKED_EQ", 0x7e020000, 0, 0x10000000, false)]
    [InlineData("SCMP_CMP_MASKED_EQ", 0xff, 0x12, 0xa12, true)]
    [InlineData("SCMP_CMP_MASKED_EQ", 0xff, 0x12, 0xa13, false)]
    public void A_rule_with_a_comparison_holds_for_the_arguments_that_it_names(
        string op, ulong value, ulong valueTwo, ulong asked, bool holds)
    {
        byte[] program = Compile($$"""
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["clone"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": {{value}}, "valueTwo": {{valueTwo}}, "op": "{{op}}"}]}]}
            """).Program;

        Run(program, SysClone, X86_64, asked).Should().Be(holds ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | 1);
    }

    [Fact]
    public void Comparisons_of_different_arguments_must_all_hold()
    {
        byte[] program = Personality("""{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 2, "op": "SCMP_CMP_EQ"}""");

        Run(program, SysPersonality, X86_64, 1, 2).Should().Be(SECCOMP_RET_ALLOW);
        Run(program, SysPersonality, X86_64, 1, 3).Should().Be(SECCOMP_RET_ERRNO | 1);
        Run(program, SysPersonality, X86_64, 0, 2).Should().Be(SECCOMP_RET_ERRNO | 1);
    }

    [Fact]
    public void Comparisons_of_one_argument_hold_each_by_itself() // as runc reads them, since libseccomp takes one only
    {
        byte[] program = Personality("""{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}""");

        Run(program, SysPersonality, X86_64, 1).Should().Be(SECCOMP_RET_ALLOW);
        Run(program, SysPersonality, X86_64, 8).Should().Be(SECCOMP_RET_ALLOW);
        Run(program, SysPersonality, X86_64, 2).Should().Be(SECCOMP_RET_ERRNO | 1);
    }

    [Fact]
    public void A_call_that_this_libseccomp_does_not_know_is_left_out()
    {
        SeccompFilter with = Compile(
            """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["teleport", "mkdir", ""], "action": "SCMP_ACT_TRAP"}]}""");
        SeccompFilter without = Compile(
            """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_TRAP"}]}""");

        with.Program.Should().Equal(without.Program);
    }

    [Fact]
    public void A_call_of_another_architecture_is_left_out_where_it_is_not_known() =>
        FluentActions.Invoking(() => Compile("""
            {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
             "syscalls": [{"names": ["socketcall", "arm_fadvise64_64", "s390_pci_mmio_read", "vm86"], "action": "SCMP_ACT_TRAP"}]}
            """)).Should().NotThrow();

    [Fact]
    public void The_same_rule_twice_and_a_narrower_one_beside_a_wider_are_no_error()
    {
        byte[] program = Compile("""
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
              {"names": ["read", "read"], "action": "SCMP_ACT_ALLOW"},
              {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
              {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]}
            """).Program;

        Run(program, SysRead, X86_64, 9).Should().Be(SECCOMP_RET_ALLOW);
    }

    [Fact]
    public void A_rule_that_does_what_the_default_does_changes_nothing()
    {
        string rule = """{"names": ["read", "mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}""";
        byte[] program = Compile($$"""{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [{{rule}}]}""").Program;
        byte[] another = Compile($$"""{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "syscalls": [{{rule}}]}""").Program;

        Run(program, SysRead).Should().Be(SECCOMP_RET_ERRNO | 38);
        Run(another, SysRead).Should().Be(SECCOMP_RET_ERRNO | 38);
        Run(another, SysWrite).Should().Be(SECCOMP_RET_ERRNO | 1);
    }

    [Fact]
    public void A_call_newer_than_the_profile_is_not_there_rather_than_forbidden()
    {
        const int clone3 = 435;
        byte[] program = Compile("""
            {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
             "syscalls": [{"names": ["rseq", "read"], "action": "SCMP_ACT_ALLOW"}]}
            """).Program;

        Run(program, SysRead).Should().Be(SECCOMP_RET_ALLOW);
        Run(program, SysMkdir).Should().Be(SECCOMP_RET_ERRNO | 1, "mkdir is older than rseq, and forbidden");
        Run(program, clone3).Should().Be(SECCOMP_RET_ERRNO | 38, "clone3 is newer than rseq");
        Run(program, clone3, I386).Should().Be(SECCOMP_RET_ERRNO | 38);
        Run(program, 3, I386).Should().Be(SECCOMP_RET_ALLOW, "3 is read there");
        Run(program, 0x40000000 | clone3).Should().NotBe(SECCOMP_RET_ERRNO | 38, "x32 calls are the filter's business");
    }

    [Fact]
    public void A_profile_that_allows_by_default_allows_what_is_newer() =>
        Run(Compile("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO"}]}""").Program, 435)
            .Should().Be(SECCOMP_RET_ALLOW);

    [Fact]
    public void A_further_architecture_is_filtered_with_its_own_numbers()
    {
        byte[] program = Compile("""
            {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
             "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_TRAP"}]}
            """).Program;

        Run(program, 39, I386).Should().Be(SECCOMP_RET_TRAP);
        Run(program, SysMkdir, I386).Should().Be(SECCOMP_RET_ALLOW);
        Run(program, SysMkdir).Should().Be(SECCOMP_RET_TRAP);
    }

    [Fact]
    public void An_architecture_that_is_not_named_is_killed() =>
        Run(Compile("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_TRAP"}]}""").Program,
            SysRead, I386)
            .Should().BeOneOf(SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS);

    [Theory]
    [InlineData("[]", 0u)]
    [InlineData("""["SECCOMP_FILTER_FLAG_LOG"]""", 2u)]
    [InlineData("""["SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_LOG"]""", 6u)]
    [InlineData("""["SECCOMP_FILTER_FLAG_TSYNC"]""", 0u)]
    public void Flags_are_for_loading_the_filter(string flags, uint bits) =>
        Compile($$"""{"defaultAction": "SCMP_ACT_ALLOW", "flags": {{flags}}}""").Flags.Should().Be(bits);

    [Theory]
    [InlineData("""{}""", "linux.seccomp.defaultAction")]
    [InlineData("""{"defaultAction": "ALLOW"}""", "linux.seccomp.defaultAction")]
    [InlineData("""{"defaultAction": "SCMP_ACT_NOTIFY"}""", "linux.seccomp.defaultAction")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}""", "linux.seccomp.defaultAction")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 65536}""", "linux.seccomp.defaultErrnoRet")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG", "LOUD"]}""", "linux.seccomp.flags[1]")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "x86"]}""", "linux.seccomp.architectures[1]")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_S390X"]}""", "linux.seccomp.architectures[0]")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{}]}""", "linux.seccomp.syscalls[0].action")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"]}]}""", "linux.seccomp.syscalls[0].action")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_TRAP"}]}""", "linux.seccomp.syscalls[0].names")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_TRAP", "args": [{"index": 0, "value": 1}]}]}""", "linux.seccomp.syscalls[0].args[0].op")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "DENY"}]}""", "linux.seccomp.syscalls[0].action")]
    [InlineData("""{"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": "/agent"}""", "linux.seccomp.defaultAction")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_NOTIFY"}]}""", "linux.seccomp.listenerPath")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/agent", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_TRAP"}, {"names": ["read", "write"], "action": "SCMP_ACT_NOTIFY"}]}""", "linux.seccomp.syscalls[1].names[1]")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "x"}""", "linux.seccomp.listenerMetadata")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/agent", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}""", "linux.seccomp.flags")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_TRAP", "errnoRet": 1}]}""", "linux.seccomp.syscalls[0].action")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_TRAP", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]}]}""", "linux.seccomp.syscalls[0].args[0].index")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_TRAP", "args": [{"index": 0, "op": "=="}]}]}""", "linux.seccomp.syscalls[0].args[0].op")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_TRAP"}]}""", "linux.seccomp.syscalls[0].names")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{}, {"names": [1]}]}""", "linux.seccomp.syscalls[1].names[0]")]
    [InlineData("""{"defaultAction": 1}""", "linux.seccomp.defaultAction")]
    [Proves("config-linux-seccomp-01", "config-linux-seccomp-02", "config-linux-seccomp-09", "config-linux-seccomp-10",
        "config-linux-seccomp-11", "config-linux-seccomp-12", "config-linux-seccomp-13", "config-linux-seccomp-16")]
    public void A_bad_profile_is_refused_by_the_path_of_what_is_wrong(string json, string path) =>
        FluentActions.Invoking(() => Compile(json)).Should().Throw<SpecException>().Which.Path.Should().Be(path);

    [Theory]
    [InlineData("""{"value": 7, "op": "SCMP_CMP_EQ"}""", 7UL)]
    [InlineData("""{"index": 0, "op": "SCMP_CMP_EQ"}""", 0UL)]
    [Proves("config-linux-seccomp-14", "config-linux-seccomp-15")]
    public void A_comparison_without_index_or_value_has_0_there(string comparison, ulong held)
    {
        byte[] program = Personality(comparison);

        Run(program, SysPersonality, X86_64, held, 8).Should().Be(SECCOMP_RET_ALLOW);
        Run(program, SysPersonality, X86_64, 8, held).Should().Be(SECCOMP_RET_ERRNO | 1);
    }

    [Theory]
    [InlineData("", 4u | NewListener)] // SPEC_ALLOW, as without the property for any filter
    [InlineData(""" "flags": [],""", NewListener)]
    [InlineData(""" "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],""", 0x20u | NewListener)]
    public void A_filter_that_notifies_has_a_listener_for_its_agent(string flags, uint bits)
    {
        SeccompFilter filter = Compile($$"""
            {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/agent", "listenerMetadata": "x",{{flags}}
             "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}
            """);

        filter.Listener.Should().Be(new SeccompListener("/agent", "x"));
        filter.Flags.Should().Be(bits);
        Run(filter.Program, SysMkdir).Should().Be(Libseccomp.SCMP_ACT_NOTIFY);
    }

    [Fact]
    public void A_filter_that_does_not_notify_has_no_listener()
    {
        SeccompFilter filter = Compile("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/agent", "listenerMetadata": "x"}""");
        filter.Listener.Should().BeNull();
        (filter.Flags & NewListener).Should().Be(0);
    }

    [Fact]
    public void The_line_of_a_wrong_value_counts_from_the_configurations_beginning() =>
        FluentActions.Invoking(() => Compile("{\n\"defaultAction\": 1}"))
            .Should().Throw<SpecException>().Which.Message.Should().EndWith("(line 4)");

    [Theory]
    [InlineData("docker-plain")]
    [InlineData("podman-plain")]
    [InlineData("everything")]
    public void The_profile_of_a_bundle_compiles(string bundle)
    {
        Config config = ConfigReader.Read(File.ReadAllBytes(Path.Combine(Repository.Bundles, bundle, "config.json")));
        byte[] program = SeccompCompiler.Compile(SeccompReader.Read(config.Linux.Seccomp!)).Program;

        Run(program, SysRead).Should().Be(bundle == "podman-plain" ? SECCOMP_RET_ERRNO | 38 : SECCOMP_RET_ALLOW);
    }

    private static byte[] Personality(string args) => Compile($$"""
        {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{{args}}]}]}
        """).Program;

    private static SeccompFilter Compile(string json) => SeccompCompiler.Compile(SeccompReader.Read(Configs.Seccomp(json)));
}
