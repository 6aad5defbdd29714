using System.Globalization;
using Rt.Tests.Integration;

namespace Rt.Tests.Attacks;

/// <summary>What came of many runs of one container: how often each exit code, and all that was printed.</summary>
internal sealed record Rounds(Dictionary<int, int> Codes, string Out, string Error)
{
    private const int Batch = 100;

    /// <summary>How often a race is run: $RT_ATTACK_ROUNDS, or 2000.</summary>
    public static readonly int Count =
        int.Parse(Environment.GetEnvironmentVariable("RT_ATTACK_ROUNDS") ?? "2000", CultureInfo.InvariantCulture);

    public static Rounds Run(Container container, params string[] options)
    {
        Dictionary<int, int> codes = [];
        HashSet<string> shown = [], errors = [];
        for (int done = 0; done < Count; done += Batch)
        {
            Result result = Command.Shell("""
                rt=$1 root=$2 bundle=$3 rounds=$4; shift 4
                while [ "$rounds" -gt 0 ]; do
                    rounds=$((rounds - 1))
                    "$rt" --root "$root" run --bundle "$bundle" "$@" >&2
                    echo "code $?"
                done 2>&1
                """, [Repository.Binary, container.StateRoot, container.Bundle, $"{Batch}", .. options, container.Id]);
            foreach (string line in result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.StartsWith("code ", StringComparison.Ordinal))
                {
                    int code = int.Parse(line[5..], CultureInfo.InvariantCulture);
                    codes[code] = codes.GetValueOrDefault(code) + 1;
                }
                else if (line.StartsWith("rt: ", StringComparison.Ordinal))
                {
                    errors.Add(line);
                }
                else
                {
                    shown.Add(line);
                }
            }
        }

        codes.Values.Sum().Should().BeGreaterThanOrEqualTo(Count);
        return new Rounds(codes, string.Join('\n', shown), string.Join('\n', errors));
    }
}
