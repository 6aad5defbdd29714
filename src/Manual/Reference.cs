using System.Text.RegularExpressions;

namespace Rt.Manual;

/// <summary>docs/commands.md, by its sections. What it says of a command and its options, the pages say.</summary>
internal sealed partial record Reference(IReadOnlyList<Section> Sections)
{
    /// <summary>The section that describes a command.</summary>
    public Section Of(string command) => Sections.FirstOrDefault(section => section.Commands.Contains(command))
        ?? throw new InvalidDataException($"docs/commands.md has no section \"## rt {command}\"");

    public Section Titled(string title) => Sections.FirstOrDefault(section => section.Title == title)
        ?? throw new InvalidDataException($"docs/commands.md has no section \"## {title}\"");

    /// <summary>Where a link leads, "#rt-wait" or "#the-shim", as its section's title.</summary>
    public Section? Linked(string anchor) => Sections.FirstOrDefault(section => section.Anchor == anchor);

    public static Reference Parse(string markdown)
    {
        List<Section> sections = [];
        foreach (Match match in Heading().Matches(markdown))
        {
            int end = markdown.IndexOf("\n## ", match.Index + match.Length, StringComparison.Ordinal);
            string body = markdown[(match.Index + match.Length)..(end < 0 ? markdown.Length : end)];
            sections.Add(new Section(match.Groups[1].Value.Trim(), Block.Parse(body)));
        }

        return new Reference(sections);
    }

    [GeneratedRegex("^##? (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}

/// <summary>What stands below a heading.</summary>
internal sealed partial record Section(string Title, IReadOnlyList<Block> Blocks)
{
    /// <summary>The commands that it is about: "pause" and "resume" of "rt pause, rt resume".</summary>
    public IEnumerable<string> Commands =>
        Title.Split(", ").Where(part => part.StartsWith("rt ", StringComparison.Ordinal)).Select(part => part[3..]);

    /// <summary>As GitHub makes it.</summary>
    public string Anchor => "#" + NotInAnchors().Replace(Title.ToLowerInvariant(), "").Replace(' ', '-');

    /// <summary>Its tables of options; others have another first heading.</summary>
    public IEnumerable<string[]> OptionRows =>
        Blocks.OfType<Table>().Where(table => table.Header[0] == "option").SelectMany(table => table.Rows);

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex NotInAnchors();
}
