using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Scheduler, I/O priority, memory policy and personality, as a container's first process has them.</summary>
public sealed class SchedulingTests
{
    /// <summary>Nice value, real-time priority and policy (proc_pid_stat(5)).</summary>
    private const string OwnScheduler = "cut -d' ' -f19,40,41 /proc/1/stat; true";

    private static string Inside(string script, string section, string name, string value, Action<JsonNode>? change = null)
    {
        using Container container = Container.Script(script, config =>
        {
            config[section]![name] = JsonNode.Parse(value);
            change?.Invoke(config);
        });
        return container.Run().ShouldEndWith(0).Out.TrimEnd('\n');
    }

    [Theory]
    [InlineData("""{"policy": "SCHED_OTHER", "nice": 7}""", "7 0 0")]
    [InlineData("""{"policy": "SCHED_OTHER", "nice": -5}""", "-5 0 0")]
    [InlineData("""{"policy": "SCHED_BATCH", "nice": 3}""", "3 0 3")]
    [InlineData("""{"policy": "SCHED_IDLE"}""", "0 0 5")]
    public void Its_scheduler_is_the_configurations(string scheduler, string seen) =>
        Inside(OwnScheduler, "process", "scheduler", scheduler).Should().Be(seen);

    [Fact]
    [Proves("config-linuxprocess-06", "config-linuxprocess-07")]
    public void Its_nice_value_and_priority_are_0_if_none_are_given_also_where_the_callers_are_not()
    {
        using Container container = Container.Script(OwnScheduler,
            config => config["process"]!["scheduler"] = JsonNode.Parse("""{"policy": "SCHED_BATCH"}"""));
        Command.Run("nice", "-n", "7", Repository.Binary, "--root", container.StateRoot, "run", "-b", container.Bundle, container.Id)
            .ShouldEndWith(0).Out.Should().Be("0 0 3\n");
    }

    [Fact]
    public void Its_scheduler_is_set_before_privileges_are_given_up() =>
        Inside(OwnScheduler, "process", "scheduler", """{"policy": "SCHED_OTHER", "nice": -20}""",
            config => config["process"]!["user"]!["uid"] = 1000).Should().Be("-20 0 0");

    [RealtimeTheory]
    [InlineData("""{"policy": "SCHED_FIFO", "priority": 10}""", "0 10 1")]
    [InlineData("""{"policy": "SCHED_RR", "priority": 1}""", "0 1 2")]
    [InlineData("""
        {"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 10000000, "period": 20000000, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}
        """, "0 0 6")]
    public void It_can_have_a_real_time_policy(string scheduler, string seen) =>
        Inside(OwnScheduler, "process", "scheduler", scheduler).Should().Be(seen);

    [RealtimeTheory]
    [InlineData("", "10 2")]
    [InlineData("\"SCHED_FLAG_RESET_ON_FORK\"", "0 0")]
    public void Its_children_are_real_time_too_unless_a_flag_resets_them(string flags, string seen) =>
        Inside("cut -d' ' -f40,41 /proc/self/stat; true", "process", "scheduler",
            $$"""{"policy": "SCHED_RR", "priority": 10, "flags": [{{flags}}]}""").Should().Be(seen);

    [Fact]
    public void A_policy_that_the_kernel_does_not_have_is_refused_by_its_path() => new Container(config =>
        config["process"]!["scheduler"] = JsonNode.Parse("""{"policy": "SCHED_ISO"}"""))
        .Use(container =>
        {
            container.Run().ShouldFailWith("process.scheduler: set scheduler SCHED_ISO: invalid argument");
            container.ShouldHaveLeftNothing();
        });

    [Theory]
    [InlineData("IOPRIO_CLASS_BE", 3, "best-effort: prio 3")]
    [InlineData("IOPRIO_CLASS_BE", 0, "best-effort: prio 0")]
    [InlineData("IOPRIO_CLASS_RT", 7, "realtime: prio 7")]
    [InlineData("IOPRIO_CLASS_IDLE", 4, "idle")]
    public void Its_io_priority_is_the_configurations(string name, int level, string seen) =>
        Inside("ionice -p 1", "process", "ioPriority", $$"""{"class": "{{name}}", "priority": {{level}}}""",
            config => config["process"]!["user"]!["uid"] = 1000).Should().Be(seen);

    [Fact]
    [Proves("config-linuxprocess-12")]
    public void An_io_priority_that_is_not_given_is_the_highest() =>
        Inside("ionice -p 1", "process", "ioPriority", """{"class": "IOPRIO_CLASS_BE"}""").Should().Be("best-effort: prio 0");

    [NumaTheory]
    [InlineData("""{"mode": "MPOL_BIND", "nodes": "0"}""", "bind:0")]
    [InlineData("""{"mode": "MPOL_INTERLEAVE", "nodes": "0"}""", "interleave:0")]
    [InlineData("""{"mode": "MPOL_PREFERRED", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}""", "prefer=static:0")]
    [InlineData("""{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES"]}""", "bind=relative:0")]
    [InlineData("""{"mode": "MPOL_LOCAL"}""", "local")]
    [InlineData("""{"mode": "MPOL_DEFAULT"}""", "default")]
    public void Its_memory_policy_is_the_configurations(string policy, string seen) =>
        Inside("grep ' stack ' /proc/1/numa_maps | cut -d' ' -f2", "linux", "memoryPolicy", policy).Should().Be(seen);

    [NumaTheory]
    [InlineData("4095")]
    public void A_node_that_is_not_there_is_refused_by_its_path(string node) => new Container(config =>
        config["linux"]!["memoryPolicy"] = JsonNode.Parse($$"""{"mode": "MPOL_BIND", "nodes": "{{node}}"}"""))
        .Use(container => container.Run()
            .ShouldFailWith($"linux.memoryPolicy: set_mempolicy MPOL_BIND: invalid argument (a node of \"{node}\" that is not there"));

    [Theory]
    [InlineData("LINUX32", "00000008")]
    [InlineData("LINUX", "00000000")]
    public void Its_personality_is_the_configurations(string domain, string seen) =>
        Inside("cat /proc/1/personality", "linux", "personality", $$"""{"domain": "{{domain}}"}""").Should().Be(seen);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_32_bit_personality_shows_in_uname_also_where_the_filter_forbids_personality(bool noNewPrivileges) =>
        Inside("uname -m", "linux", "personality", """{"domain": "LINUX32"}""", config =>
        {
            config["process"]!["noNewPrivileges"] = noNewPrivileges;
            config["linux"]!["seccomp"] = JsonNode.Parse(
                """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["personality"], "action": "SCMP_ACT_KILL_PROCESS"}]}""");
        }).Should().Be(RuntimeInformation.OSArchitecture == Architecture.X64 ? "i686" : "armv8l");

    [Fact]
    public void CPUs_for_processes_of_exec_do_not_concern_the_first_one() =>
        Inside("grep Cpus_allowed_list: /proc/1/status", "process", "execCPUAffinity", """{"initial": "0", "final": "0"}""")
            .Should().Be(Command.Run("grep", "Cpus_allowed_list:", "/proc/self/status").Out.TrimEnd());
}
