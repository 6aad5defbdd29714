using Rt.Cgroups;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What a container may do with devices, asked of the kernel's own rules for what was written to cgroup v1's files.</summary>
public sealed class LegacyDevicesTests
{
    private const string Default = """
        c 1:3 rwm,c 1:5 rwm,c 1:7 rwm,c 1:8 rwm,c 1:9 rwm,c 5:0 rwm,c 5:1 rwm,c 5:2 rwm,c 136:* rwm,c 10:200 rwm,c *:* m,b *:* m
        """;

    [Theory]
    [InlineData("")]
    [InlineData("- a *:* rwm")]
    [InlineData("- a *:* rw")]
    [InlineData("+ a *:* rwm; - a *:* rwm")]
    [InlineData("- a *:* rwm; + c 10:1 m")]
    [InlineData("- a *:* rwm; - c 1:3 r; - b 8:0 r")]
    public void Without_any_allowed_by_the_rules_there_are_those_of_every_container(string rules) =>
        Written(rules).Should().Be($"deny a; allow {Default}");

    [Theory]
    [InlineData("+ a *:* rwm", "allow a")]
    [InlineData("- a *:* rwm; + a *:* rwm", "allow a")]
    [InlineData("+ a *:* rwm; - b 8:0 rwm", "allow a; deny b 8:0 rw")]
    [InlineData("+ a *:* rwm; - c 1:3 rwm", "allow a")]
    [InlineData("+ a *:* rwm; - b 8:* w; + b 8:* w", "allow a")]
    public void With_all_allowed_there_are_exceptions(string rules, string written) => Written(rules).Should().Be(written);

    /// <summary>"a" would stand for all devices and accesses, whatever comes behind it.</summary>
    [Fact]
    public void A_rule_for_both_types_becomes_two() =>
        Written("- a *:* rwm; + a 8:* r").Should().StartWith("deny a; allow c 8:* r,b 8:* r,c 1:3");

    [Fact]
    public void All_of_one_type_are_denied_by_allowing_all_of_the_other() =>
        Written("+ a *:* rwm; - c *:* rwm").Should().StartWith("deny a; allow b *:* rwm,c 1:3 rwm");

    [Theory]
    [InlineData("- a *:* rwm; + c 10:* rwm; - c 10:1 rwm", 2)]
    [InlineData("- a *:* rwm; + b *:* r; - b 8:* r", 2)]
    [InlineData("+ a *:* rwm; - b 8:* rwm; + b 8:1 rwm", 2)]
    [InlineData("+ a *:* rwm; - c 1:* rwm", 1)] // which has the devices of every container in it
    [Proves("config-linux-devicerules-01")]
    public void A_rule_about_a_part_of_what_another_is_about_can_not_be_told_and_is_refused(string rules, int index) =>
        FluentActions.Invoking(() => Written(rules)).Should().Throw<SpecException>()
            .Where(e => e.Path == $"linux.resources.devices[{index}]" && e.Message.Contains("can't be told to cgroup v1: it "));

    /// <summary>Of ten thousand lists of rules, each either comes to what the program for cgroup v2 does or is refused.</summary>
    /// <summary>Majors on one side, minors on the other: each pair is an exception that allows both accesses.</summary>
    [Fact]
    public void Rules_that_come_to_too_many_exceptions_are_refused()
    {
        List<DeviceRule> rules = [];
        for (int i = 0; i < 10_000; i++)
            rules.Add(i % 2 == 0
                ? new DeviceRule { Allow = true, Type = "c", Major = i, Access = "r" }
                : new DeviceRule { Allow = true, Type = "c", Minor = i, Access = "w" });
        FluentActions.Invoking(() => LegacyDevices.Compile(rules)).Should().Throw<SpecException>()
            .WithMessage("linux.resources.devices: can't be told to cgroup v1: they come to more than 4096 exceptions");
    }

    [Fact]
    [Proves("config-linux-devicerules-01")]
    public void The_outcome_is_that_of_cgroup_v2()
    {
        Random random = new(1);
        int taken = 0;
        for (int i = 0; i < 10_000; i++)
        {
            List<DeviceRule> rules = [.. Enumerable.Range(0, random.Next(6)).Select(_ => RandomRule(random))];
            List<CgroupWrite> writes;
            try
            {
                writes = LegacyDevices.Compile(rules);
            }
            catch (SpecException)
            {
                continue;
            }

            taken++;
            LegacyDeviceKernel kernel = new(writes);
            byte[] program = DeviceProgram.Compile(rules);
            foreach (char type in "cb")
                foreach (uint major in (uint[])[1, 5, 8])
                    foreach (uint minor in (uint[])[1, 3, 9])
                        foreach (string access in (string[])["r", "w", "m", "rw"])
                            kernel.Allows(type, major, minor, access)
                                .Should().Be(DeviceInterpreter.Allows(program, type, major, minor, Bits(access)),
                                    "{0} {1}:{2} {3} is asked for, and the rules are {4}", type, major, minor, access, Words(rules));
        }

        taken.Should().BeInRange(3_000, 9_500, "some lists can be told and some can't");
    }

    private static DeviceRule RandomRule(Random random) => new()
    {
        Allow = random.Next(2) == 0,
        Type = "aaccbbu"[random.Next(7)].ToString(),
        Major = ((long?[])[null, 1, 5, 8])[random.Next(4)],
        Minor = ((long?[])[null, null, 1, 3, 9])[random.Next(5)],
        Access = ((string[])["", "r", "w", "rw", "rwm", "m"])[random.Next(6)],
    };

    private static int Bits(string access) =>
        access.Sum(letter => letter switch { 'm' => DeviceInterpreter.Mknod, 'r' => DeviceInterpreter.Read, _ => DeviceInterpreter.Write });

    private static string Words(List<DeviceRule> rules) => string.Join("; ",
        rules.Select(rule => $"{(rule.Allow ? '+' : '-')} {rule.Type} {Number(rule.Major)}:{Number(rule.Minor)} {rule.Access}"));

    private static string Number(long? number) => number?.ToString() ?? "*";

    private static string Written(string rules) => string.Join("; ", LegacyDevices.Compile(DeviceProgramTests.Rules(rules))
        .Select(write => $"{write.File["devices.".Length..]} {write.Value.Replace('\n', ',')}"));
}
