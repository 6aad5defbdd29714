using System.Text;
using System.Text.Json;

namespace Rt.Spec;

/// <summary>
/// Where a byte of a JSON document stands: its path, as in <c>linux.resources.pids.limit</c> or <c>mounts[3].type</c>, and
/// its line (from 1). Found by walking the document again, so that reading one that is right keeps no account of it.
/// </summary>
internal readonly record struct JsonPosition(string Path, int Line)
{
    public static JsonPosition Find(ReadOnlySpan<byte> document, long offset)
    {
        Utf8JsonReader reader = new(document, new JsonReaderOptions { MaxDepth = 64 });
        Stack<(bool InArray, int Index, string Name)> path = new();
        while (reader.TokenStartIndex < offset || path.Count == 0)
        {
            if (!reader.Read()) break;
            switch (reader.TokenType)
            {
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    path.Pop();
                    continue;
                case JsonTokenType.PropertyName:
                    path.Pop();
                    path.Push((false, 0, Encoding.UTF8.GetString(reader.ValueSpan)));
                    continue;
            }

            if (path.TryPeek(out var top) && top.InArray)
            {
                path.Pop();
                path.Push(top with { Index = top.Index + 1 });
            }

            if (reader.TokenStartIndex >= offset) break;
            if (reader.TokenType == JsonTokenType.StartObject) path.Push((false, 0, ""));
            if (reader.TokenType == JsonTokenType.StartArray) path.Push((true, -1, ""));
        }

        StringBuilder text = new();
        foreach ((bool inArray, int index, string name) in path.Reverse())
        {
            if (inArray) text.Append('[').Append(index).Append(']');
            else text.Append(text.Length == 0 ? "" : ".").Append(name);
        }

        return new JsonPosition(text.ToString(), document[..(int)offset].Count((byte)'\n') + 1);
    }
}
