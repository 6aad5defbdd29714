using Rt.Cgroups;
using Rt.Kernel;
using Rt.Launch;
using Rt.Namespaces;
using Rt.Plan;
using Rt.Security;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What another process of a container compiles to, and in which order.</summary>
[BeyondTheSpec("the plans of exec")]
public sealed class ExecCompilerTests
{
    private const ulong Namespaces = Processes.CLONE_NEWNS | Processes.CLONE_NEWPID | Processes.CLONE_NEWNET;

    private static LaunchPlan Compile(string process, ulong namespaces = Namespaces, string linux = """{"namespaces": [{"type": "mount"}]}""",
        LegacyDirectory[]? legacy = null, ulong capabilities = ulong.MaxValue, bool mayTrace = false)
    {
        Config config = Configs.Read(Configs.With("linux", linux));
        config.Process = ProcessReader.Read(System.Text.Encoding.UTF8.GetBytes(process));
        ProcessValidation.Check(config.Process);
        return Compiler.CompileExec(config, new LaunchOptions { Id = "box", Bundle = "/bundle" },
            new Joining(() => -1, () => -1, legacy ?? [], namespaces, mayTrace), new Host(new CgroupHierarchy(null, "/"), 40, capabilities),
            _ => new SeccompFilter(new byte[8], 0));
    }

    private static List<StepKind> Kinds(LaunchPlan plan) => [.. plan.Reader.Steps().Select(place => place.Kind)];

    [Fact]
    public void What_takes_the_hosts_proc_comes_before_the_container_is_joined()
    {
        LaunchPlan plan = Compile("""
            {"args": ["sh"], "cwd": "/", "apparmorProfile": "box", "selinuxLabel": "l", "oomScoreAdj": 5,
                "user": {"uid": 1, "gid": 2}, "noNewPrivileges": true}
            """, legacy: [new LegacyDirectory("pids", "/sys/fs/cgroup/pids/box")]);
        Kinds(plan).Should().Equal(
            StepKind.JoinCgroup, StepKind.WriteAttribute, StepKind.WriteAttribute, StepKind.WriteAttribute, StepKind.WriteAttribute,
            StepKind.JoinContainer, StepKind.FindRoot, StepKind.NewSession, StepKind.SessionKeyring,
            StepKind.HomeDirectory, StepKind.WorkingDirectory, StepKind.CloseDescriptors, StepKind.SetAffinity, StepKind.BoundingSet,
            StepKind.NoNewPrivileges, StepKind.SetUser, StepKind.ClosedDirectory, StepKind.SetCapabilities, StepKind.FindExecutable,
            StepKind.Ready, StepKind.Executing, StepKind.Execute);
        Plans.Step<JoinContainer>(plan).Types.Should().Be(Namespaces & ~Processes.CLONE_NEWPID);
        plan.Reader.Header.PidNamespaceOf.Should().Be(Plans.Step<JoinContainer>(plan).Init, "it is born in the pid namespace");
    }

    [Fact]
    public void Nothing_of_the_containers_file_systems_is_made_anew()
    {
        LaunchPlan plan = Compile("""{"args": ["sh"], "cwd": "/work", "terminal": true}""");
        Kinds(plan).Should().Contain(StepKind.OpenTerminal).And.NotContain([StepKind.BindConsole, StepKind.MountFileSystem, StepKind.MakeDevice]);
        Plans.Step<Process.WorkingDirectory>(plan).Make.Should().BeFalse();
    }

    [Theory]
    [InlineData(Namespaces, ulong.MaxValue, false, false)]
    [InlineData(Namespaces, 1UL << 21, false, false)]
    [InlineData(Namespaces, 0, false, true)]
    [InlineData(Namespaces, ulong.MaxValue, true, true)]
    [InlineData(Processes.CLONE_NEWNS, 0, true, false)]
    public void A_second_process_joins_for_those_without_CAP_SYS_ADMIN_and_for_containers_that_trace(
        ulong namespaces, ulong capabilities, bool mayTrace, bool second)
    {
        LaunchPlan plan = Compile("""{"args": ["sh"], "cwd": "/"}""", namespaces, capabilities: capabilities, mayTrace: mayTrace);
        plan.ForksTwice.Should().Be(second);
        Kinds(plan).Contains(StepKind.ForkSibling).Should().Be(second);
        if (second) Plans.Step<JoinContainer>(plan).Types.Should().Be(namespaces);
    }

