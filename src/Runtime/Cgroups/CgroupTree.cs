using System.Buffers.Text;
using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>
/// A cgroup's directory with those that were made inside it, of either version. They are found by descriptors and bytes: their
/// names are the container's, which need not be text.
/// </summary>
internal static unsafe class CgroupTree
{
    private const int MaxProcsSize = 64 << 20; // the kernel has at most 2^22 pids
    private const byte DT_DIR = 4;

    /// <summary>The processes in it and below, in order, as far as this pid namespace can name them.</summary>
    public static List<int> Processes(string directory)
    {
        HashSet<int> pids = [];
        int root = FileContent.TryOpen(directory, Files.O_RDONLY | Files.O_DIRECTORY);
        if (root == -Errno.ENOENT) return [];
        KernelException.Check(root, $"open {directory}");
        AddProcesses(root, directory, pids);
        return [.. pids.Order()];
    }

    /// <summary>
    /// Sends a signal to each process, as often as there are new ones. 0; -EAGAIN: they came faster than that; or the -errno of
    /// one that refused it.
    /// </summary>
    public static int Signal(string directory, int signal)
    {
        const int MaxRounds = 100;
        HashSet<int> reached = [];
        for (int round = 0; round < MaxRounds; round++)
        {
            int before = reached.Count;
            foreach (int pid in Processes(directory).Where(reached.Add))
            {
                int result = Kernel.Processes.kill(pid, signal);
                if (result is < 0 and not -Errno.ESRCH) return result;
            }

            if (reached.Count == before) return 0;
        }

        return -Errno.EAGAIN;
    }

    /// <summary>Removes it and those inside: 0 or -errno (-EBUSY: somebody is in there).</summary>
    public static int Remove(string directory)
    {
        fixed (byte* name = FileContent.Terminated(directory)) return Remove(Files.AT_FDCWD, name);
    }

    private static int Remove(int parent, byte* name)
    {
        int result = Files.unlinkat(parent, name, Files.AT_REMOVEDIR);
        if (result != -Errno.EBUSY) return result;
        int directory = Files.openat(parent, name, Files.O_RDONLY | Files.O_DIRECTORY | Files.O_NOFOLLOW);
        if (directory < 0) return directory;
        foreach (byte[] below in Below(directory))
            fixed (byte* child = below)
                Remove(directory, child);
        Files.close(directory);
        return Files.unlinkat(parent, name, Files.AT_REMOVEDIR);
    }

    /// <param name="directory">Is closed.</param>
    /// <param name="path">For errors.</param>
    private static void AddProcesses(int directory, string path, HashSet<int> pids)
    {
        try
        {
            AddOwnProcesses(directory, path, pids);
            foreach (byte[] below in Below(directory))
            {
                int child;
                fixed (byte* name = below) child = Files.openat(directory, name, Files.O_RDONLY | Files.O_DIRECTORY | Files.O_NOFOLLOW);
                if (child == -Errno.ENOENT) continue; // removed meanwhile
                KernelException.Check(child, $"open a cgroup in {path}");
                AddProcesses(child, path, pids);
            }
        }
        finally
        {
            Files.close(directory);
        }
    }

    private static void AddOwnProcesses(int directory, string path, HashSet<int> pids)
    {
        int file = FileContent.TryOpenAt(directory, "cgroup.procs", Files.O_RDONLY);
        if (file is -Errno.ENOENT or -Errno.ENODEV) return; // removed meanwhile
        KernelException.Check(file, $"open cgroup.procs in {path}");
        try
        {
            ReadOnlySpan<byte> text = FileContent.Read(file, MaxProcsSize, $"cgroup.procs in {path}");
            for (; Utf8Parser.TryParse(text, out int pid, out int length); text = text[(length + 1)..])
                if (pid != 0) // in a pid namespace that this one does not see
                    pids.Add(pid);
        }
        catch (KernelException e) when (e.Errno is Errno.ENODEV or Errno.EOPNOTSUPP)
        {
            // Removed meanwhile, or threaded: the processes of threads are those of the cgroup above.
        }
        finally
        {
            Files.close(file);
        }
    }

    /// <summary>The names, each ended by NUL, of the cgroups right below one.</summary>
    private static List<byte[]> Below(int directory)
    {
        const int Size = 4096;
        List<byte[]> names = [];
        byte* entries = stackalloc byte[Size];
        nint length;
        while ((length = Files.getdents64(directory, entries, Size)) > 0)
        {
            // struct linux_dirent64: inode and offset (8 bytes each), length (2), type (1), name
            for (nint at = 0; at < length; at += *(ushort*)(entries + at + 16))
            {
                byte* name = entries + at + 19;
                if (entries[at + 18] == DT_DIR && !IsDots(name)) names.Add(new Span<byte>(name, Text.Length(name) + 1).ToArray());
            }
        }

        return names;
    }

    /// <summary>"." or "..".</summary>
    private static bool IsDots(byte* name) => name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}
