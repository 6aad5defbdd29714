using Rt.Plan;
using Rt.Spec;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>What config.json's root, mounts (<see cref="MountEntry"/>), maskedPaths and readonlyPaths compile to.</summary>
internal static class MountCompiler
{
    /// <summary>The root file system; in a mount namespace that is the container's own, with no changes propagating to the host.</summary>
    public static void OpenRoot(PlanWriter plan, Config config, string bundle)
    {
        bool shared = IsShared(config), others = !config.Linux.HasNewNamespace("mount");
        if (!shared && !others)
            plan.Add(new HostPropagation { Flags = (uint)HostPropagation(config) },
                config.Linux.RootfsPropagation.Length == 0 ? "" : "linux.rootfsPropagation");

        string path = config.Root!.Path;
        plan.Add(new OpenRoot
        {
            Path = plan.Text(path),
            Base = Path.IsPathRooted(path) ? default : plan.Text(bundle),
            PrivateParent = shared && !others,
            Private = others,
        }, "root.path");
    }

    /// <summary>What the host's mounts are to be in the container's namespace; not asked for where they stay shared.</summary>
    public static ulong HostPropagation(Config config) =>
        MS_REC | (config.Linux.RootfsPropagation is "private" or "rprivate" ? MS_PRIVATE : MS_SLAVE);

    /// <summary>Every mount, in the order given. Sources that are relative start from the bundle.</summary>
    public static void Mounts(PlanWriter plan, Config config, MountContext context)
    {
        for (int i = 0; i < config.Mounts.Count; i++) new MountEntry(plan, config, context, i).Compile();
    }

    /// <summary>Makes those mounts read-only that the steps before had to write to.</summary>
    public static void LateReadonly(PlanWriter plan, Config config)
    {
        for (int i = 0; i < config.Mounts.Count; i++)
        {
            Mount mount = config.Mounts[i];
            if (!IsLateReadonly(mount) || !MountOptions.Parse(mount.Options, "").Readonly) continue;
            bool covered = config.Mounts.FindLastIndex(other => IsAt(other, mount.Destination) && !StaysReadonly(other)) > i;
            if (!covered) plan.Add(new MountReadonly { Target = plan.Text(mount.Destination) }, $"mounts[{i}]");
        }
    }

    public static void CoveredPaths(PlanWriter plan, Config config)
    {
        bool ownProc = HasOwnProc(config);
        var label = MountLabel.Option(config);
        for (int i = 0; i < config.Linux.ReadonlyPaths.Count; i++)
            plan.Add(new ReadonlyPath { Covered = CoveredPath.Compile(plan, config.Linux.ReadonlyPaths[i], ownProc) },
                $"linux.readonlyPaths[{i}]");
        for (int i = 0; i < config.Linux.MaskedPaths.Count; i++)
            plan.Add(new MaskPath
            {
                Covered = CoveredPath.Compile(plan, config.Linux.MaskedPaths[i], ownProc),
                ContextType = label is (var type, _) ? plan.Text(type) : default,
                Context = label is (_, { } text) ? plan.Text(text) : default,
            }, $"linux.maskedPaths[{i}]");
    }

    public static void EnterRoot(PlanWriter plan, Config config, bool noPivot)
    {
        if (!config.Linux.HasNewNamespace("mount")) plan.Add(default(ChangeRoot));
        else if (noPivot) plan.Add(default(MoveRoot));
        else plan.Add(new PivotRoot { HostShared = IsShared(config) });
    }

    /// <summary>The root of a container that is there, as long as the host's /proc is in sight.</summary>
    /// <param name="root">Gives its directory, where its mount namespace does not lead there.</param>
    public static void FindRoot(PlanWriter plan, Config config, Func<int> root)
    {
        if (!config.Linux.HasNewNamespace("mount")) plan.Openings.Add(new LateOpening(Slot.Root, root));
    }

    /// <summary>That root, when the container's namespaces have been joined.</summary>
    public static void EnterRoot(PlanWriter plan, Config config)
    {
        if (config.Linux.HasNewNamespace("mount")) plan.Add(default(FindRoot));
        else plan.Add(default(ChangeRoot));
    }

    /// <summary>The last change to the file systems, when nothing more has to be made in them.</summary>
    public static void FinishRoot(PlanWriter plan, Config config)
    {
        // A private root is private from the start: it was cloned from private mounts.
        ulong? asked = config.Linux.RootfsPropagation is "private" or "rprivate"
            ? null
            : MountOptions.ParsePropagation(config.Linux.RootfsPropagation);
        uint propagation = (uint)(asked ?? 0);
        if (propagation != 0 || config.Root!.Readonly)
            plan.Add(new RootAttributes { Readonly = config.Root!.Readonly, Propagation = propagation },
                config.Root.Readonly ? "root.readonly" : "linux.rootfsPropagation");
    }

    /// <summary>Whether the plan mounts a procfs on /proc, whose descriptor then serves for all that is below.</summary>
    public static bool HasOwnProc(Config config) => config.Mounts.FindLast(mount => IsAt(mount, "/proc")) is { Type: "proc" };

    /// <summary>Whether a mount goes to this path, however the configuration spells it.</summary>
    public static bool IsAt(Mount mount, string path) =>
        mount.Destination == path || (!IsPlain(mount.Destination) && Path.GetFullPath("/" + mount.Destination).TrimEnd('/') == path);

    /// <summary>Whether a path is spelled the one usual way.</summary>
    private static bool IsPlain(string path) =>
        path.StartsWith('/') && !path.EndsWith('/')
        && !path.Contains("/.", StringComparison.Ordinal) && !path.Contains("//", StringComparison.Ordinal);

    public static bool IsShared(Config config) => config.Linux.RootfsPropagation is "shared" or "rshared";

    public static bool IsLateReadonly(Mount mount) => mount.Type == "tmpfs" || IsAt(mount, "/dev");

    /// <summary>Whether a mount only changes what is there and leaves it read-only.</summary>
    private static bool StaysReadonly(Mount mount) =>
        mount.Options.Contains("remount") && (MountOptions.Parse(mount.Options, "").Clear & MOUNT_ATTR_RDONLY) == 0;
}
