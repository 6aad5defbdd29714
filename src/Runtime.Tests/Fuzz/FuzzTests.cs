using Rt.Tests.Matrix;

namespace Rt.Tests.Fuzz;

/// <summary>
/// Every parser, fed with what a generator makes of valid documents: it accepts or it refuses in one line, in bounded time and memory.
/// A failure's message says how to run its case again; <c>make fuzz</c> runs many more.
/// </summary>
[BeyondTheSpec("that no input makes a parser crash, hang or take too much memory")]
public sealed class FuzzTests
{
    private static readonly FuzzTarget[] Targets =
        [.. ConfigTargets.All, .. JsonTargets.All, .. BinaryTargets.All, .. KernelTextTargets.All, .. ArgumentTargets.All];

    public static TheoryData<string> Parsers =>
        new(Targets.Select(target => target.Name).Where(name => FuzzSettings.Current.Parser is not { } one || one == name));

    [Theory]
    [MemberData(nameof(Parsers))]
    public void A_parser_accepts_or_refuses_and_does_nothing_else(string parser)
    {
        FuzzSettings settings = FuzzSettings.Current;
        FuzzTarget target = Targets.Single(target => target.Name == parser);
        long shares = Targets.Sum(one => one.Share);
        int count = (int)((((long)settings.Cases * target.Share) + shares - 1) / shares);

        FuzzTotals totals = settings.Case is { } number
            ? FuzzRun.Of(target, settings.Seed, number, 1)
            : FuzzRun.Of(target, settings.Seed, 0, count);

        if (settings.Report is { } file) File.AppendAllText(file, totals.Row(parser) + "\n");
        if (settings.Case != null || count < 100) return;
        totals.Refused.Should().BePositive("the generator is to make what is wrong");
        totals.Accepted.Should().BePositive("the generator is to make what is right");
    }
}
