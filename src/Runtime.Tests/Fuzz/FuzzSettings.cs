using System.Globalization;

namespace Rt.Tests.Fuzz;

/// <summary>What a run of the fuzz tests is to do, by environment variables.</summary>
/// <param name="Cases">RT_FUZZ_CASES: of all parsers together.</param>
/// <param name="Seed">RT_FUZZ_SEED: what all cases follow from; a new one each time unless given.</param>
/// <param name="Parser">RT_FUZZ_PARSER: this one alone.</param>
/// <param name="Case">RT_FUZZ_CASE: this one alone.</param>
/// <param name="Report">RT_FUZZ_REPORT: a file that gets a line for each parser.</param>
internal sealed record FuzzSettings(int Cases, ulong Seed, string? Parser, int? Case, string? Report)
{
    private const int DefaultCases = 20_000;

    public static FuzzSettings Current { get; } = new(
        (int)(Number("RT_FUZZ_CASES") ?? DefaultCases), Number("RT_FUZZ_SEED") ?? (ulong)Random.Shared.NextInt64(),
        Text("RT_FUZZ_PARSER"), (int?)Number("RT_FUZZ_CASE"), Text("RT_FUZZ_REPORT"));

    /// <summary>How to run a case again.</summary>
    public string Replay(string parser, int number) =>
        $"RT_FUZZ_SEED={Seed} RT_FUZZ_PARSER='{parser}' RT_FUZZ_CASE={number} dotnet test src/Runtime.Tests --filter FuzzTests";

    private static ulong? Number(string variable) =>
        Text(variable) is { } text ? ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    private static string? Text(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null;
}
