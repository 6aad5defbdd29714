using System.Globalization;
using System.Text;

namespace Rt;

/// <summary>
/// Text for a person or a log, on one line: what came from a configuration, a container or the bus may hold line ends, or sequences
/// that a terminal obeys.
/// </summary>
internal static class OneLine
{
    /// <summary>Characters of a longer message that are kept at its beginning and at its end, where the cause is.</summary>
    private const int MaxStart = 6144, MaxEnd = 2048;

    /// <summary>An error's words: as <see cref="Escape"/>, and with the middle of what is too long for a line left out.</summary>
    public static string Message(string text)
    {
        if (text.Length <= MaxStart + MaxEnd) return Escape(text);
        // Not between the halves of a character.
        int start = char.IsHighSurrogate(text[MaxStart - 1]) ? MaxStart - 1 : MaxStart, end = text.Length - MaxEnd;
        if (char.IsLowSurrogate(text[end])) end++;
        return Escape($"{text[..start]} ... {text[end..]}");
    }

    /// <summary>"\n" and "\t" for these two, "\u001b" for another control character.</summary>
    public static string Escape(string text)
    {
        int first = 0;
        while (first < text.Length && !IsControl(text[first])) first++;
        if (first == text.Length) return text;
        StringBuilder line = new(text, 0, first, text.Length + 16);
        foreach (char c in text.AsSpan(first))
        {
            if (c == '\n') line.Append("\\n");
            else if (c == '\t') line.Append("\\t");
            else if (IsControl(c)) line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else line.Append(c);
        }

        return line.ToString();
    }

    /// <summary>Unicode's line and paragraph separators count as well.</summary>
    private static bool IsControl(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
