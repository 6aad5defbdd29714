namespace Rt.Spec;

/// <summary>Versions as Semantic Versioning 2.0.0 writes them: "1.3.0", "1.0.0-rc.5+build.7".</summary>
internal static class SemanticVersion
{
    public static bool IsValid(string version)
    {
        string[] build = version.Split('+', 2);
        string[] release = build[0].Split('-', 2);
        string[] numbers = release[0].Split('.');
        return numbers.Length == 3 && Array.TrueForAll(numbers, IsNumber)
            && (release.Length == 1 || Array.TrueForAll(release[1].Split('.'), IsPrerelease))
            && (build.Length == 1 || Array.TrueForAll(build[1].Split('.'), IsIdentifier));
    }

    private static bool IsPrerelease(string text) => IsIdentifier(text) && (!IsDigits(text) || IsNumber(text));

    /// <summary>Digits without a leading zero.</summary>
    private static bool IsNumber(string text) => IsDigits(text) && (text.Length == 1 || text[0] != '0');

    private static bool IsDigits(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);

    private static bool IsIdentifier(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
