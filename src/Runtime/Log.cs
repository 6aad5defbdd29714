using System.Globalization;
using System.Text;
using System.Text.Json;
using Rt.Kernel;

namespace Rt;

/// <summary>
/// Messages to the caller: to --log FILE as runc writes them, where engines look for the last error, and errors to stderr as
/// well.
/// </summary>
internal static class Log
{
    private static int file = -1;
    private static bool json;

    public static bool DebugEnabled { get; private set; }

    /// <summary>From here on, messages go to a file (if <paramref name="path"/> is not empty) in text or JSON.</summary>
    public static void Configure(string path, string format, bool debug)
    {
        DebugEnabled = debug;
        json = format switch
        {
            "" or "text" => false,
            "json" => true,
            _ => throw new RtException($"invalid log-format: {format}"),
        };
        if (path.Length > 0) file = FileContent.Open(path, Files.O_WRONLY | Files.O_CREAT | Files.O_APPEND, 0x1a4);
    }

    public static void Debug(string message)
    {
        if (DebugEnabled) Write("debug", message);
    }

    public static void Warn(string message) => Write("warning", message);

    /// <summary>On stderr a plain line for a person, in the log file one that engines can parse.</summary>
    public static void Error(string message)
    {
        if (file >= 0) Write("error", message);
        ToStderr($"rt: {OneLine.Message(message)}\n");
    }

    private static void Write(string level, string message)
    {
        message = OneLine.Message(message);
        string time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string line = json && file >= 0
            ? $"{{\"level\":\"{level}\",\"msg\":\"{JsonEncodedText.Encode(message)}\",\"time\":\"{time}\"}}\n"
            : $"time=\"{time}\" level={level} msg=\"{message.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"\n";
        if (file >= 0) WriteAll(file, line);
        else ToStderr(line);
    }

    private static void ToStderr(string line) => WriteAll(2, line);

    /// <summary>A message that can't be written has no one left to be told of.</summary>
    private static unsafe void WriteAll(int fd, string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        fixed (byte* first = bytes) _ = Files.write(fd, first, bytes.Length);
    }
}
