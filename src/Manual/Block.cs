namespace Rt.Manual;

/// <summary>A paragraph, table, listing or list of Markdown, as far as docs/commands.md uses it. Texts in it are Markdown still.</summary>
internal abstract record Block
{
    public static IReadOnlyList<Block> Parse(string markdown)
    {
        List<Block> blocks = [];
        foreach (string[] lines in Groups(markdown))
        {
            string first = lines[0];
            blocks.Add(first.StartsWith("    ", StringComparison.Ordinal) ? new Listing([.. lines.Select(line => line[4..])])
                : first.StartsWith('|') ? new Table(Cells(first), [.. lines.Skip(2).Select(Cells)])
                : first.StartsWith("- ", StringComparison.Ordinal) ? new Items([.. lines.Select(line => line[2..])])
                : first.StartsWith("### ", StringComparison.Ordinal) ? new Subheading(first[4..])
                : new Paragraph(string.Join(' ', lines)));
        }

        return blocks;
    }

    /// <summary>Lines between empty ones.</summary>
    private static IEnumerable<string[]> Groups(string markdown)
    {
        List<string> group = [];
        foreach (string line in markdown.Split('\n').Append(""))
        {
            if (line.Length > 0) group.Add(line);
            else if (group.Count > 0)
            {
                yield return [.. group];
                group.Clear();
            }
        }
    }

    private static string[] Cells(string row) =>
        [.. row.Trim().Trim('|').Replace("\\|", "\0").Split('|').Select(cell => cell.Trim().Replace('\0', '|'))];
}

internal sealed record Paragraph(string Text) : Block;

internal sealed record Subheading(string Text) : Block;

internal sealed record Listing(IReadOnlyList<string> Lines) : Block;

internal sealed record Items(IReadOnlyList<string> Texts) : Block;

internal sealed record Table(string[] Header, IReadOnlyList<string[]> Rows) : Block;
