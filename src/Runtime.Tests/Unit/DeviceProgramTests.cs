using Rt.Cgroups;
using Rt.Spec;
using Rt.Tests.Matrix;
using static Rt.Tests.Unit.DeviceInterpreter;

namespace Rt.Tests.Unit;

/// <summary>What a container may do with devices, asked of the compiled program.</summary>
public sealed class DeviceProgramTests
{
    private const string DenyAll = "- a *:* rwm";

    [Theory]
    [InlineData("", "c 10:229 r", false)] // no rule: no
    [InlineData("- a *:* rwm", "c 10:229 r", false)]
    [InlineData("- a *:* rwm", "b 8:0 w", false)]
    [InlineData("+ a *:* rwm", "b 8:0 rw", true)]
    [InlineData("+ a *:* ", "b 8:0 rw", true)] // no access named: all
    [InlineData("- a *:* rwm; + c 10:229 rwm", "c 10:229 rw", true)]
    [InlineData("- a *:* rwm; + c 10:229 rwm", "b 10:229 rw", false)]
    [InlineData("- a *:* rwm; + c 10:229 rwm", "c 10:230 rw", false)]
    [InlineData("- a *:* rwm; + c 10:229 rwm", "c 11:229 rw", false)]
    [InlineData("- a *:* rwm; + u 10:229 rwm", "c 10:229 rw", true)]
    [InlineData("- a *:* rwm; + c 10:* rwm", "c 10:1234567 rw", true)]
    [InlineData("- a *:* rwm; + c *:7 rwm", "c 99:7 r", true)]
    [InlineData("- a *:* rwm; + c *:7 rwm", "c 99:8 r", false)]
    [InlineData("- a *:* rwm; + c *:* r", "c 99:8 r", true)]
    [InlineData("- a *:* rwm; + a 8:0 r", "b 8:0 r", true)]
    [InlineData("- a *:* rwm; + a 8:0 r", "c 8:0 r", true)]
    [InlineData("- a *:* rwm; + c 0:0 r", "c 0:0 r", true)]
    [InlineData("- a *:* rwm; + c 0:0 r", "c 0:1 r", false)]
    public void A_rule_speaks_of_the_devices_that_it_names(string rules, string asked, bool allowed) => Check(rules, asked, allowed);

    [Theory]
    [InlineData("+ c 10:1 rwm; - a *:* rwm", "c 10:1 r", false)]
    [InlineData("- a *:* rwm; + c 10:1 rwm; - c 10:1 w", "c 10:1 r", true)]
    [InlineData("- a *:* rwm; + c 10:1 rwm; - c 10:1 w", "c 10:1 w", false)]
    [InlineData("- a *:* rwm; + c 10:1 rwm; - c 10:1 w", "c 10:1 rw", false)]
    [InlineData("- a *:* rwm; - c 10:1 w; + c 10:1 rwm", "c 10:1 rw", true)]
    [InlineData("- a *:* rwm; + c 10:* rwm; - c 10:1 rwm", "c 10:1 r", false)]
    [InlineData("- a *:* rwm; + c 10:* rwm; - c 10:1 rwm", "c 10:2 r", true)]
    [InlineData("+ a *:* rwm; - b *:* w", "b 8:0 r", true)]
    [InlineData("+ a *:* rwm; - b *:* w", "b 8:0 rw", false)]
    [InlineData("+ a *:* rwm; - b *:* w", "c 8:0 rw", true)]
    [Proves("config-linux-devicerules-01")]
    public void The_last_rule_that_speaks_of_an_access_decides_it(string rules, string asked, bool allowed) => Check(rules, asked, allowed);

    [Theory]
    [InlineData("+ c 10:1 r", "c 10:1 r", true)]
    [InlineData("+ c 10:1 r", "c 10:1 w", false)]
    [InlineData("+ c 10:1 r", "c 10:1 rw", false)]
    [InlineData("+ c 10:1 rw", "c 10:1 rw", true)]
    [InlineData("+ c 10:1 r; + c 10:1 w", "c 10:1 rw", true)]
    [InlineData("+ c 10:1 w; + c 10:1 r", "c 10:1 rw", true)]
    [InlineData("+ c 10:1 r; + c 10:2 rwm; + c 10:1 w", "c 10:1 rw", true)]
    [InlineData("+ c 10:1 r; - c 10:1 r; + c 10:1 w", "c 10:1 rw", false)]
    [InlineData("+ c 10:1 ; + c 10:1 r", "c 10:1 rw", true)]
    [InlineData("+ c 10:1 r; + c 10:1 ", "c 10:1 rw", true)]
    [InlineData("+ c 10:* r; + c 10:1 w", "c 10:1 w", true)]
    [InlineData("+ c 10:* r; + c 10:1 w", "c 10:2 w", false)]
    public void An_access_is_allowed_if_all_that_it_asks_for_is(string rules, string asked, bool allowed) =>
        Check($"{DenyAll}; {rules}", asked, allowed);

