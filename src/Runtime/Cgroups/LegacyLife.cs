using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>
/// A container's directories of cgroup v1 from its start to its end: frozen, thawed, killed, removed. v1 tells nothing by events,
/// and has no file that kills.
/// </summary>
internal static unsafe class LegacyLife
{
    private const string StateFile = "/freezer.state";

    /// <summary>Whether its processes are frozen, by its own cgroup or by one above.</summary>
    public static bool IsFrozen(IReadOnlyList<LegacyDirectory> directories) =>
        Freezer(directories) is { } freezer && IsFrozen(freezer);

    public static bool CanFreeze(IReadOnlyList<LegacyDirectory> directories) => Freezer(directories) != null;

    /// <summary>Whether they are to be, and this by its own cgroup.</summary>
    public static bool IsFreezing(IReadOnlyList<LegacyDirectory> directories) =>
        Freezer(directories) is { } freezer && FileContent.TryReadText(freezer + "/freezer.self_freezing") == "1\n";

    /// <summary>
    /// Returns when all processes are frozen. They freeze one by one, on their way back to user space, and the kernel waits for
    /// the last: what can't be frozen within <paramref name="milliseconds"/> runs on, all of it.
    /// </summary>
    public static bool TryFreeze(IReadOnlyList<LegacyDirectory> directories, long milliseconds)
    {
        if (Freezer(directories) is not { } freezer) return false;
        bool frozen = TryFreeze(freezer, milliseconds);
        if (!frozen) Write(freezer, "THAWED");
        return frozen;
    }

    /// <summary>False: it is frozen still, by a cgroup above.</summary>
    public static bool TryThaw(IReadOnlyList<LegacyDirectory> directories)
    {
        Thaw(directories);
        return !IsFrozen(directories);
    }

    public static void Thaw(IReadOnlyList<LegacyDirectory> directories)
    {
        if (Freezer(directories) is { } freezer) Write(freezer, "THAWED");
    }

    /// <summary>
    /// SIGKILL to every process in the cgroup and below. Frozen meanwhile, none can escape by forking; where they can't be frozen,
    /// all are killed again as long as there are any. False if there is no such cgroup.
    /// </summary>
    public static bool Kill(IReadOnlyList<LegacyDirectory> directories, long milliseconds = 10_000)
    {
        string? freezer = Freezer(directories);
        string directory = freezer ?? directories[0].Path;
        if (!Directory.Exists(directory)) return false;
        // To freeze, the kernel changes its own code, which takes it a while: not for nobody.
        if (CgroupTree.Processes(directory).Count == 0) return true;
        bool frozen = freezer != null && TryFreeze(freezer, milliseconds: 100);
        List<int> killed = KillOnce(directory);
        if (freezer != null) Write(freezer, "THAWED");
        long deadline = Environment.TickCount64 + milliseconds;
        while (!frozen && killed.Count > 0 && Environment.TickCount64 < deadline)
        {
            AwaitEnd(killed[0], 100);
            killed = KillOnce(directory);
        }

        return true;
    }

    public static List<int> Processes(IReadOnlyList<LegacyDirectory> directories) => CgroupTree.Processes(Any(directories));

    /// <summary>See <see cref="CgroupTree.Signal"/>.</summary>
    public static int Signal(IReadOnlyList<LegacyDirectory> directories, int signal) => CgroupTree.Signal(Any(directories), signal);

    /// <summary>
    /// Removes the directories and those that were made inside. Processes have so long to be gone; the living are an error, once
    /// all is removed that can be.
    /// </summary>
    public static void Remove(IReadOnlyList<LegacyDirectory> directories, long milliseconds)
    {
        long deadline = Environment.TickCount64 + milliseconds;
        RtException? failure = null;
        foreach (LegacyDirectory directory in directories) failure = Remove(directory.Path, deadline) ?? failure;
        if (failure != null) throw failure;
    }

    /// <summary>Removes them unless someone is in them, giving dying processes a second to be gone.</summary>
    public static void RemoveIfEmpty(IReadOnlyList<LegacyDirectory> directories)
    {
        try
        {
            Remove(directories, milliseconds: 1000);
        }
        catch (RtException e)
        {
            Log.Warn($"{e.Message}: left there");
        }
    }

    private static RtException? Remove(string directory, long deadline)
    {
        while (true)
        {
            int result = CgroupTree.Remove(directory);
            if (result is >= 0 or -Errno.ENOENT) return null;
            List<int> processes = CgroupTree.Processes(directory);
            long left = deadline - Environment.TickCount64;
            if (result != -Errno.EBUSY || left <= 0)
                return new RtException(processes.Count == 0
                    ? $"remove cgroup {directory}: {Errno.Describe(-result)}"
                    : $"remove cgroup {directory}: processes {string.Join(' ', processes)} are still in it");
            // One that has ended is in its cgroup for some microseconds more.
            if (processes.Count == 0 || !AwaitEnd(processes[0], left)) Pause();
        }
    }

    private static string? Freezer(IReadOnlyList<LegacyDirectory> directories) =>
        directories.FirstOrDefault(one => one.Has("freezer"))?.Path;

    /// <summary>All have the same processes.</summary>
    private static string Any(IReadOnlyList<LegacyDirectory> directories) => Freezer(directories) ?? directories[0].Path;

    /// <summary>
    /// Asking again includes processes that were forked while it went on, and wakes those that the kernel has left out
    /// (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst).
    /// </summary>
    private static bool TryFreeze(string freezer, long milliseconds)
    {
        long deadline = Environment.TickCount64 + milliseconds;
        while (true)
        {
            Write(freezer, "FROZEN");
            if (IsFrozen(freezer)) return true;
            if (Environment.TickCount64 >= deadline) return false;
            Pause();
        }
    }

    /// <summary>"FREEZING" while some are not yet.</summary>
    private static bool IsFrozen(string freezer) =>
        FileContent.TryReadText(freezer + StateFile)?.StartsWith("FROZEN", StringComparison.Ordinal) == true;

    private static void Write(string freezer, string state) =>
        FileContent.WriteTo(freezer + StateFile, System.Text.Encoding.ASCII.GetBytes(state));

    private static List<int> KillOnce(string directory)
    {
        List<int> pids = CgroupTree.Processes(directory);
        foreach (int pid in pids) Kernel.Processes.kill(pid, Signals.SIGKILL);
        return pids;
    }

    /// <summary>Waits for a process to end; false if it was gone already.</summary>
    private static bool AwaitEnd(int pid, long milliseconds)
    {
        int pidfd = Kernel.Processes.pidfd_open(pid);
        if (pidfd < 0) return false;
        Kernel.Processes.pollfd poll = new() { fd = pidfd, events = Kernel.Processes.POLLIN };
        bool ended = Kernel.Processes.poll(&poll, 1, 0) == 1;
        if (!ended) Kernel.Processes.poll(&poll, 1, milliseconds);
        Files.close(pidfd);
        return !ended;
    }

    /// <summary>A millisecond, for what the kernel has no event for.</summary>
    private static void Pause() => Kernel.Processes.poll(null, 0, 1);
}
