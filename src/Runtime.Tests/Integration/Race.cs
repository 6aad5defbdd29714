namespace Rt.Tests.Integration;

/// <summary>Commands that are begun at the same moment.</summary>
internal static class Race
{
    /// <summary>Their results, in the order in which the commands are given.</summary>
    public static Result[] Of(params Func<Result>[] commands)
    {
        using Barrier start = new(commands.Length);
        return Task.WhenAll(commands.Select(command => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait();
            return command();
        }, TaskCreationOptions.LongRunning))).GetAwaiter().GetResult();
    }
}
