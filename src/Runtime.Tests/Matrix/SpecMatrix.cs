using System.Text.RegularExpressions;

namespace Rt.Tests.Matrix;

/// <summary>The conformance matrix: the tables in spec/, one file for each document of runtime-spec.</summary>
internal static class SpecMatrix
{
    private const string Header = "| id | section | level | requirement | status | tests |";

    /// <summary>What the first cell of a row would be in the header and in the line below it.</summary>
    private static readonly string[] HeaderCells = ["id", "---"];

    public static IReadOnlyList<string> Documents { get; } =
        ["bundle", "config", "config-linux", "runtime", "runtime-linux", "features", "features-linux"];

    public static IReadOnlySet<string> Levels { get; } =
        new HashSet<string>(StringComparer.Ordinal) { "MUST", "MUST NOT", "REQUIRED", "SHOULD", "SHOULD NOT", "must", "should" };

    public static IReadOnlyList<Clause> Read() => [.. Documents.SelectMany(Read)];

    public static string PathOf(string document) => Path.Combine(Repository.Root, "spec", document + ".md");

    /// <summary>Writes the tests of each clause into its last column.</summary>
    public static void Write(Func<Clause, string> tests)
    {
        foreach (string document in Documents)
        {
            string[] lines = File.ReadAllLines(PathOf(document));
            foreach (Clause clause in Read(document)) lines[clause.Line - 1] = clause.WithTests(tests(clause));
            File.WriteAllText(PathOf(document), string.Join('\n', lines) + "\n");
        }
    }

    private static List<Clause> Read(string document)
    {
        string[] lines = File.ReadAllLines(PathOf(document));
        if (!lines.Contains(Header, StringComparer.Ordinal))
            throw new InvalidDataException($"spec/{document}.md has no table \"{Header}\"");
        List<Clause> clauses = [];
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith('|')) continue;
            string[] cells = [.. lines[i].Split('|').Select(cell => cell.Trim())];
            if (cells.Length != 8 || cells[7].Length > 0)
                throw new InvalidDataException($"spec/{document}.md, line {i + 1}: a row has six cells, and a requirement no vertical bar");
            if (HeaderCells.Contains(cells[1], StringComparer.Ordinal)) continue;
            clauses.Add(new Clause(document, i + 1, cells[1], cells[2], cells[3], cells[4], cells[5], cells[6]));
        }

        return clauses;
    }
}

/// <summary>One row of the matrix.</summary>
internal sealed partial record Clause(
    string Document, int Line, string Id, string Section, string Level, string Requirement, string Status, string Tests)
{
    private const string Inapplicable = "not applicable: ", Different = "differs: ";

    public bool IsMet => Status == "met";

    public bool IsNotApplicable => Status.StartsWith(Inapplicable, StringComparison.Ordinal) && Status.Length > Inapplicable.Length;

    /// <summary>rt does something else, on purpose; the tests show what.</summary>
    public bool IsDifferent => Status.StartsWith(Different, StringComparison.Ordinal) && Status.Length > Different.Length;

    /// <summary>The document, a word for the section and a number of two digits.</summary>
    public bool HasGoodId =>
        Id.StartsWith(Document + "-", StringComparison.Ordinal) && WordAndNumber().IsMatch(Id[(Document.Length + 1)..]);

    public string WithTests(string tests) =>
        $"| {Id} | {Section} | {Level} | {Requirement} | {Status} | {tests}{(tests.Length == 0 ? "" : " ")}|";

    public override string ToString() => $"spec/{Document}.md, line {Line}: {Id}";

    [GeneratedRegex("^[a-z]+-(?!00)[0-9]{2}$")]
    private static partial Regex WordAndNumber();
}