    [Theory]
    [InlineData("c 1:3 rw", true)] // null
    [InlineData("c 1:5 rw", true)] // zero
    [InlineData("c 1:7 rw", true)] // full
    [InlineData("c 1:8 rw", true)] // random
    [InlineData("c 1:9 rw", true)] // urandom
    [InlineData("c 5:0 rw", true)] // tty
    [InlineData("c 5:1 rw", true)] // console
    [InlineData("c 5:2 rw", true)] // ptmx
    [InlineData("c 136:0 rw", true)] // pts
    [InlineData("c 136:1048575 rw", true)]
    [InlineData("c 8:0 m", true)]
    [InlineData("b 8:0 m", true)]
    [InlineData("b 8:0 r", false)]
    [InlineData("c 1:1 r", false)] // mem
    [InlineData("c 1:4 r", false)] // port
    [InlineData("c 5:3 r", false)]
    [InlineData("b 1:3 r", false)]
    [InlineData("c 137:0 r", false)]
    public void The_default_devices_and_mknod_are_allowed_whatever_the_rules(string asked, bool allowed) => Check(DenyAll, asked, allowed);

    [Theory]
    [InlineData(2147483647u)]
    [InlineData(2147483648u)]
    [InlineData(4294967295u)]
    public void Numbers_of_32_bits_are_compared_whole(uint number)
    {
        Check($"{DenyAll}; + b {number}:{number} r", $"b {number}:{number} r", true);
        Check($"{DenyAll}; + b {number}:{number} r", $"b {number}:{number - 1} r", false);
        Check($"{DenyAll}; + b {number}:{number} r", $"b {number & 0xffff}:{number} r", false);
    }

    [Theory]
    [InlineData("")]
    [InlineData("- a *:* rwm")]
    [InlineData("+ a *:* rwm")]
    [InlineData("+ a *:* rwm; - a *:* rwm; + c 1:1 r")]
    [InlineData("- a *:* r; + a 1:* ; - b *:* m")]
    public void The_verifier_finds_no_path_out_of_the_program_and_no_instruction_that_is_never_reached(string rules) =>
        Unreachable(DeviceProgram.Compile(Rules(rules))).Should().BeEmpty();

    [Fact]
    public void Many_rules_still_make_one_program()
    {
        string rules = DenyAll + string.Concat(Enumerable.Range(0, 1000).Select(minor => $"; + c 200:{minor} rw"));
        Check(rules, "c 200:0 rw", true);
        Check(rules, "c 200:999 rw", true);
        Check(rules, "c 200:1000 rw", false);
    }

    private static void Check(string rules, string asked, bool allowed)
    {
        string[] parts = asked.Split(' ', ':');
        int access = parts[3].Sum(letter => letter switch { 'm' => Mknod, 'r' => DeviceInterpreter.Read, _ => Write });
        Allows(DeviceProgram.Compile(Rules(rules)), parts[0][0], uint.Parse(parts[1]), uint.Parse(parts[2]), access)
            .Should().Be(allowed, "the rules are {0}", rules.Length > 200 ? "many" : rules);
    }

    /// <summary>"+ c 1:* rw" is {"allow": true, "type": "c", "major": 1, "access": "rw"}; a semicolon separates rules.</summary>
    internal static List<DeviceRule> Rules(string rules) => [.. rules.Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(Rule)];

    private static DeviceRule Rule(string rule)
    {
        string[] parts = rule.Split(' ', ':');
        return new DeviceRule
            { Allow = parts[0] == "+", Type = parts[1], Major = Number(parts[2]), Minor = Number(parts[3]), Access = parts[4] };
    }

    private static long? Number(string number) => number == "*" ? null : long.Parse(number);
}
