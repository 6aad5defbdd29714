using System.Text.Json.Nodes;
using Rt.Kernel;
using Rt.Launch;
using Rt.Plan;
using Rt.Process;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What scheduler, ioPriority, memoryPolicy and personality compile to. Numbers are those of the kernel's uapi headers.</summary>
public sealed class SchedulingTests
{
    private const string All = """
        "scheduler": {"policy": "SCHED_BATCH", "nice": 5}, "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 3}
        """;

    [Theory]
    [InlineData("""{"policy": "SCHED_OTHER", "nice": -20}""", 0, "sched_setattr SCHED_OTHER nice=-20")]
    [InlineData("""{"policy": "SCHED_FIFO", "priority": 99}""", 1, "sched_setattr SCHED_FIFO priority=99")]
    [InlineData("""{"policy": "SCHED_RR", "priority": 1}""", 2, "sched_setattr SCHED_RR priority=1")]
    [InlineData("""{"policy": "SCHED_BATCH", "nice": 19}""", 3, "sched_setattr SCHED_BATCH nice=19")]
    [InlineData("""{"policy": "SCHED_ISO"}""", 4, "sched_setattr SCHED_ISO")]
    [InlineData("""{"policy": "SCHED_IDLE"}""", 5, "sched_setattr SCHED_IDLE")]
    [InlineData("""{"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 2000000, "period": 18446744073709551615}""", 6,
        "sched_setattr SCHED_DEADLINE deadline=2000000ns period=18446744073709551615ns runtime=1000000ns")]
    public void A_scheduling_policy_is_the_kernels_number(string scheduler, uint policy, string words)
    {
        LaunchPlan plan = Plans.Compile(Configs.With("process.scheduler", scheduler));

        Plans.Step<SetScheduler>(plan).Attributes.policy.Should().Be(policy);
        PlanLine line = PlanListing.Of(plan).Single(line => line.Step == "sched_setattr");
        Plans.Words(line).Should().Be(words);
        line.Origin.Should().Be("process.scheduler");
    }

    [Fact]
    public void The_attributes_of_a_deadline_go_to_the_kernel_as_they_are() =>
        Plans.Step<SetScheduler>(Plans.Compile(Configs.With("process.scheduler",
            """{"policy": "SCHED_DEADLINE", "runtime": 1, "deadline": 2, "period": 3}"""))).Attributes
            .Should().Be(new Scheduling.sched_attr { policy = 6, runtime = 1, deadline = 2, period = 3 });

    [Fact]
    [Proves("config-linuxprocess-08", "config-linuxprocess-09", "config-linuxprocess-10")]
    public void Times_of_a_deadline_that_are_not_given_are_0() =>
        Plans.Step<SetScheduler>(Plans.Compile(Configs.With("process.scheduler", """{"policy": "SCHED_DEADLINE"}"""))).Attributes
            .Should().Be(new Scheduling.sched_attr { policy = 6 });

    [Theory]
    [InlineData("SCHED_FLAG_RESET_ON_FORK", 0x01)]
    [InlineData("SCHED_FLAG_RECLAIM", 0x02)]
    [InlineData("SCHED_FLAG_DL_OVERRUN", 0x04)]
    [InlineData("SCHED_FLAG_KEEP_POLICY", 0x08)]
    [InlineData("SCHED_FLAG_KEEP_PARAMS", 0x10)]
    [InlineData("SCHED_FLAG_UTIL_CLAMP_MIN", 0x20)]
    [InlineData("SCHED_FLAG_UTIL_CLAMP_MAX", 0x40)]
    [InlineData("SCHED_FLAG_RESET_ON_FORK SCHED_FLAG_KEEP_PARAMS", 0x11)]
    public void Scheduling_flags_are_bits(string flags, ulong bits)
    {
        LaunchPlan plan = Plans.Compile(Configs.With("process.scheduler",
            $$"""{"policy": "SCHED_OTHER", "flags": [{{Quoted(flags)}}]}"""));
        Plans.Step<SetScheduler>(plan).Attributes.flags.Should().Be(bits);
        PlanListing.Of(plan).Single(line => line.Step == "sched_setattr").Details["flags"].Should().Be(flags);
    }

    [Theory]
    [InlineData("IOPRIO_CLASS_RT", 0, 1)]
    [InlineData("IOPRIO_CLASS_BE", 7, 2)]
    [InlineData("IOPRIO_CLASS_IDLE", 4, 3)]
    public void An_io_priority_is_class_and_level(string name, uint level, uint number)
    {
        LaunchPlan plan = Plans.Compile(Configs.With("process.ioPriority", $$"""{"class": "{{name}}", "priority": {{level}}}"""));
        Plans.Step<SetIoPriority>(plan).Should().Be(new SetIoPriority { Class = number, Level = level });
        PlanLine line = PlanListing.Of(plan).Single(line => line.Step == "ioprio_set");
        Plans.Words(line).Should().Be($"ioprio_set {name} level={level}");
        line.Origin.Should().Be("process.ioPriority");
    }

