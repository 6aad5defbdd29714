using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Rt.Spec;

/// <summary>Writes hooks as config.json has them, for a container's state.</summary>
internal static class HooksJson
{
    /// <summary>Those that are still to come once a container is created: poststart and poststop.</summary>
    public static string Write(Hooks hooks)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            Write(json, "poststart", hooks.Poststart);
            Write(json, "poststop", hooks.Poststop);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, string kind, List<Hook> hooks)
    {
        json.WriteStartArray(kind);
        foreach (Hook hook in hooks)
        {
            json.WriteStartObject();
            json.WriteString("path", hook.Path);
            Write(json, "args", hook.Args);
            Write(json, "env", hook.Env);
            if (hook.Timeout is { } timeout) json.WriteNumber("timeout", timeout);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, List<string> texts)
    {
        json.WriteStartArray(name);
        texts.ForEach(json.WriteStringValue);
        json.WriteEndArray();
    }
}
