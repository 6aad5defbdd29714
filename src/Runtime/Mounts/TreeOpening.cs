using Rt.Kernel;
using Rt.Namespaces;
using Rt.Plan;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>
/// The source of a bind mount, cloned by rt with the host's privileges: the root of a user namespace might not reach it, and
/// only the file system's own root may map its ids.
/// </summary>
/// <param name="IdMap">The mapping of an idmapped mount; null: none.</param>
internal sealed record TreeOpening(Slot Slot, string Path, bool Recursive, IdMap? IdMap, string Origin) : Opening(Slot, Origin)
{
    public override unsafe int Open()
    {
        int tree;
        fixed (byte* path = FileContent.Terminated(Path)) tree = open_tree_clone(Files.AT_FDCWD, path, Recursive);
        if (tree < 0) throw new RtException($"{Origin}.source: open {Path}: {Errno.Describe(-tree)}");
        if (IdMap == null) return tree;
        int mapping = IdMap.Open();
        int result = SetIdMap(tree, mapping, IdMap.Recursive);
        Files.close(mapping);
        if (result >= 0) return tree;
        Files.close(tree);
        throw new RtException($"{Origin}: map the ids of {Path}: " + -result switch
        {
            Errno.EINVAL => "its file system, or one below it, does not support idmapped mounts",
            Errno.ENOSYS => "idmapped mounts need Linux 5.12",
            var errno => Errno.Describe(errno),
        });
    }

    public override StepDescription Describe() => new(Recursive ? "open-tree" : "open-mount", Path, ("idmap", IdMap?.ToString() ?? ""));
}

/// <summary>Where an idmapped mount takes its mapping from: one of its own, or a user namespace that is there.</summary>
internal sealed record IdMap(UserNamespace? Own, string Path, bool Recursive)
{
    public int Open() => Own?.Open() ?? FileContent.Open(Path, Files.O_RDONLY);

    public override string ToString() => Own == null ? Path : $"{Own}{(Recursive ? " recursive" : "")}";
}
