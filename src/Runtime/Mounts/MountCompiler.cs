using Rt.Namespaces;
using Rt.Plan;
using Rt.Spec;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>What config.json's root, mounts, maskedPaths and readonlyPaths compile to.</summary>
internal static class MountCompiler
{
    /// <summary>The root file system, in a mount namespace whose changes stay inside.</summary>
    public static void OpenRoot(PlanWriter plan, Config config, string bundle)
    {
        bool shared = IsShared(config), hosts = !config.Linux.HasNamespace("mount");
        if (!shared && !hosts)
        {
            plan.Add(new HostPropagation { Flags = (uint)HostPropagation(config) }, config.Linux.RootfsPropagation.Length == 0 ? "" : "linux.rootfsPropagation");
        }

        string path = config.Root!.Path;
        plan.Add(new OpenRoot
            { Path = plan.Text(path), Base = Path.IsPathRooted(path) ? default : plan.Text(bundle), PrivateParent = shared && !hosts, Private = hosts },
            "root.path");
    }

    /// <summary>What the host's mounts are to be in the container's namespace; not asked for where they stay shared.</summary>
    private static ulong HostPropagation(Config config) =>
        MS_REC | (config.Linux.RootfsPropagation is "private" or "rprivate" ? MS_PRIVATE : MS_SLAVE);

    /// <summary>Every mount, in the order given. Sources that are relative start from the bundle.</summary>
    public static void Mounts(PlanWriter plan, Config config, string bundle, string? hostCgroups, Action<string> warn)
    {
        for (int i = 0; i < config.Mounts.Count; i++)
        {
            Mount mount = config.Mounts[i];
            string origin = $"mounts[{i}]";
            MountOptions options = MountOptions.Parse(mount.Options, origin);
            bool bind = options.Bind || mount.Type is "bind" or "rbind";
            bool mapped = options.IdMap || mount.UidMappings.Count > 0;
            if (mapped && !bind) throw new SpecException($"{origin}.options", "only bind mounts can have mapped ids");
            if (options.CopyUp && mount.Type != "tmpfs") throw new SpecException($"{origin}.options", "tmpcopyup is for tmpfs");
            if (options.Remount) Remount(plan, mount, options, bind, origin);
            else if (bind) Bind(plan, config, mount, options, bundle, origin, warn);
            else if (mount.Type is "cgroup" or "cgroup2" && hostCgroups != null && !config.Linux.HasNewNamespace("cgroup"))
                HostCgroups(plan, mount, options, hostCgroups, origin);
            else FileSystem(plan, config, mount, options, origin);
        }
    }

