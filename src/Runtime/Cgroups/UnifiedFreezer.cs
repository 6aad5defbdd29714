using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>
/// cgroup.freeze of a cgroup v2 directory (Linux 5.2): stops all processes in it and below, and lets them go on. A process that
/// waits in the kernel, for a file server that has died say, stops only when the kernel lets go of it.
/// </summary>
internal static class UnifiedFreezer
{
    /// <summary>All processes have stopped, whether it was this cgroup that was frozen or one above it.</summary>
    public static bool IsFrozen(string directory) =>
        FileContent.TryReadText(directory + "/cgroup.events")?.Contains("frozen 1", StringComparison.Ordinal) == true;

    /// <summary>They have been told to stop, in this cgroup itself, and may or may not have done so yet.</summary>
    public static bool IsFreezing(string directory) => FileContent.TryReadText(directory + "/cgroup.freeze") == "1\n";

    /// <summary>Stops all. False if not all have stopped within so long: then they go on as if nothing had been.</summary>
    public static bool TryFreeze(string directory, long milliseconds)
    {
        bool frozen = false;
        Write(directory, freeze: true);
        try
        {
            return frozen = UnifiedEvents.Wait(directory, "frozen 1", milliseconds);
        }
        finally
        {
            if (!frozen) Write(directory, freeze: false);
        }
    }

    /// <summary>Lets them go on. False if the cgroup is frozen still after so long.</summary>
    public static bool TryThaw(string directory, long milliseconds)
    {
        Write(directory, freeze: false);
        return UnifiedEvents.Wait(directory, "frozen 0", milliseconds);
    }

    private static void Write(string directory, bool freeze) =>
        FileContent.WriteTo(directory + "/cgroup.freeze", freeze ? "1"u8 : "0"u8);
}
