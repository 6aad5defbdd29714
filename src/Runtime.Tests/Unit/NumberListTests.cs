using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("lists of CPUs and memory nodes")]
public sealed class NumberListTests
{
    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3,7", new[] { 0, 1, 2, 3, 7 })]
    [InlineData(" 63-65 ,1", new[] { 1, 63, 64, 65 })]
    [InlineData("127,128,8191", new[] { 127, 128, 8191 })]
    [InlineData("3,3,2-4", new[] { 2, 3, 4 })]
    public void A_list_becomes_bits(string text, int[] numbers) => Numbers(NumberList.Parse(text)!).Should().Equal(numbers);

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("1,")]
    [InlineData("-")]
    [InlineData("-1")]
    [InlineData("1-")]
    [InlineData("1-2-3")]
    [InlineData("2-1")]
    [InlineData("0-8192")]
    [InlineData("4294967296")]
    [InlineData("1 2")]
    [InlineData("1 - 2")]
    [InlineData("0x1")]
    public void Anything_else_is_none(string text) => NumberList.Parse(text).Should().BeNull();

    [Theory]
    [InlineData(0, 8191)]
    [InlineData(1, 8190)]
    [InlineData(63, 64)]
    [InlineData(64, 127)]
    [InlineData(65, 65)]
    public void A_range_has_its_ends_and_all_between_them(int first, int last) =>
        Numbers(NumberList.Parse($"{first}-{last}")!).Should().Equal(Enumerable.Range(first, last - first + 1));

    private static IEnumerable<int> Numbers(ulong[] bits) =>
        Enumerable.Range(0, bits.Length * 64).Where(number => (bits[number / 64] >> number % 64 & 1) != 0);
}
