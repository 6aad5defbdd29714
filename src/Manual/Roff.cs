using System.Text;
using System.Text.RegularExpressions;

namespace Rt.Manual;

/// <summary>Writes a man page in the macros of man(7).</summary>
/// <param name="link">What is said for a link's target; empty: nothing.</param>
internal sealed partial class Roff(Func<string, string> link)
{
    private readonly StringBuilder text = new();

    /// <summary>No paragraph needs to be begun there.</summary>
    private bool followsHeading;

    public override string ToString() => text.ToString();

    public void Title(string name, string day) =>
        text.Append($".TH \"{name.ToUpperInvariant()}\" \"8\" \"{day}\" \"rt {BuildInfo.Version}\" \"System Administration\"\n");

    public void Name(string name, string description) => Fill($"{Escape(name, literal: true)} \\- {Escape(description)}");

    public void Section(string title) => Heading($".SH {title.ToUpperInvariant()}");

    /// <summary>Filled text, in lines of at most 78 characters where its words allow that.</summary>
    public void Line(string markdown) => Fill(Inline(markdown));

    private void Fill(string filled)
    {
        const int Width = 78;
        string line = "";
        foreach (string word in filled.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Width)
            {
                text.Append(AtLineStart(line)).Append('\n');
                line = "";
            }

            line += line.Length == 0 ? word : " " + word;
        }

        text.Append(AtLineStart(line)).Append('\n');
        followsHeading = false;
    }

    /// <summary>A term and what is said of it.</summary>
    public void Item(string term, Action body)
    {
        text.Append($".TP\n{AtLineStart(term)}\n");
        body();
    }

    public void Write(Block block)
    {
        switch (block)
        {
            case Paragraph paragraph:
                Begin();
                Line(paragraph.Text);
                break;
            case Subheading heading:
                Heading($".SS {heading.Text}");
                break;
            case Listing listing:
                Begin();
                text.Append(".RS 4\n.EX\n");
                foreach (string line in listing.Lines) text.Append(AtLineStart(Escape(line, literal: true))).Append('\n');
                text.Append(".EE\n.RE\n");
                followsHeading = false;
                break;
            case Items items:
                foreach (string item in items.Texts)
                {
                    text.Append(".IP \\(bu 2\n");
                    Line(item);
                }

                break;
            case Table table:
                foreach (string[] row in table.Rows) Item(Inline(row[0]), () => Line(row[1]));
                break;
        }
    }

    /// <summary>Bold code; what stands for something else, in capitals behind the first word, in italics.</summary>
    public static string Code(string code) => string.Join(' ', code.Split(' ').Select((word, index) =>
        $"\\f{(index > 0 && Placeholder().IsMatch(word) ? 'I' : 'B')}{Escape(word, literal: true)}\\fR"));

    /// <summary>Code spans, bold text and links.</summary>
    internal string Inline(string markdown) => Spans().Replace(markdown, match =>
        match.Groups["code"].Success ? Code(match.Groups["code"].Value)
        : match.Groups["bold"].Success ? $"\\fB{Escape(match.Groups["bold"].Value)}\\fR"
        : match.Groups["link"].Success ? Inline(match.Groups["link"].Value) + link(match.Groups["target"].Value)
        : Escape(match.Value));

    /// <param name="literal">Dashes are what is typed, and not hyphens.</param>
    internal static string Escape(string text, bool literal = false)
    {
        text = text.Replace("\\", "\\e");
        if (!literal) return text;
        return text.Replace("-", "\\-").Replace("'", "\\(aq").Replace("^", "\\(ha").Replace("~", "\\(ti").Replace("`", "\\(ga");
    }

    private void Begin() => text.Append(followsHeading ? "" : ".PP\n");

    private void Heading(string line)
    {
        text.Append(Escape(line)).Append('\n');
        followsHeading = true;
    }

    /// <summary>A dot or an apostrophe at the beginning would make the line a request.</summary>
    private static string AtLineStart(string line) => line.StartsWith('.') || line.StartsWith('\'') ? "\\&" + line : line;

    [GeneratedRegex(@"`(?<code>[^`]+)`|\*\*(?<bold>[^*]+)\*\*|\[(?<link>[^\]]+)\]\((?<target>[^)]+)\)|[^`*\[]+|.", RegexOptions.Singleline)]
    private static partial Regex Spans();

    [GeneratedRegex(@"^[\[(]*[A-Z]+[A-Z=:.\[\])]*$")]
    private static partial Regex Placeholder();
}
