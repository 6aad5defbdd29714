using Rt.Kernel;

namespace Rt.Doctor;

/// <summary>Where the state of containers is kept (<c>--root</c>), and compiled seccomp filters with it.</summary>
/// <param name="Existing">It, or what is there of the directories above it.</param>
/// <param name="FileSystem">The magic number (statfs(2)) of the file system that it is on.</param>
internal sealed record StateRootSubject(Caller Caller, string Root, string Existing, bool IsWritable, long FileSystem)
{
    private const string Name = "state";

    private const long TMPFS_MAGIC = 0x01021994, RAMFS_MAGIC = 0x858458f6;

    public static StateRootSubject Examine(Caller caller, string root)
    {
        string existing = root;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent) existing = parent;
        return new StateRootSubject(caller, root, existing, FileContent.IsWritable(existing), FileContent.FileSystemType(existing));
    }

    public Finding Judge()
    {
        if (!IsWritable)
            return new Finding(Name, Grade.Missing, $"{Root}: {Existing} is not {Caller.Name}'s to write to", "every container",
                Caller.IsOrdinary ? "log in by a session, which makes a directory and sets XDG_RUNTIME_DIR, or give --root DIR"
                    : "give --root DIR, or mount a tmpfs there")
                { IsFatal = true };
        return FileSystem is TMPFS_MAGIC or RAMFS_MAGIC
            ? new Finding(Name, Grade.Ok, $"{Root}, in memory")
            : new Finding(Name, Grade.Limited, $"{Root}, not in memory",
                "time at each start; after a crash of the host, state of containers that are gone has to be deleted by hand",
                "mount a tmpfs at /run, as systemd does, or give --root DIR with a DIR on one");
    }
}
