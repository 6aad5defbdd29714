using System.Diagnostics;
using System.Text;

namespace Rt.Tests.Integration;

/// <summary>What a command printed and how it ended.</summary>
public sealed record Result(int Code, string Out, string Error)
{
    /// <summary>Fails with all that the command said unless it ended with this code.</summary>
    public Result ShouldEndWith(int code)
    {
        Code.Should().Be(code, "it said: {0}{1}", Out, Error);
        return this;
    }

    /// <summary>An error is one line on stderr, and exit code 1.</summary>
    public bool IsOneLine => Code == 1 && Error.StartsWith("rt: ", StringComparison.Ordinal) && Error.Count(c => c == '\n') == 1;

    /// <summary>As <see cref="IsOneLine"/> has it.</summary>
    public Result ShouldFailWith(string words)
    {
        ShouldEndWith(1);
        Error.Should().Contain(words).And.StartWith("rt: ");
        Error.TrimEnd('\n').Should().NotContain("\n");
        return this;
    }
}

/// <summary>
/// Runs programs with their output in files: what a container inherits stays open after rt has gone, so that the end of a pipe
/// would not come.
/// </summary>
public static class Command
{
    /// <summary>How many milliseconds a test waits for what must come: many, as the machine may be busy.</summary>
    public const int Patience = 30_000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    public static Result Rt(params string[] arguments) => Run([Repository.Binary, .. arguments]);

    public static Result Run(params string[] command) => Start(command).Wait();

    /// <summary>A shell script, with its arguments as $1, $2...</summary>
    public static Result Shell(string script, params string[] arguments) => Run(["/bin/sh", "-c", script, "sh", .. arguments]);

    public static Running Start(params string[] command) => new(command);

    /// <summary>A command under way. Killed if it takes longer than any test's command should.</summary>
    public sealed class Running : IDisposable
    {
        private readonly string output = Path.GetTempFileName(), error = Path.GetTempFileName();
        private readonly System.Diagnostics.Process process;
        private bool disposed;

        public Running(string[] command)
        {
            ProcessStartInfo start = new("/bin/sh") { UseShellExecute = false };
            string[] arguments = ["-c", "out=$1 err=$2; shift 2; exec \"$@\" </dev/null >\"$out\" 2>\"$err\"",
                "sh", output, error, .. command];
            foreach (string argument in arguments)
                start.ArgumentList.Add(argument);
            process = System.Diagnostics.Process.Start(start)!;
        }

        public int Pid => process.Id;

        public bool HasExited => process.HasExited;

        public string OutputSoFar => File.ReadAllText(output);

        /// <param name="name">Such as TERM.</param>
        public void Signal(string name) => Command.Run("kill", "-s", name, $"{Pid}").ShouldEndWith(0);

        public Result Wait()
        {
            bool ended = process.WaitForExit(Limit);
            if (!ended) process.Kill(entireProcessTree: true);
            Result result = new(ended ? process.ExitCode : -1,
                File.ReadAllText(output, Encoding.UTF8), File.ReadAllText(error, Encoding.UTF8));
            Dispose();
            return ended ? result : throw new TimeoutException($"still running after {Limit.TotalSeconds} s: {result}");
        }

        public void Dispose()
        {
            if (disposed) return;
            disposed = true;
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.Dispose();
            File.Delete(output);
            File.Delete(error);
        }
    }
}
