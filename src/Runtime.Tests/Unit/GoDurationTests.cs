using Rt.Cli;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("durations on the command line, as the Go runtimes take them")]
public sealed class GoDurationTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData("5s", 5 * Second)]
    [InlineData("500ms", Second / 2)]
    [InlineData("1m30s", 90 * Second)]
    [InlineData("1h1m1s1ms1us1ns", (3661 * Second) + 1_001_001)]
    [InlineData("1.5h", 5400 * Second)]
    [InlineData(".5s", Second / 2)]
    [InlineData("5.s", 5 * Second)]
    [InlineData("+5s", 5 * Second)]
    [InlineData("-1.5s", -3 * Second / 2)]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("0s", 0)]
    [InlineData("1\u00b5s", 1000)]
    [InlineData("1\u03bcs", 1000)]
    [InlineData("0.1234567899s", 123_456_789)]
    [InlineData("0.3333333333333333333h", 1_199_999_999_999)]
    [InlineData("1s1s", 2 * Second)]
    [InlineData("9223372036854775807ns", long.MaxValue)]
    [InlineData("-9223372036854775807ns", -long.MaxValue)]
    [InlineData("2562047h47m16.854775807s", long.MaxValue)]
    public void A_duration_is_read_to_the_nanosecond(string text, long nanoseconds) => GoDuration.Parse(text).Should().Be(nanoseconds);

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+")]
    [InlineData("5")]
    [InlineData("00")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData(".")]
    [InlineData("5S")]
    [InlineData("5d")]
    [InlineData("5 s")]
    [InlineData(" 5s")]
    [InlineData("5s ")]
    [InlineData("5s3")]
    [InlineData("1.2.3s")]
    [InlineData("--5s")]
    [InlineData("5s-3s")]
    [InlineData("1e3s")]
    [InlineData("\u0665s")]
    [InlineData("9223372036854775808ns")]
    [InlineData("2562047h47m16.854775808s")]
    [InlineData("18446744073709551615h")]
    [InlineData("99999999999999999999s")]
    public void What_is_no_duration_is_none(string text) => GoDuration.Parse(text).Should().BeNull();
}
