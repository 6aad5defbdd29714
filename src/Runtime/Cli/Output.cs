using System.Text;
using Rt.Kernel;

namespace Rt.Cli;

/// <summary>Standard output without Console, whose set-up takes a thread and a millisecond.</summary>
internal static class Output
{
    public const int Descriptor = 1;

    /// <summary>As a shell reports a program that the end of its reader has ended: 128 plus SIGPIPE.</summary>
    public const int ReaderGoneExitCode = 128 + Signals.SIGPIPE;

    public static void Write(string text) => FileContent.Write(Descriptor, Encoding.UTF8.GetBytes(text), "standard output");

    public static void Write(ReadOnlySpan<byte> text) => FileContent.Write(Descriptor, text, "standard output");
}
