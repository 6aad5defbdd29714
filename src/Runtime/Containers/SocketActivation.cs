using System.Globalization;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>
/// Sockets that rt was started with for the container (sd_listen_fds(3)): descriptors from 3 on, which the container's program gets,
/// with the variables by which it knows of them.
/// </summary>
internal static class SocketActivation
{
    private const int MaxCount = 1024;

    /// <summary>How many there are; 0 too if those that the environment speaks of are another process's.</summary>
    public static int Count()
    {
        bool ours = Number(Environment.GetEnvironmentVariable("LISTEN_PID")) == Processes.getpid();
        return ours ? Count(Environment.GetEnvironmentVariable("LISTEN_FDS")) : 0;
    }

    internal static int Count(string? listenFds)
    {
        int count = Number(listenFds);
        return count <= MaxCount ? count : throw new RtException($"LISTEN_FDS={count}: more than {MaxCount} descriptors");
    }

    /// <summary>LISTEN_PID is as under runc that of a container with a pid namespace of its own.</summary>
    public static void AddTo(ContainerProcess process, int count)
    {
        if (count == 0) return;
        process.Env.Add($"LISTEN_FDS={count}");
        process.Env.Add("LISTEN_PID=1");
        if (Environment.GetEnvironmentVariable("LISTEN_FDNAMES") is { Length: > 0 } names) process.Env.Add($"LISTEN_FDNAMES={names}");
    }

    /// <summary>0 for a variable that is missing or no number.</summary>
    private static int Number(string? variable) =>
        int.TryParse(variable, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : 0;
}
