using Rt.Kernel;
using Rt.Launch;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("that messages are one line which a terminal only shows")]
public sealed class OneLineTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a \"b\" \\ \u00e9 \ud83d\ude00", "a \"b\" \\ \u00e9 \ud83d\ude00")]
    [InlineData("a\nb\tc", "a\\nb\\tc")]
    [InlineData("\u001b[2J\r\0\u007f\u009b", "\\u001b[2J\\u000d\\u0000\\u007f\\u009b")]
    [InlineData("\u2028\u2029", "\\u2028\\u2029")]
    public void Control_characters_are_spelled_out(string text, string expected) => OneLine.Escape(text).Should().Be(expected);

    [Fact]
    public void A_message_that_is_too_long_keeps_its_beginning_and_its_end()
    {
        string message = OneLine.Message("begin" + new string('a', 1 << 20) + "end");
        message.Length.Should().BeLessThan(10_000);
        message.Should().StartWith("begin").And.EndWith("end").And.Contain("aa ... aa");
    }

    [Fact]
    public void No_exception_brings_a_line_end_or_an_escape_sequence_along()
    {
        new RtException("no \"a\nb\"").Message.Should().Be("no \"a\\nb\"");
        new KernelException("open a\u001b[31m", Errno.ENOENT).Message.Should().Be("open a\\u001b[31m: no such file or directory");
        SpecException wrong = FluentActions.Invoking(() => Validation.Check(Configs.Read(Configs.With("process.cwd", "\"a\\nb\""))))
            .Should().Throw<SpecException>().Which;
        wrong.Message.Should().Be("process.cwd: \"a\\nb\" must be an absolute path");
    }

    [Fact]
    public void A_line_of_a_plan_stays_one_line()
    {
        List<PlanLine> lines = Plans.Lines(Configs.With("process.args", """["a\nb\u001b[31m"]"""));
        string[] text = PlanListing.Text(lines).TrimEnd('\n').Split('\n');
        text.Should().HaveCount(lines.Count);
        text[^1].Should().Contain("execve").And.Contain("a\\nb\\u001b[31m");
    }
}