    [Fact]
    public void Of_a_container_with_the_callers_namespaces_none_is_joined() =>
        Kinds(Compile("""{"args": ["sh"], "cwd": "/"}""", 0)).Should().NotContain(StepKind.JoinContainer);

    [Fact]
    public void A_container_without_a_mount_namespace_of_its_own_is_entered_by_its_root()
    {
        LaunchPlan plan = Compile("""{"args": ["sh"], "cwd": "/"}""", Processes.CLONE_NEWPID, """{"namespaces": [{"type": "pid"}]}""");
        Kinds(plan).Should().Contain(StepKind.ChangeRoot).And.NotContain(StepKind.FindRoot);
        plan.Openings.Should().Contain(opening => opening.Slot == Slot.Root);
    }

    [Fact]
    public void The_mappings_of_a_user_namespace_are_not_written_again()
    {
        LaunchPlan plan = Compile("""{"args": ["sh"], "cwd": "/", "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1, "hard": 2}]}""",
            Processes.CLONE_NEWUSER, """
            {"namespaces": [{"type": "user"}, {"type": "mount"}], "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}],
                "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}]}
            """);
        plan.UserNamespace.Should().BeNull();
        plan.LimitsFromOutside.Should().BeTrue("in the namespace it could not raise one");
        Kinds(plan).Should().Contain(StepKind.BecomeRoot).And.NotContain(StepKind.SetRlimit);
    }

    public static TheoryData<string[], string> Cgroups => new()
    {
        { [], "" },
        { ["/"], "=" },
        { ["a/b/"], "=/a/b" },
        { ["cpu,memory:a", "pids:/b"], "cpu=/a memory=/a pids=/b" },
    };

    [Theory]
    [MemberData(nameof(Cgroups))]
    public void Cgroups_are_named_for_all_controllers_or_for_some(string[] arguments, string paths) =>
        string.Join(' ', ExecCgroup.Parse(arguments).Select(one => $"{one.Key}={one.Value}")).Should().Be(paths);

    public static TheoryData<string[], string> WrongCgroups => new()
    {
        { ["a", "b"], "missing <controller>: prefix" },
        { [":a"], "empty <controller> prefix" },
        { ["cpu,:a"], "empty <controller> prefix" },
        { ["cpu:a", "cpu:b"], "controller cpu specified multiple times" },
        { ["a/../b"], "may not lead up" },
        { ["cpu:.."], "may not lead up" },
    };

    [Theory]
    [MemberData(nameof(WrongCgroups))]
    public void Others_are_refused(string[] arguments, string words) =>
        FluentActions.Invoking(() => ExecCgroup.Parse(arguments)).Should().Throw<RtException>().WithMessage($"*{words}*");

    [Fact]
    public void A_process_takes_over_what_it_does_not_speak_of()
    {
        ContainerProcess own = ProcessReader.Read("""
            {"args": ["a"], "cwd": "/", "env": ["A=1"], "capabilities": {"bounding": ["CAP_CHOWN"]}, "noNewPrivileges": true,
                "apparmorProfile": "p", "oomScoreAdj": 7, "rlimits": [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]}
            """u8.ToArray());
        ContainerProcess other = ProcessReader.Read("""{"args": ["b"], "cwd": "/b", "oomScoreAdj": 0}"""u8.ToArray());
        other.InheritFrom(own);
        other.Capabilities!.Bounding.Should().Equal("CAP_CHOWN");
        other.ApparmorProfile.Should().Be("p");
        other.OomScoreAdj.Should().Be(0);
        other.Rlimits.Should().ContainSingle();
        other.Env.Should().BeEmpty();
        other.NoNewPrivileges.Should().BeFalse("as under runc, that is said by the process itself");
    }
}
