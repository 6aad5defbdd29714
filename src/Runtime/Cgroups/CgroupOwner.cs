using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>
/// To whom a container's cgroup is given, so that a service manager inside can make cgroups of its own below (config-linux.md,
/// "Cgroup ownership"; cgroups(7), "Cgroups delegation").
/// </summary>
internal static unsafe class CgroupOwner
{
    /// <summary>What may be given away where the kernel does not say it in <see cref="DelegateFile"/>.</summary>
    private static readonly string[] DefaultFiles = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"];

    private const string DelegateFile = "/sys/kernel/cgroup/delegate";

    /// <summary>
    /// The host's uid of the container's user, if the container has a cgroup namespace of its own and its cgroups are mounted
    /// writable; null: the cgroup stays root's.
    /// </summary>
    /// <param name="joined">The mappings of a user namespace that is joined.</param>
    public static uint? Of(Config config, List<IdMapping> joined)
    {
        if (!config.Linux.HasNewNamespace("cgroup") || !config.Mounts.Exists(IsWritableCgroup)) return null;
        uint? uid = config.Process!.User.Uid;
        if (config.Linux.HasNamespace("user"))
            uid = IdMapping.HostIdOf(config.Linux.HasNewNamespace("user") ? config.Linux.UidMappings : joined, uid.Value);
        return uid == 0 ? null : uid;
    }

    /// <summary>Gives away the directory and those of its files that the kernel lists, as far as they are there.</summary>
    public static void Give(string directory, uint uid)
    {
        string[] files = FileContent.TryReadText(DelegateFile)?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? DefaultFiles;
        foreach (string path in (string[])[directory, .. files.Select(file => $"{directory}/{file}")])
        {
            fixed (byte* name = FileContent.Terminated(path))
            {
                int result = Files.fchownat(Files.AT_FDCWD, name, uid, uint.MaxValue, Files.AT_SYMLINK_NOFOLLOW); // the group stays
                if (result != -Errno.ENOENT) KernelException.Check(result, $"chown {path}");
            }
        }
    }

    private static bool IsWritableCgroup(Mount mount) =>
        mount is { Source: "cgroup", Destination: "/sys/fs/cgroup" } && !mount.Options.Contains("ro");
}