    [Theory]
    [InlineData("MPOL_DEFAULT", "", "", 0, "")]
    [InlineData("MPOL_PREFERRED", "1", "", 1, "2,0")]
    [InlineData("MPOL_PREFERRED", "", "", 1, "")]
    [InlineData("MPOL_BIND", "0-3,33", "MPOL_F_STATIC_NODES", 0x8002, "f,2")]
    [InlineData("MPOL_INTERLEAVE", "63-64", "MPOL_F_RELATIVE_NODES", 0x4003, "0,80000000,1,0")]
    [InlineData("MPOL_LOCAL", "", "", 4, "")]
    [InlineData("MPOL_PREFERRED_MANY", "0", "", 5, "1,0")]
    [InlineData("MPOL_WEIGHTED_INTERLEAVE", "0", "MPOL_F_NUMA_BALANCING", 0x2006, "1,0")]
    public void A_memory_policy_is_a_mode_with_flags_and_a_bit_a_node(string mode, string nodes, string flags, uint number, string mask)
    {
        LaunchPlan plan = Plans.Compile(Configs.With("linux.memoryPolicy",
            $$"""{"mode": "{{mode}}", "nodes": "{{nodes}}", "flags": [{{Quoted(flags)}}]}"""));

        SetMemoryPolicy step = Plans.Step<SetMemoryPolicy>(plan);
        step.Mode.Should().Be(number);
        string.Join(',', plan.Reader.Numbers(step.Mask).Select(word => word.ToString("x"))).Should().Be(mask);
        PlanLine line = PlanListing.Of(plan).Single(line => line.Step == "set_mempolicy");
        line.Object.Should().Be(mode);
        line.Details.GetValueOrDefault("nodes", "").Should().Be(nodes);
        line.Details.GetValueOrDefault("flags", "").Should().Be(flags);
        line.Origin.Should().Be("linux.memoryPolicy");
    }

    [Theory]
    [InlineData("LINUX", 0)]
    [InlineData("LINUX32", 8)]
    public void A_personality_is_the_kernels_number(string domain, uint number)
    {
        LaunchPlan plan = Plans.Compile(Configs.With("linux.personality", $$"""{"domain": "{{domain}}"}"""));
        Plans.Step<SetPersonality>(plan).Domain.Should().Be(number);
        Plans.Words(PlanListing.Of(plan).Single(line => line.Origin == "linux.personality")).Should().Be($"personality {domain}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void They_come_after_the_limits_while_privileged_and_unfiltered(bool noNewPrivileges)
    {
        JsonNode config = JsonNode.Parse(Configs.With("linux.seccomp", "{}"))!;
        foreach (var (name, value) in JsonNode.Parse($"{{{All}}}")!.AsObject()) config["process"]![name] = value!.DeepClone();
        config["process"]!["noNewPrivileges"] = noNewPrivileges;
        config["linux"]!["memoryPolicy"] = JsonNode.Parse("""{"mode": "MPOL_BIND", "nodes": "0"}""");
        config["linux"]!["personality"] = JsonNode.Parse("""{"domain": "LINUX32"}""");

        List<string> steps = [.. Plans.Lines(config.ToJsonString()).Select(line => line.Step)];
        string[] order = ["setrlimit", "sched_setattr", "ioprio_set", "set_mempolicy", "personality", "bounding-set"];
        steps.Where(order.Contains).Should().Equal(order);
        steps.IndexOf("personality").Should().BeLessThan(steps.IndexOf("user")).And.BeLessThan(steps.IndexOf("seccomp"));
        steps.IndexOf("sched_setattr").Should().BeGreaterThan(steps.IndexOf("pivot_root"));
    }

    [Fact]
    public void Without_the_properties_nothing_is_set() =>
        Plans.Lines(Configs.Good).Select(line => line.Step)
            .Should().NotContain(["sched_setattr", "ioprio_set", "set_mempolicy", "personality"]);

    [Theory]
    [InlineData("""{"policy": "SCHED_DEADLINE", "runtime": 1, "deadline": 1, "period": 1}""", Errno.EPERM,
        "set scheduler SCHED_DEADLINE: operation not permitted (it takes CAP_SYS_NICE and all CPUs: not with linux.resources.cpu.cpus)")]
    [InlineData("""{"policy": "SCHED_DEADLINE", "runtime": 1, "deadline": 1, "period": 1}""", Errno.EINVAL,
        "set scheduler SCHED_DEADLINE: invalid argument (1024 ns at least, runtime <= deadline <= period)")]
    [InlineData("""{"policy": "SCHED_FIFO", "priority": 1}""", Errno.EPERM,
        "set scheduler SCHED_FIFO: operation not permitted "
        + "(it takes CAP_SYS_NICE and, for a real-time policy, a cgroup with real-time runtime)")]
    [InlineData("""{"policy": "SCHED_ISO"}""", Errno.EINVAL, "set scheduler SCHED_ISO: invalid argument")]
    public void A_scheduler_that_the_kernel_refuses_is_told_with_the_likely_reason(string scheduler, int errno, string words) =>
        Word<SetScheduler>(Configs.With("process.scheduler", scheduler), errno).Should().Be(words);

    [Theory]
    [InlineData("7", Errno.EINVAL, "set_mempolicy MPOL_PREFERRED: invalid argument (a node of \"7\" that is not there or not the "
        + "container's, or a newer kernel's mode)")]
    [InlineData("", Errno.EINVAL, "set_mempolicy MPOL_PREFERRED: invalid argument")]
    [InlineData("0", Errno.ENOSYS, "set_mempolicy MPOL_PREFERRED: function not implemented (this kernel knows no NUMA)")]
    public void A_memory_policy_that_the_kernel_refuses_is_told_with_the_likely_reason(string nodes, int errno, string words) =>
        Word<SetMemoryPolicy>(Configs.With("linux.memoryPolicy", $$"""{"mode": "MPOL_PREFERRED", "nodes": "{{nodes}}"}"""), errno)
            .Should().Be(words);

    private static string Word<T>(string json, int errno)
        where T : unmanaged, IStep
    {
        LaunchPlan plan = Plans.Compile(json);
        return ((IStep)Plans.Step<T>(plan)).Word(plan.Reader, errno, "");
    }

    private static string Quoted(string words) =>
        string.Join(", ", words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => $"\"{word}\""));
}
