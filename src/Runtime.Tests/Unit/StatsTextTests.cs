using Rt.Cgroups;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("the formats of the files in which the kernel counts for cgroups")]
public sealed class StatsTextTests
{
    [Theory]
    [InlineData("0\n", 0)]
    [InlineData("4096\n", 4096)]
    [InlineData("max\n", ulong.MaxValue)]
    [InlineData("18446744073709551615\n", ulong.MaxValue)]
    [InlineData("9223372036854771712", 9223372036854771712)]
    [InlineData("-1\n", 0)]
    [InlineData("-99999999999999999999\n", 0)]
    public void A_number_may_be_max_or_below_zero_for_a_moment(string text, ulong number) => StatsText.Number(text).Should().Be(number);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("-")]
    [InlineData("maximum")]
    [InlineData("1 2")]
    [InlineData("0x10")]
    [InlineData("1.5")]
    [InlineData("18446744073709551616")]
    public void What_is_no_number_is_none(string text) => StatsText.Number(text).Should().BeNull();

    [Fact]
    public void Pairs_are_a_line_each_and_sorted_by_byte() =>
        StatsText.Pairs("file 8192\nanon 4096\nFile 1\nslab_reclaimable -8\nbig 18446744073709551615\n").Should().Equal(
            new Dictionary<string, ulong>
            {
                ["File"] = 1, ["anon"] = 4096, ["big"] = ulong.MaxValue, ["file"] = 8192, ["slab_reclaimable"] = 0,
            });

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("alone\n")]
    [InlineData(" 5\n")]
    [InlineData("key \n")]
    [InlineData("key value\n")]
    [InlineData("N0=1 N1=2 3\n")]
    [InlineData("key 99999999999999999999\n")]
    public void A_line_that_is_no_pair_is_passed_over(string text) =>
        StatsText.Pairs(text + "good 1\n").Should().Equal(new Dictionary<string, ulong> { ["good"] = 1 });

    [Theory]
    [InlineData("8402314349808 1290901318327 \n", new ulong[] { 8402314349808, 1290901318327 })]
    [InlineData("0\n", new ulong[] { 0 })]
    [InlineData("\n", new ulong[0])]
    public void Numbers_have_blanks_between_them(string text, ulong[] numbers) => StatsText.Numbers(text).Should().Equal(numbers);

    [Theory]
    [InlineData("0-2,5\n", new ushort[] { 0, 1, 2, 5 })]
    [InlineData("0\n", new ushort[] { 0 })]
    [InlineData("0,2,4-4\n", new ushort[] { 0, 2, 4 })]
    [InlineData("65534-65535\n", new ushort[] { 65534, 65535 })]
    [InlineData("\n", new ushort[0])]
    [InlineData("3-1\n", new ushort[0])]
    [InlineData("0-65536,7\n", new ushort[] { 7 })]
    [InlineData("0-,-1,x,1-2-3\n", new ushort[0])]
    [InlineData("5,0-7,5,6-8\n", new ushort[] { 5, 6, 7, 8 })] // not the kernel's order: a list can't grow beyond what numbers there are
    public void A_list_has_numbers_and_ranges(string text, ushort[] members) => StatsText.List(text).Should().Equal(members);

    [Fact]
    public void Pressure_has_averages_in_percent_and_a_sum() =>
        StatsText.Pressure("some avg10=11.30 avg60=8.76 avg300=100.00 total=5243422899\nfull avg10=0.00 avg60=0.01 avg300=0.00 total=7\n")
            .Should().Be(new Pressure(new(11.3, 8.76, 100, 5243422899), new(0, 0.01, 0, 7)));

    [Theory]
    [InlineData("some avg10=1.50 total=18446744073709551615\n", 1.5, ulong.MaxValue)] // no "full", as cpu.pressure before Linux 5.13
    [InlineData("new avg10=9.00 total=9\nsome avg10=1.50 avg1=3.00 more total=3 max\n", 1.5, 3)]
    [InlineData("some avg10=x total=max2\n", 0, 0)]
    [InlineData("some\n\n", 0, 0)]
    [InlineData("", 0, 0)]
    public void Of_pressure_what_is_missing_is_zero(string text, double avg10, ulong total) =>
        StatsText.Pressure(text).Should().Be(new Pressure(new(avg10, 0, 0, total), default));

    [Fact]
    public void Io_is_told_by_device_in_two_tables()
    {
        var tables = StatsText.IoStat(
            "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n253:0 rbytes=18446744073709551615 wbytes=0 rios=1 wios=0\n");
        tables[BlkioStats.ServiceBytes].Should().Equal(
            new BlkioEntry(8, 16, "Read", 1459200), new(8, 16, "Write", 314773504),
            new(253, 0, "Read", ulong.MaxValue), new(253, 0, "Write", 0));
        tables[BlkioStats.Serviced].Should().Equal(
            new BlkioEntry(8, 16, "Read", 192), new(8, 16, "Write", 353), new(253, 0, "Read", 1), new(253, 0, "Write", 0));
    }

    [Theory]
    [InlineData("7:7 7:6 8:0 rbytes=5\n")] // devices with nothing to tell, whose lines were not ended
    [InlineData("7:7 \n8:0 rbytes=5\n")]
    [InlineData("8:0 cost.usage=3 use_delay=0 delay_nsec=0 rbytes=5 \n")]
    [InlineData("8:0 rbytes= wbytes=x rbytes=5 wbytes=-1 wbytes=1=2\n")]
    [InlineData("rbytes=9 8:0 rbytes=5\nsda rbytes=6\n8: rbytes=7\n")]
    public void Of_a_line_about_io_only_what_is_whole_counts(string text)
    {
        var tables = StatsText.IoStat(text);
        tables[BlkioStats.ServiceBytes].Should().Equal(new BlkioEntry(8, 0, "Read", 5));
        tables[BlkioStats.Serviced].Should().BeEmpty();
    }

    [Fact]
    public void Blkio_has_lines_with_and_without_an_operation_and_a_sum_that_is_left_out() =>
        StatsText.Blkio("8:0 Read 100\n8:0 Total 100\n8:16 7\nTotal 107\n8:0 Read x\n8:0\n8:0 Read 1 2\n\n").Should().Equal(
            new BlkioEntry(8, 0, "Read", 100), new(8, 0, "Total", 100), new(8, 16, "", 7));

    [Fact]
    public void The_usage_of_each_processor_stands_below_headings()
    {
        var (user, kernel) = StatsText.UsageAll("cpu user system\n0 8402314349808 1290901318327\n1 5 6 7\n2 8\n\n");
        user.Should().Equal(8402314349808, 5);
        kernel.Should().Equal(1290901318327, 6);
    }

    [Fact]
    public void Huge_pages_have_the_names_of_the_controllers_files() =>
        HugePages.Sizes(["hugepages-1048576kB", "hugepages-2048kB", "hugepages-64kB", "hugepages-16777216kB", "hugepages-x", "other"])
            .Should().Equal("1GB", "2MB", "64KB", "16GB");

    [Fact]
    public void A_share_beyond_what_a_double_holds_is_none() =>
        StatsText.Pressure($"some avg10={new string('9', 400)}.00 avg60=1.50 avg300=0.00 total=7\n").Some.Should().Be(new PressureLine(0, 1.5, 0, 7));
}
