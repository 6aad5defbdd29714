using System.Globalization;
using Rt.Kernel;

namespace Rt.Containers;

/// <summary>A process that may have died and left its number to another: it is known by its start time as well.</summary>
internal readonly unsafe record struct InitProcess(int Pid, ulong StartTime)
{
    /// <summary>The process that has this pid now; null if there is none.</summary>
    public static InitProcess? Find(int pid) => ReadStat(pid) is { } stat ? new InitProcess(pid, stat.StartTime) : null;

    /// <summary>Whether it still runs. A zombie does not.</summary>
    public bool IsAlive => ReadStat(Pid) is { } stat && stat.StartTime == StartTime && stat.State is not ('Z' or 'X' or 'x');

    /// <summary>A descriptor that stands for this very process, or -ESRCH.</summary>
    public int Open()
    {
        int pidfd = Processes.pidfd_open(Pid);
        if (pidfd < 0) return pidfd == -Errno.EINVAL ? -Errno.ESRCH : pidfd;
        // Looked at after the descriptor is there: from now on the pid can't pass to another unnoticed.
        if (IsAlive) return pidfd;
        Files.close(pidfd);
        return -Errno.ESRCH;
    }

    /// <summary>Sends a signal; 0 or -errno (-ESRCH: it is dead).</summary>
    public int Signal(int signal)
    {
        int pidfd = Open();
        if (pidfd < 0) return pidfd;
        int result = Processes.pidfd_send_signal(pidfd, signal);
        Files.close(pidfd);
        return result;
    }

    /// <summary>Waits until it has died; false if it has not within <paramref name="milliseconds"/>.</summary>
    public bool WaitForDeath(long milliseconds)
    {
        int pidfd = Open();
        if (pidfd < 0) return true;
        Processes.pollfd poll = new() { fd = pidfd, events = Processes.POLLIN };
        bool died = Processes.poll(&poll, 1, milliseconds) == 1;
        Files.close(pidfd);
        return died;
    }

    private static (char State, ulong StartTime)? ReadStat(int pid) =>
        FileContent.TryReadText($"/proc/{pid}/stat") is { } stat ? ParseStat(stat) : null;

    /// <summary>
    /// State and start time from /proc/PID/stat, whose second field, the name, may hold anything but ends at the last ")"; null:
    /// it has none.
    /// </summary>
    internal static (char State, ulong StartTime)? ParseStat(string stat)
    {
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19 && ulong.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out ulong startTime)
            ? (fields[0][0], startTime)
            : null;
    }
}
