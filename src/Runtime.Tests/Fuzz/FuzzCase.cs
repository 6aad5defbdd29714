using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Rt.Tests.Fuzz;

/// <summary>One input for one parser: which it is follows from the seed, the parser's name and the case's number alone.</summary>
internal readonly record struct FuzzCase(FuzzTarget Target, ulong Seed, int Number)
{
    /// <summary>Bytes that a case may allocate in all, and for each byte of its input: rt's heap is limited to 64 MiB.</summary>
    private const long MaxAllocation = 16 << 20, MaxAllocationPerByte = 512;

    /// <summary>Generators that grow with the size that FsCheck gives them get this one.</summary>
    private const int Size = 30;

    /// <exception cref="FuzzFailure">The parser did something else than accept or refuse in one line.</exception>
    public FuzzOutcome Run()
    {
        byte[] input = Input();
        long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
        bool accepted;
        try
        {
            accepted = Target.Accepts(input);
        }
        catch (Exception e) when (Array.Exists(Target.Refusals, type => type == e.GetType()))
        {
            if (e.Message.Any(IsNoPartOfALine)) throw new FuzzFailure(this, input,
                $"its message is not one plain line: {Words(e.Message)}");
            accepted = false;
        }
        catch (Exception e)
        {
            throw new FuzzFailure(this, input, e.ToString());
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > MaxAllocation + (MaxAllocationPerByte * input.Length))
            throw new FuzzFailure(this, input, $"{allocated} bytes allocated for {input.Length} bytes of input");
        return new FuzzOutcome(accepted, time, allocated);
    }

    public byte[] Input()
    {
        ulong seed = Mix(Seed ^ Mix((ulong)Number));
        foreach (char c in Target.Name) seed = Mix(seed ^ c);
        return Target.Inputs.Sample(1, new Rnd(seed), Size).Single();
    }

    /// <summary>Text with what a terminal would not show as it is spelled out, and cut.</summary>
    public static string Words(string text)
    {
        const int MaxLength = 2000;
        StringBuilder words = new();
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
            words.Append(IsNoPartOfALine(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString());
        return text.Length > MaxLength ? $"{words}... ({text.Length} characters)" : words.ToString();
    }

    private static bool IsNoPartOfALine(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';

    /// <summary>SplitMix64's last step.</summary>
    private static ulong Mix(ulong x)
    {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}

/// <summary>What came of a case.</summary>
/// <param name="Allocated">Bytes on the heap, also those that were free again at its end.</param>
internal readonly record struct FuzzOutcome(bool Accepted, TimeSpan Time, long Allocated);

/// <summary>A parser that did what it may not, with how to see it again.</summary>
internal sealed class FuzzFailure(FuzzCase which, byte[] input, string problem) : Exception(
    $"""
    {which.Target.Name}, case {which.Number} of seed {which.Seed}: {problem}
    again: {(FuzzSettings.Current with { Seed = which.Seed }).Replay(which.Target.Name, which.Number)}
    input, {input.Length} bytes: {FuzzCase.Words(Encoding.Latin1.GetString(input))}
    """);
