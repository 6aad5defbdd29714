namespace Rt;

/// <summary>Which rt this is. <see cref="Version"/> and <see cref="Commit"/> come from the build (Runtime.csproj).</summary>
internal static partial class BuildInfo
{
    public const string SpecVersion = "1.3.0";

    /// <summary>Tells one build from another.</summary>
    public const string Id = $"{Version}+{Commit}";
}
