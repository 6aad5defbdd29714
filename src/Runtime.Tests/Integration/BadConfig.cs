using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Rt.Tests.Integration;

/// <summary>
/// A row of testdata/bad-configs: changes to the good configuration, each a JSON path and a value in JSON ("absent" takes the
/// property away), and behind "=>" the path that the error is to name, if that is not the first one changed. Columns are two or
/// more blanks apart. An index one beyond the end of a list adds to it; objects and lists that are not there are made.
/// </summary>
internal sealed partial record BadConfig(string Line, IReadOnlyList<(string Path, string Value)> Changes, string Named)
{
    /// <summary>All rows, in the order of the files.</summary>
    public static IReadOnlyList<BadConfig> All { get; } =
    [
        .. Directory.GetFiles(Repository.BadConfigs, "*.txt").Order(StringComparer.Ordinal).SelectMany(File.ReadLines)
            .Where(line => line.Length > 0 && line[0] != '#').Select(Parse),
    ];

    /// <summary>One that rt makes a container from. Whatever can be asked of any host is in it.</summary>
    public static JsonObject Good(string rootfs, string cgroup)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.BadConfigs, "good.json")))!.AsObject();
        config["root"]!["path"] = rootfs;
        config["linux"]!["cgroupsPath"] = cgroup;
        return config;
    }

    public JsonObject ApplyTo(JsonObject config)
    {
        foreach (var (path, value) in Changes)
        {
            string[] parts = path.Replace("[", ".[").Split('.');
            JsonNode at = config;
            for (int i = 0; i < parts.Length - 1; i++)
                at = Get(at, parts[i]) ?? Put(at, parts[i], parts[i + 1][0] == '[' ? new JsonArray() : new JsonObject())!;
            if (value == "absent") Remove(at, parts[^1]);
            else Put(at, parts[^1], JsonNode.Parse(value));
        }

        return config;
    }

    private static BadConfig Parse(string line)
    {
        string[] cells = Columns().Split(line.TrimEnd());
        string? named = cells[^1].StartsWith("=> ", StringComparison.Ordinal) ? cells[^1][3..] : null;
        string[] pairs = named == null ? cells : cells[..^1];
        if (pairs.Length % 2 != 0) throw new InvalidDataException($"\"{line}\" is not a list of paths and values");
        return new BadConfig(Columns().Replace(line.TrimEnd(), "  "),
            [.. pairs.Chunk(2).Select(pair => (pair[0], pair[1]))], named ?? pairs[0]);
    }

    private static JsonNode? Get(JsonNode parent, string part)
    {
        if (part[0] != '[') return parent[part];
        return Index(part) < parent.AsArray().Count ? parent[Index(part)] : null;
    }

    private static JsonNode? Put(JsonNode parent, string part, JsonNode? value)
    {
        if (part[0] != '[') parent[part] = value;
        else if (Index(part) < parent.AsArray().Count) parent[Index(part)] = value;
        else parent.AsArray().Add(value);
        return value;
    }

    private static void Remove(JsonNode parent, string part)
    {
        if (part[0] == '[') parent.AsArray().RemoveAt(Index(part));
        else if (!parent.AsObject().Remove(part)) throw new InvalidDataException($"{part} is absent already");
    }

    private static int Index(string part) => int.Parse(part[1..^1]);

    [GeneratedRegex(" {2,}")]
    private static partial Regex Columns();
}
