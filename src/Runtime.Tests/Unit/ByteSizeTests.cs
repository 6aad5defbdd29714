using Rt.Cli;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("sizes on the command line, which are runc's")]
public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("104857600", 104857600)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("5b", 5)]
    [InlineData("5B", 5)]
    [InlineData("1k", 1024)]
    [InlineData("1K", 1024)]
    [InlineData("1kb", 1024)]
    [InlineData("1KB", 1024)]
    [InlineData("1KiB", 1024)]
    [InlineData("100M", 104857600)]
    [InlineData("1g", 1L << 30)]
    [InlineData("2t", 2L << 40)]
    [InlineData("3P", 3L << 50)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData(".5k", 512)]
    [InlineData("1 m", 1 << 20)]
    [InlineData("1.3", 1)]
    public void A_size_is_a_number_with_or_without_a_suffix(string text, long bytes) => ByteSize.Parse(text).Should().Be(bytes);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("m")]
    [InlineData("-1")]
    [InlineData("-5m")]
    [InlineData("+5")]
    [InlineData("10x")]
    [InlineData("10mm")]
    [InlineData("10mib2")]
    [InlineData("10kbi")]
    [InlineData("10bb")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("1,5k")]
    [InlineData("1.2.3")]
    [InlineData(" 1")]
    [InlineData("1  k")]
    [InlineData("9223372036854775808")]
    [InlineData("8192p")]
    [InlineData("99999999999999999999999999999999p")]
    [InlineData("79228162514264337593543950335p")] // the most that a decimal can be
    [InlineData("unlimited")]
    public void Anything_else_is_none(string text) => ByteSize.Parse(text).Should().BeNull();
}
