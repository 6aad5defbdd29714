namespace Rt.Doctor.Engines;

/// <summary>TOML, as far as a path in it goes.</summary>
internal static class Toml
{
    /// <summary>A basic string (TOML 1.0, "String").</summary>
    public static string Quote(string text) => $"\"{OneLine.Escape(text.Replace("\\", "\\\\").Replace("\"", "\\\""))}\"";
}
