using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>A cgroup v2 directory: made with its limits, killed, removed.</summary>
internal static unsafe class UnifiedCgroup
{
    private const uint DirectoryMode = 0x1ed; // 0755

    /// <summary>
    /// Makes the cgroup, puts its limits on it, and returns an open descriptor of it for CLONE_INTO_CGROUP. If that fails,
    /// what was made is gone again. <paramref name="made"/>: it was not there before.
    /// </summary>
    public static int Create(UnifiedPlan plan, out bool made)
    {
        made = MakeDirectory(plan.Directory);
        try
        {
            if (!made) RequireEmpty(plan);
            return TakeOver(plan);
        }
        catch
        {
            if (made) FileContent.RemoveDirectory(plan.Directory);
            throw;
        }
    }

    /// <summary>Puts limits on a cgroup that is there for the container, and opens it.</summary>
    public static int TakeOver(UnifiedPlan plan)
    {
        int directory = FileContent.Open(plan.Directory, Files.O_RDONLY | Files.O_DIRECTORY);
        try
        {
            Controllers.HandDown(plan, directory);
            foreach (CgroupWrite write in plan.Writes) Apply(plan.Directory, directory, write);
            return directory;
        }
        catch
        {
            Files.close(directory);
            throw;
        }
    }

    /// <summary>
    /// SIGKILL to every process in the cgroup and below, by cgroup.kill, which none can escape by forking. False if there is no
    /// such cgroup.
    /// </summary>
    public static bool Kill(string directory)
    {
        int file = FileContent.TryOpen(directory + "/cgroup.kill", Files.O_WRONLY);
        if (file < 0) return KillOneByOne(directory);
        byte one = (byte)'1';
        nint written = Files.write(file, &one, 1);
        Files.close(file);
        return written == 1;
    }

    /// <summary>Before Linux 5.14. Frozen, they can't fork, and SIGKILL reaches them all the same.</summary>
    private static bool KillOneByOne(string directory)
    {
        const long Milliseconds = 100;
        if (!Directory.Exists(directory)) return false;
        bool froze = !UnifiedFreezer.IsFreezing(directory) && UnifiedFreezer.TryFreeze(directory, Milliseconds);
        CgroupTree.Signal(directory, Signals.SIGKILL);
        if (froze) UnifiedFreezer.TryThaw(directory, Milliseconds);
        return true;
    }

    /// <summary>What tells a cgroup from a later one of the same path; 0 if there is none.</summary>
    public static ulong Identity(string directory)
    {
        fixed (byte* name = FileContent.Terminated(directory))
            return Statx.At(Files.AT_FDCWD, name, 0, out Statx stat) < 0 ? 0 : stat.Inode;
    }

    /// <summary>
    /// Removes the cgroup and those that were made inside it. Waits for killed processes to be gone, which the kernel tells by
    /// an event on cgroup.events; processes that still live after <paramref name="milliseconds"/> are an error.
    /// </summary>
    public static void Remove(string directory, long milliseconds = 10_000)
    {
        int result = CgroupTree.Remove(directory);
        if (result == -Errno.EBUSY)
        {
            if (!UnifiedEvents.Wait(directory, "populated 0", milliseconds))
            {
                string pids = string.Join(' ', CgroupTree.Processes(directory));
                throw new RtException($"remove cgroup {directory}: processes {pids} are still in it");
            }

            result = CgroupTree.Remove(directory);
        }

        if (result is not -Errno.ENOENT) KernelException.Check(result, $"remove cgroup {directory}");
    }

    /// <summary>Removes the cgroup unless someone is in it, giving dying processes a second to be gone.</summary>
    public static void RemoveIfEmpty(string directory)
    {
        try
        {
            Remove(directory, milliseconds: 1000);
        }
        catch (Exception e) when (e is RtException or KernelException)
        {
            Log.Warn($"{e.Message}: left there");
        }
    }

    /// <summary>Makes a cgroup and those above it that are missing. True if it is new.</summary>
    internal static bool MakeDirectory(string directory)
    {
        int result = FileContent.MakeDirectory(directory, DirectoryMode);
        // One that is there and empty is made anew: it may have limits and a device filter of whoever left it.
        if (result == -Errno.EEXIST && FileContent.RemoveDirectory(directory) >= 0)
            result = FileContent.MakeDirectory(directory, DirectoryMode);
        if (result == -Errno.ENOENT && Path.GetDirectoryName(directory) is { } parent)
        {
            KernelException.Check(FileContent.MakeDirectories(parent, DirectoryMode), $"create cgroup {parent}");
            result = FileContent.MakeDirectory(directory, DirectoryMode);
        }

        if (result == -Errno.EEXIST) return false;
        KernelException.Check(result, $"create cgroup {directory}");
        return true;
    }

    /// <summary>A cgroup that was there must be nobody's: killing the container would kill whoever is in it.</summary>
    private static void RequireEmpty(UnifiedPlan plan)
    {
        string text = Encoding.ASCII.GetString(FileContent.Read(plan.Directory + "/cgroup.events", 4096));
        if (text.Contains("populated 1", StringComparison.Ordinal))
            throw new RtException($"container's cgroup is not empty: {plan.Directory} has processes already");
        if (text.Contains("frozen 1", StringComparison.Ordinal))
            throw new RtException($"container's cgroup unexpectedly frozen: {plan.Directory}");
    }

    /// <summary>Writes one limit.</summary>
    internal static void Apply(string path, CgroupWrite write)
    {
        int directory = FileContent.Open(path, Files.O_RDONLY | Files.O_DIRECTORY);
        try
        {
            Apply(path, directory, write);
        }
        finally
        {
            Files.close(directory);
        }
    }

    /// <param name="path">The cgroup's.</param>
    /// <param name="directory">An open descriptor of it.</param>
    internal static void Apply(string path, int directory, CgroupWrite write)
    {
        if (write.Usage.Length > 0) RequireRoom(path, write);
        int file = FileContent.TryOpenAt(directory, write.File, Files.O_WRONLY);
        if (file == -Errno.ENOENT && write.Otherwise is { } other)
        {
            Apply(path, directory, other);
            return;
        }

        if (file == -Errno.ENOENT && write.Optional) return;
        if (file < 0) throw new SpecException(write.Origin, $"open {path}/{write.File}: {Errno.Describe(-file)}");
        try
        {
            // Files with a line a device take one line a write.
            foreach (string line in write.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                FileContent.Write(file, Encoding.UTF8.GetBytes(line), $"{path}/{write.File}");
        }
        catch (KernelException e)
        {
            throw new SpecException(write.Origin, $"write \"{write.Value}\" to {path}/{write.File}: {Errno.Describe(e.Errno)}");
        }
        finally
        {
            Files.close(file);
        }
    }

    /// <summary>As far as the kernel tells what is in use.</summary>
    private static void RequireRoom(string path, CgroupWrite write)
    {
        if (long.TryParse(FileContent.TryReadText($"{path}/{write.Usage}"), out long used) && long.Parse(write.Value) < used)
            throw new SpecException(write.Origin, $"{write.Value} is less than is in use ({used}, as {path}/{write.Usage} says)");
    }
}
