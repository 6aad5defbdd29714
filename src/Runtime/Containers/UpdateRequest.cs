using Rt.Spec;

namespace Rt.Containers;

/// <summary>What <c>rt update</c> is asked to change; what it does not name stays as it is.</summary>
internal sealed record UpdateRequest
{
    /// <summary>A larger document is refused: real ones have some hundred bytes.</summary>
    public const int MaxSize = 1 << 20;

    private const string Section = "linux.resources";

    public required Resources Resources { get; init; }

    /// <summary>Schemata for caches and memory bandwidth; the other properties are without meaning here.</summary>
    public required IntelRdt IntelRdt { get; init; }

    /// <summary>What the caller calls a property (linux.resources.memory.limit, linux.intelRdt.memBwSchema), for errors.</summary>
    public required Func<string, string> NameOf { get; init; }

    /// <summary>Whether something about resctrl is to change.</summary>
    public bool HasSchemata => IntelRdt.L3CacheSchema.Length + IntelRdt.MemBwSchema.Length > 0;

    /// <summary>Reads linux.resources as config-linux.md has it.</summary>
    /// <exception cref="SpecException">It is no such document.</exception>
    public static Resources Read(byte[] document)
    {
        JsonCursor json = new(document, Section);
        Resources resources = ResourcesReader.Read(ref json);
        json.End();
        return resources;
    }

    /// <summary>"memory.limit" for linux.resources.memory.limit; empty for linux.resources itself.</summary>
    public static string Relative(string path) =>
        path.StartsWith(Section, StringComparison.Ordinal) ? path[Section.Length..].TrimStart('.') : path;
}
