using Rt.Namespaces;
using Rt.Plan;
using Rt.Spec;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>What mounts depend on beside the configuration.</summary>
/// <param name="Bundle">Where relative sources start from.</param>
/// <param name="HostCgroups">Where the host has cgroup v2 mounted; null: nowhere.</param>
/// <param name="Rootless">rt has no privileges on the host's mounts.</param>
/// <param name="CgroupMounts">All hierarchies of a host that has cgroup v1; empty where it has not.</param>
internal sealed record MountContext(
    string Bundle, string? HostCgroups, bool Rootless, IReadOnlyList<CgroupMount> CgroupMounts, Action<string> Warn);

/// <summary>One entry of mounts on its way into the plan.</summary>
internal sealed class MountEntry
{
    private readonly PlanWriter plan;
    private readonly Config config;
    private readonly MountContext context;
    private readonly Mount mount;
    private readonly MountOptions options;
    private readonly string origin;

    public MountEntry(PlanWriter plan, Config config, MountContext context, int index)
    {
        this.plan = plan;
        this.config = config;
        this.context = context;
        mount = config.Mounts[index];
        origin = $"mounts[{index}]";
        options = MountOptions.Parse(mount.Options, origin);
    }

    public void Compile()
    {
        bool bind = options.Bind || mount.Type is "bind" or "rbind";
        bool mapped = options.IdMap || mount.UidMappings.Count > 0;
        if (mapped && (!bind || options.Remount)) throw new SpecException($"{origin}.options", "only new bind mounts can have mapped ids");
        if (options.CopyUp && mount.Type != "tmpfs") throw new SpecException($"{origin}.options", "tmpcopyup is for tmpfs");
        if (options.Remount) Remount(bind);
        else if (bind) Bind();
        else if (mount.Type == "cgroup" && context.CgroupMounts.Count > 0) LegacyCgroups();
        else if (mount.Type is "cgroup" or "cgroup2" && context.HostCgroups is { } cgroups && !config.Linux.HasNamespace("cgroup"))
            Cgroups(cgroups);
        else FileSystem();
    }

    private void Remount(bool bind)
    {
        ulong later = MountCompiler.IsLateReadonly(mount) ? options.Set & MOUNT_ATTR_RDONLY : 0;
        bool fileSystem = !bind && (options.Data.Count > 0 || ((options.Set | options.Clear) & MOUNT_ATTR_RDONLY & ~later) != 0);
        if (!bind && options.Readonly && later == 0) options.Data.Insert(0, ("ro", null));
        else if (!bind && (options.Clear & MOUNT_ATTR_RDONLY) != 0) options.Data.Insert(0, ("rw", null));
        plan.Add(new Remount { Target = Target, Options = Data(), FileSystem = fileSystem, Changes = Changes(later) }, origin);
    }

    private void Bind()
    {
        if (mount.Source.Length == 0) throw new SpecException($"{origin}.source", "a bind mount needs a source");
        WarnOfData("a bind mount"); // mount(2) ignores them
        string source = Path.Combine(context.Bundle, mount.Source);
        bool recursive = options.Recursive || mount.Type == "rbind";
        Slot from = Slot.None;
        IdMap? map = FindIdMap();
        if (map != null || (config.Linux.HasNamespace("user") && !context.Rootless))
        {
            from = plan.NextSlot;
            plan.Openings.Add(new TreeOpening(from, source, recursive, map, origin));
            // Cloned outside, it is still a peer of the host's mount, as mounts in the namespace have not been since it was made.
            if (!MountCompiler.IsShared(config)) options.Propagation.Insert(0, MountCompiler.HostPropagation(config));
        }

        plan.Add(new BindMount
        {
            Source = plan.Text(source),
            Target = Target,
            From = from,
            Recursive = recursive,
            Changes = Changes(MountCompiler.IsLateReadonly(mount) ? MOUNT_ATTR_RDONLY : 0) with { ClearUnlessLocked = NotTakenOver },
        }, origin);
    }

    /// <summary>
    /// What a bind mount does not take over from the mount that it shows: nothing where it has no flags of its own, else all flags
    /// but those of access times. So it is with mount(2), which is told all flags at once, and with runc. It is why programs can be
    /// executed in a pod's /dev/shm, which containerd mounts noexec on the host and binds with "rw".
    /// </summary>
    private ulong NotTakenOver => (options.Set | options.Clear) == 0
        ? 0
        : (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW) & ~options.Set;

