using System.Text;
using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>cgroup.events: what the kernel tells of a cgroup v2 directory, and its word when that changes (cgroups(7)).</summary>
internal static unsafe class UnifiedEvents
{
    private const int MaxSize = 4096;

    /// <summary>Waits until the file has a line such as "populated 0"; false if it has not within so long.</summary>
    public static bool Wait(string directory, string line, long milliseconds)
    {
        string path = directory + "/cgroup.events";
        int file = FileContent.Open(path, Files.O_RDONLY);
        try
        {
            long deadline = Environment.TickCount64 + milliseconds;
            while (true)
            {
                // Read first: reading arms the event.
                Files.Rewind(file);
                if (Encoding.ASCII.GetString(FileContent.Read(file, MaxSize, path)).Contains(line, StringComparison.Ordinal)) return true;
                long left = deadline - Environment.TickCount64;
                Kernel.Processes.pollfd poll = new() { fd = file, events = Kernel.Processes.POLLPRI };
                if (left <= 0 || Kernel.Processes.poll(&poll, 1, left) == 0) return false;
            }
        }
        finally
        {
            Files.close(file);
        }
    }
}
