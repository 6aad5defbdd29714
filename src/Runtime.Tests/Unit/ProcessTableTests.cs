using Rt.Containers;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("rt ps, a command that the specification does not have")]
public sealed class ProcessTableTests
{
    [Theory]
    [InlineData("UID PID CMD\nroot 5 a\nroot 55 b\nroot 6 PID 5\n", "UID PID CMD\nroot 5 a\nroot 6 PID 5\n")]
    [InlineData("  PID TT\n    5 ?\n   55 ?\n", "  PID TT\n    5 ?\n")]
    [InlineData("PPID PID\n5 55\n55 5\n\n", "PPID PID\n55 5\n")]
    [InlineData("PID\n", "PID\n")]
    [InlineData("PID\n7\n", "PID\n")]
    public void The_title_is_shown_and_the_containers_own_lines(string output, string table) =>
        ProcessTable.Filter(output, [5, 6]).Should().Be(table);

    [Theory]
    [InlineData("", "couldn't find PID field in ps output")]
    [InlineData("CMD PPID\nsh 5\n", "couldn't find PID field in ps output")]
    [InlineData("CMD PID\nsh -c x 5\n", "unable to parse pid: \"-c\"")]
    [InlineData("CMD PID\nsh\n", "unable to parse pid: \"\"")]
    public void Without_a_column_of_pids_there_is_no_table(string output, string words) =>
        FluentActions.Invoking(() => ProcessTable.Filter(output, [5]))
            .Should().Throw<RtException>().Which.Message.Should().StartWith(words);

    [Fact]
    public void As_json_it_is_an_array_of_pids()
    {
        ProcessTable.Json([5, 6]).Should().Be("[5,6]\n");
        ProcessTable.Json([]).Should().Be("null\n");
    }
}