    /// <summary>
    /// What an idmapped mount takes its mapping from; null for one that has none. Mappings of its own win over those of the
    /// container's user namespace.
    /// </summary>
    private IdMap? FindIdMap()
    {
        if (mount.UidMappings.Count > 0)
            return new IdMap(new UserNamespace(mount.UidMappings, mount.GidMappings, origin), "", options.IdMapRecursive);
        if (!options.IdMap) return null;
        if (config.Linux.HasNewNamespace("user"))
            return new IdMap(new UserNamespace(config.Linux.UidMappings, config.Linux.GidMappings), "", options.IdMapRecursive);
        return config.Linux.Namespaces.Find(one => one.Type == "user") is { } joined
            ? new IdMap(null, joined.Path, options.IdMapRecursive)
            : throw new SpecException($"{origin}.options[{mount.Options.FindIndex(option => option is "idmap" or "ridmap")}]",
                "needs uidMappings and gidMappings, or a user namespace");
    }

    /// <summary>
    /// The host's cgroups, for a container that shares its cgroup namespace. Bound, not mounted: mounting cgroup2 there sets its
    /// options, such as nsdelegate, for all of the host.
    /// </summary>
    private void Cgroups(string host) =>
        plan.Add(new BindMount { Source = plan.Text(host), Target = Target, From = Slot.None, Changes = Changes() }, origin);

    /// <summary>All hierarchies of a host with cgroup v1, each as the container sees it.</summary>
    private void LegacyCgroups()
    {
        WarnOfData("a mount of all hierarchies of cgroup v1");
        CgroupMount.Compile(plan, mount.Destination, context.CgroupMounts, Changes(), MountLabel.Option(config),
            bind: !config.Linux.HasNamespace("cgroup"), origin);
    }

    private void WarnOfData(string what)
    {
        foreach ((string key, string? value) in options.Data)
            if (!MountOptions.IsSuperblockFlag(key))
                context.Warn($"{origin}.options: {key}{(value == null ? "" : "=" + value)} is for a file system, "
                    + $"and without effect on {what}");
    }

    private void FileSystem()
    {
        if (mount.Type.Length == 0) throw new SpecException($"{origin}.type", "is required unless the mount is a bind mount");

        // "cgroup" stands for whatever the host has: here cgroup v2 alone.
        string type = mount.Type == "cgroup" ? "cgroup2" : mount.Type;
        bool late = MountCompiler.IsLateReadonly(mount);
        if (options.Readonly && !late) options.Data.Insert(0, ("ro", null)); // mount(2) with MS_RDONLY has both made read-only
        var label = MountLabel.Option(config);
        bool ownLabel = MountLabel.Unquote(options.Data);
        if (label is { } option && !ownLabel && MountLabel.IsOption(type)) options.Data.Add(option);
        plan.Add(new MountFileSystem
        {
            Type = plan.Text(type),
            Source = mount.Source.Length == 0 ? default : plan.Text(mount.Source),
            Target = Target,
            Options = Data(),
            Changes = Changes(late ? MOUNT_ATTR_RDONLY : 0),
            CopyUp = options.CopyUp,
            OldFlags = (options.InodeVersion ? MS_I_VERSION : 0) | (options.Silent ? MS_SILENT : 0),
            NoLink = type is "proc" or "sysfs",
            OrBindSys = type == "sysfs" && config.Linux.HasNamespace("user"),
            InheritMode = type == "tmpfs" && options.Data.TrueForAll(option => option.Key != "mode"),
            Keep = mount.Type == "proc" && MountCompiler.IsAt(mount, "/proc") ? Slot.Proc : Slot.None,
        }, origin);
        if (label is (_, { } text) && type == "mqueue" && !ownLabel)
            plan.Add(new LabelMount { Target = Target, Label = plan.Text(text) }, "linux.mountLabel");
    }

    private PlanText Target => plan.Text(mount.Destination);

    /// <param name="later">What is set only when nothing more has to be made in there.</param>
    private MountChanges Changes(ulong later = 0) => new()
    {
        Set = options.Set & ~later,
        Clear = options.Clear,
        RecursiveSet = options.RecursiveSet,
        RecursiveClear = options.RecursiveClear,
        Propagation = plan.Numbers(options.Propagation.ConvertAll(flags => (uint)flags)),
    };

    private PlanList Data() => plan.Pairs(options.Data);
}
