using Rt.Kernel;

namespace Rt.Containers;

/// <summary>The directory (--root) under which each container has a directory of its own, named by its id.</summary>
internal sealed class ContainerStore(string root)
{
    private const int MaxIdLength = 1024;
    private const string RootsOwn = "/run/rt";

    public string Root => root;

    /// <summary>Compiled seccomp filters. No container can have this name.</summary>
    public string SeccompCache => $"{root}/@seccomp";

    /// <summary>/run/rt, or for an ordinary user $XDG_RUNTIME_DIR/rt.</summary>
    public static string DefaultRoot => InRuntimeDirectory ?? RootsOwn;

    /// <summary>
    /// $XDG_RUNTIME_DIR/rt; null where there is no such variable or it is not for this process. The root of a user namespace may
    /// be an ordinary user, as with Podman, who can't write to /run. $USER tells, as under runc: "root" is root of a container.
    /// </summary>
    private static string? InRuntimeDirectory =>
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } directory
        && (Processes.geteuid() != 0 || (Credentials.InUserNamespace() && Environment.GetEnvironmentVariable("USER") != "root"))
            ? $"{directory}/rt"
            : null;

    /// <summary>Makes a directory for a new container and takes its lock.</summary>
    public ContainerDirectory Create(string id)
    {
        string path = PathOf(id);
        for (int attempt = 0; attempt < 10; attempt++)
        {
            int result = FileContent.MakeDirectory(path, 0x1c9); // 0711
            if (result == -Errno.ENOENT)
            {
                MakeRoot();
                continue;
            }

            if (result == -Errno.EEXIST) throw new RtException($"container with given ID already exists: {id}");
            if (result < 0) throw Refusal(path, -result);
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

    /// <summary>
    /// The sticky bit keeps what cleans up $XDG_RUNTIME_DIR from taking old files away (XDG Base Directory Specification).
    /// </summary>
    private void MakeRoot()
    {
        int result = FileContent.MakeDirectories(root, root == InRuntimeDirectory ? 0x3c0u : 0x1c0); // 1700 or 0700
        if (result < 0) throw Refusal(root, -result);
    }

    private RtException Refusal(string path, int errno)
    {
        bool isRoots = root == RootsOwn && errno is Errno.EACCES or Errno.EPERM or Errno.EROFS;
        return new RtException($"create {path}: {Errno.Describe(errno)}"
            + (isRoots ? " (an ordinary user's place is $XDG_RUNTIME_DIR/rt: set XDG_RUNTIME_DIR, or give --root)" : ""));
    }

    private string PathOf(string id)
    {
        if (id.Length == 0) throw new RtException("container id cannot be empty");
        return IsValid(id)
            ? $"{root}/{id}"
            : throw new RtException($"invalid container ID format: \"{id}\" (letters, digits and _ + - . are allowed, but not . and .. alone)");
    }

    private static bool IsValid(string id) =>
        id.Length <= MaxIdLength && id is not ("." or "..")
        && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '+' or '-' or '.');
}
