using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>A cgroup v2 directory: made with its limits, killed, frozen-or-not, removed.</summary>
internal static unsafe class UnifiedCgroup
{
    private const uint DirectoryMode = 0x1ed; // 0755
    private const byte DT_DIR = 4;

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
    /// SIGKILL to every process in the cgroup and below: by cgroup.kill, which none can escape by forking, or before Linux 5.14
    /// one by one. False if there is no such cgroup.
    /// </summary>
    public static bool Kill(string directory)
    {
        int file = FileContent.TryOpen(directory + "/cgroup.kill", Files.O_WRONLY);
        if (file < 0)
        {
            foreach (int pid in Processes(directory)) Kernel.Processes.kill(pid, Signals.SIGKILL);
            return Directory.Exists(directory);
        }

        byte one = (byte)'1';
        nint written = Files.write(file, &one, 1);
        Files.close(file);
        return written == 1;
    }

    public static bool IsFrozen(string directory) =>
        FileContent.TryReadText(directory + "/cgroup.events")?.Contains("frozen 1", StringComparison.Ordinal) == true;

    /// <summary>What tells a cgroup from a later one of the same path; 0 if there is none.</summary>
    public static ulong Identity(string directory)
    {
        fixed (byte* name = FileContent.Terminated(directory))
            return Statx.At(Files.AT_FDCWD, name, 0, out Statx stat) < 0 ? 0 : stat.Inode;
    }

    /// <summary>The processes in the cgroup itself and below, as far as this pid namespace can name them.</summary>
    public static List<int> Processes(string directory)
    {
        List<int> pids = [];
        if (!Directory.Exists(directory)) return pids;
        foreach (string cgroup in (string[])[directory, .. Directory.GetDirectories(directory, "*", SearchOption.AllDirectories)])
        {
            foreach (string line in File.ReadLines(cgroup + "/cgroup.procs"))
                if (int.Parse(line) is var pid and not 0) // 0: in a pid namespace that this one does not see
                    pids.Add(pid);
        }

        return pids;
    }

    /// <summary>
    /// Removes the cgroup and those that were made inside it. Waits for killed processes to be gone, which the kernel tells by
    /// an event on cgroup.events; processes that still live after <paramref name="milliseconds"/> are an error.
    /// </summary>
    public static void Remove(string directory, long milliseconds = 10_000)
    {
        int result = RemoveTree(directory);
        if (result == -Errno.EBUSY)
        {
            WaitUntilEmpty(directory, milliseconds);
            result = RemoveTree(directory);
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

    /// <summary>
    /// Puts the device filter on the cgroup. Not part of <see cref="Create"/>: the kernel takes 0.3 ms to verify and compile it,
    /// in which the init can be at its mounts already.
    /// </summary>
    public static void AttachDevices(UnifiedPlan plan, int directory)
    {
        fixed (byte* instructions = plan.DeviceProgram)
        {
            int program = Bpf.LoadDeviceProgram(instructions, plan.DeviceProgram.Length / 8);
            if (program < 0) throw new SpecException("linux.resources.devices", $"load device filter: {Errno.Describe(-program)}");
            int result = Bpf.AttachToCgroup(directory, program);
            Files.close(program);
            if (result < 0)
                throw new SpecException("linux.resources.devices", $"attach device filter to {plan.Directory}: {Errno.Describe(-result)}");
        }
    }

    internal static int RemoveTree(string directory)
    {
        fixed (byte* name = FileContent.Terminated(directory)) return RemoveTree(Files.AT_FDCWD, name);
    }

    /// <summary>By descriptors and bytes: the names inside are the container's, which need not be text.</summary>
    private static int RemoveTree(int parent, byte* name)
    {
        int result = Files.unlinkat(parent, name, Files.AT_REMOVEDIR);
        if (result != -Errno.EBUSY) return result;
        int directory = Files.openat(parent, name, Files.O_RDONLY | Files.O_DIRECTORY | Files.O_NOFOLLOW);
        if (directory < 0) return directory;
        const int Size = 4096;
        byte[] buffer = new byte[Size];
        fixed (byte* entries = buffer)
        {
            nint length;
            while ((length = Files.getdents64(directory, entries, Size)) > 0)
            {
                // struct linux_dirent64: inode and offset (8 bytes each), length (2), type (1), name
                for (nint at = 0; at < length; at += *(ushort*)(entries + at + 16))
                    if (entries[at + 18] == DT_DIR && !IsDots(entries + at + 19))
                        RemoveTree(directory, entries + at + 19);
            }
        }

        Files.close(directory);
        return Files.unlinkat(parent, name, Files.AT_REMOVEDIR);
    }

    /// <summary>"." or "..".</summary>
    private static bool IsDots(byte* name) => name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));

    private static void WaitUntilEmpty(string directory, long milliseconds)
    {
        string path = directory + "/cgroup.events";
        int file = FileContent.Open(path, Files.O_RDONLY);
        try
        {
            long deadline = Environment.TickCount64 + milliseconds;
            while (true)
            {
                // Read first: reading arms the event (cgroups(7)).
                Files.Rewind(file);
                if (Encoding.ASCII.GetString(FileContent.Read(file, 4096, path)).Contains("populated 0", StringComparison.Ordinal)) return;
                long left = deadline - Environment.TickCount64;
                Kernel.Processes.pollfd poll = new() { fd = file, events = Kernel.Processes.POLLPRI };
                if (left <= 0 || Kernel.Processes.poll(&poll, 1, left) == 0)
                    throw new RtException($"remove cgroup {directory}: processes {string.Join(' ', Processes(directory))} are still in it");
            }
        }
        finally
        {
            Files.close(file);
        }
    }
}
