using Rt.Kernel;

namespace Rt.Containers;

/// <summary>The directory (--root) under which each container has a directory of its own, named by its id.</summary>
internal sealed class ContainerStore(string root)
{
    private const int MaxIdLength = 1024;

    public string Root => root;

    /// <summary>Compiled seccomp filters. No container can have this name.</summary>
    public string SeccompCache => $"{root}/@seccomp";

    /// <summary>/run/rt, or for an ordinary user $XDG_RUNTIME_DIR/rt.</summary>
    public static string DefaultRoot =>
        Processes.geteuid() != 0 && Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtimeDir
            ? $"{runtimeDir}/rt"
            : "/run/rt";

    /// <summary>Makes a directory for a new container and takes its lock.</summary>
    public ContainerDirectory Create(string id)
    {
        string path = PathOf(id);
        for (int attempt = 0; attempt < 10; attempt++)
        {
            int result = FileContent.MakeDirectory(path, 0x1c9); // 0711
            if (result == -Errno.ENOENT)
            {
                KernelException.Check(FileContent.MakeDirectories(root, 0x1c0), $"create {root}");
                continue;
            }

            if (result == -Errno.EEXIST) throw new RtException($"container with given ID already exists: {id}");
            KernelException.Check(result, $"create {path}");
            ContainerDirectory directory = new(id, path);
            if (directory.TryLock()) return directory;
            directory.Close(); // a delete came in between and removed it
        }

        throw new RtException($"create {path}: it is gone each time it has been made");
    }

    /// <summary>In the container's directory, which need not be there yet.</summary>
    public string NotifyDirectory(string id) => new ContainerDirectory(id, PathOf(id)).NotifyDirectory;

    /// <summary>A container that is there; not locked.</summary>
    public ContainerDirectory Open(string id) => TryOpen(id) ?? throw new RtException($"container does not exist: {id}");

    public ContainerDirectory? TryOpen(string id)
    {
        string path = PathOf(id);
        return Directory.Exists(path) ? new ContainerDirectory(id, path) : null;
    }

    /// <summary>Does something to a container that is there, under its lock.</summary>
    public void Locked(string id, Action<ContainerDirectory, ContainerState> action)
    {
        ContainerDirectory directory = Open(id);
        try
        {
            directory.Lock();
            action(directory, directory.Read());
        }
        finally
        {
            directory.Close();
        }
    }

    /// <summary>The ids of all containers, in order.</summary>
    public IEnumerable<string> Ids() => Directory.Exists(root)
        ? Directory.GetDirectories(root).Select(path => Path.GetFileName(path)).Where(IsValid).Order(StringComparer.Ordinal)
        : [];

    private string PathOf(string id) => IsValid(id)
        ? $"{root}/{id}"
        : throw new RtException($"invalid container ID format: \"{id}\" (letters, digits and _ + - . are allowed, but not . and .. alone)");

    private static bool IsValid(string id) =>
        id.Length is > 0 and <= MaxIdLength && id is not ("." or "..")
        && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '+' or '-' or '.');
}
