using System.Globalization;
using Rt.Kernel;

namespace Rt.Hooks;

/// <summary>
/// How a hook ended, as one number, so that it fits into the errno of a failure's report: 0 is success, negative ones are
/// failures before the hook ran (-errno).
/// </summary>
internal readonly record struct HookStatus(int Number)
{
    private const int Exit = 1000, Signal = 2000, Late = 3000, Execute = 4000, Interrupt = 5000;

    public const int TimedOut = Late;

    public static int Exited(int code) => code == 0 ? 0 : Exit + code;

    public static int Killed(int signal) => Signal + signal;

    public static int NotExecuted(int errno) => Execute + errno;

    /// <param name="signal">What rt itself got.</param>
    public static int Interrupted(int signal) => Interrupt + signal;

    public string Describe() => Number switch
    {
        0 => "succeeded",
        >= Interrupt => $"was killed, since rt was interrupted by {Signals.Name(Number - Interrupt)}",
        >= Execute => $"can't be executed: {Errno.Describe(Number - Execute)}",
        Late => "took longer than its timeout and was killed",
        >= Signal => $"was killed by {Signals.Name(Number - Signal)}",
        >= Exit => $"ended with exit status {Number - Exit}",
        _ => $"can't be run: {Errno.Describe(Math.Abs(Number))}",
    };
}

/// <summary>How a hook ended, and the last that it said.</summary>
internal sealed record HookResult(HookStatus Status, string Output)
{
    public bool Succeeded => Status.Number == 0;

    /// <summary>One line.</summary>
    public string Describe(string what)
    {
        // Of the container's making, maybe, and on its way to someone's terminal.
        string said = string.Concat(Output.Trim().Select(c => char.IsControl(c) ? ' ' : c));
        return $"{what} {Status.Describe()}{(said.Length == 0 ? "" : $": {said}")}";
    }
}

/// <summary>What <see cref="RunHook"/> leaves as the detail of its failure: "INDEX PATH", a line end, the hook's last words.</summary>
/// <param name="Path">Its first 200 bytes or so.</param>
internal sealed record HookFailure(int Index, string Path, HookResult Result)
{
    public static HookFailure Parse(string detail, int number)
    {
        string[] parts = detail.Split('\n', 2);
        string[] which = parts[0].Split(' ', 2);
        return new HookFailure(int.Parse(which[0], CultureInfo.InvariantCulture), which[^1],
            new HookResult(new HookStatus(number), parts.Length > 1 ? parts[1] : ""));
    }

    public string Describe(string path) => Result.Describe($"hook {path}");
}