    /// <summary>Makes those mounts read-only that the steps before had to write to.</summary>
    public static void LateReadonly(PlanWriter plan, Config config)
    {
        for (int i = 0; i < config.Mounts.Count; i++)
        {
            Mount mount = config.Mounts[i];
            if (!IsLateReadonly(mount) || !MountOptions.Parse(mount.Options, "").Readonly) continue;
            bool covered = config.Mounts.FindLastIndex(other => IsAt(other, mount.Destination)) > i;
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
        if (!config.Linux.HasNamespace("mount")) plan.Add(default(ChangeRoot));
        else if (noPivot) plan.Add(default(MoveRoot));
        else plan.Add(new PivotRoot { HostShared = IsShared(config) });
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

    private static bool IsOwnProc(Mount mount) => mount.Type == "proc" && IsAt(mount, "/proc");

    /// <summary>Whether a mount goes to this path, however the configuration spells it.</summary>
    public static bool IsAt(Mount mount, string path) =>
        mount.Destination == path || (!IsPlain(mount.Destination) && Path.GetFullPath("/" + mount.Destination).TrimEnd('/') == path);

    /// <summary>Whether a path is spelled the one usual way.</summary>
    private static bool IsPlain(string path) =>
        path.StartsWith('/') && !path.EndsWith('/')
        && !path.Contains("/.", StringComparison.Ordinal) && !path.Contains("//", StringComparison.Ordinal);

    private static bool IsShared(Config config) => config.Linux.RootfsPropagation is "shared" or "rshared";

    private static bool IsLateReadonly(Mount mount) => mount.Type == "tmpfs" || IsAt(mount, "/dev");

    private static void Remount(PlanWriter plan, Mount mount, MountOptions options, bool bind, string origin)
    {
        bool fileSystem = !bind && (options.Data.Count > 0 || ((options.Set | options.Clear) & MOUNT_ATTR_RDONLY) != 0);
        if (!bind && options.Readonly) options.Data.Insert(0, ("ro", null));
        else if (!bind && (options.Clear & MOUNT_ATTR_RDONLY) != 0) options.Data.Insert(0, ("rw", null));
        plan.Add(new Remount
        {
            Target = plan.Text(mount.Destination),
            Options = Data(plan, options),
            FileSystem = fileSystem,
            Changes = Changes(plan, options),
        }, origin);
    }

    /// <summary>
    /// What an idmapped mount takes its mapping from; null for one that has none. Mappings of its own win over those of the
    /// container's user namespace.
    /// </summary>
    private static IdMap? IdMapOf(Config config, Mount mount, MountOptions options, string origin)
    {
        if (mount.UidMappings.Count > 0)
            return new IdMap(new UserNamespace(mount.UidMappings, mount.GidMappings), "", options.IdMapRecursive);
        if (!options.IdMap) return null;
        if (config.Linux.HasNewNamespace("user"))
            return new IdMap(new UserNamespace(config.Linux.UidMappings, config.Linux.GidMappings), "", options.IdMapRecursive);
        return config.Linux.Namespaces.Find(one => one.Type == "user") is { } joined
            ? new IdMap(null, joined.Path, options.IdMapRecursive)
            : throw new SpecException($"{origin}.options[{mount.Options.FindIndex(option => option is "idmap" or "ridmap")}]",
                "needs uidMappings and gidMappings, or a user namespace");
    }

    private static MountChanges Changes(PlanWriter plan, MountOptions options, ulong later = 0) => new()
    {
        Set = options.Set & ~later,
        Clear = options.Clear,
        RecursiveSet = options.RecursiveSet,
        RecursiveClear = options.RecursiveClear,
        Propagation = Propagation(plan, options),
    };

    private static void Bind(
        PlanWriter plan, Config config, Mount mount, MountOptions options, string bundle, string origin, Action<string> warn)
    {
        if (mount.Source.Length == 0) throw new SpecException($"{origin}.source", "a bind mount needs a source");
        foreach ((string key, string? value) in options.Data) // mount(2) ignores them on binds
            if (!MountOptions.IsSuperblockFlag(key))
                warn($"{origin}.options: {key}{(value == null ? "" : "=" + value)} is for a file system, and without effect on a bind mount");
        string source = Path.Combine(bundle, mount.Source);
        bool recursive = options.Recursive || mount.Type == "rbind";
        IdMap? map = IdMapOf(config, mount, options, origin);
        Slot from = Slot.None;
        if (map != null || config.Linux.HasNamespace("user"))
        {
            from = plan.NextSlot;
            plan.Openings.Add(new TreeOpening(from, source, recursive, map, origin));
            // Cloned outside, it is still a peer of the host's mount, as mounts in the namespace have not been since it was made.
            if (!IsShared(config)) options.Propagation.Insert(0, HostPropagation(config));
        }

        plan.Add(new BindMount
        {
            Source = plan.Text(source),
            Target = plan.Text(mount.Destination),
            From = from,
            Recursive = recursive,
            Changes = Changes(plan, options, IsLateReadonly(mount) ? MOUNT_ATTR_RDONLY : 0),
        }, origin);
    }

    /// <summary>
    /// The host's cgroups, for a container that shares its cgroup namespace. Bound, not mounted: mounting cgroup2 there sets its
    /// options, such as nsdelegate, for all of the host.
    /// </summary>
    private static void HostCgroups(PlanWriter plan, Mount mount, MountOptions options, string hostCgroups, string origin) =>
        plan.Add(new BindMount
        {
            Source = plan.Text(hostCgroups),
            Target = plan.Text(mount.Destination),
            From = Slot.None,
            Changes = Changes(plan, options),
        }, origin);

    private static void FileSystem(PlanWriter plan, Config config, Mount mount, MountOptions options, string origin)
    {
        if (mount.Type.Length == 0) throw new SpecException($"{origin}.type", "is required unless the mount is a bind mount");

        // "cgroup" stands for whatever the host has; in a container of rt that is cgroup v2.
        string type = mount.Type == "cgroup" ? "cgroup2" : mount.Type;
        bool late = IsLateReadonly(mount);
        if (options.Readonly && !late) options.Data.Insert(0, ("ro", null)); // mount(2) with MS_RDONLY has both made read-only
        var label = MountLabel.Option(config);
        bool ownLabel = MountLabel.Unquote(options.Data);
        if (label is { } option && !ownLabel && MountLabel.IsOption(type)) options.Data.Add(option);
        plan.Add(new MountFileSystem
        {
            Type = plan.Text(type),
            Source = mount.Source.Length == 0 ? default : plan.Text(mount.Source),
            Target = plan.Text(mount.Destination),
            Options = Data(plan, options),
            Changes = Changes(plan, options, late ? MOUNT_ATTR_RDONLY : 0),
            CopyUp = options.CopyUp,
            OldFlags = options.InodeVersion ? MS_I_VERSION : 0,
            OrBindSys = type == "sysfs" && config.Linux.HasNamespace("user"),
            InheritMode = type == "tmpfs" && options.Data.TrueForAll(option => option.Key != "mode"),
            Keep = IsOwnProc(mount) ? Slot.Proc : Slot.None,
        }, origin);
        if (label is (_, { } text) && type == "mqueue" && !ownLabel)
            plan.Add(new LabelMount { Target = plan.Text(mount.Destination), Label = plan.Text(text) }, "linux.mountLabel");
    }

    private static PlanList Propagation(PlanWriter plan, MountOptions options) =>
        plan.Numbers(options.Propagation.ConvertAll(flags => (uint)flags));

    private static PlanList Data(PlanWriter plan, MountOptions options)
    {
        List<PlanText> pairs = [];
        foreach ((string key, string? value) in options.Data)
        {
            pairs.Add(plan.Text(key));
            pairs.Add(value == null ? default : plan.Text(value));
        }

        return plan.Texts(pairs);
    }
}
