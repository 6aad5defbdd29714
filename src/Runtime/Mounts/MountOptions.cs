using Rt.Spec;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>A mount's options, sorted by who takes them: the mount itself, its propagation, or the file system.</summary>
internal sealed class MountOptions
{
    private static readonly Dictionary<string, (ulong Set, ulong Clear)> Attributes = new(StringComparer.Ordinal)
    {
        ["ro"] = (MOUNT_ATTR_RDONLY, 0),
        ["rw"] = (0, MOUNT_ATTR_RDONLY),
        ["nosuid"] = (MOUNT_ATTR_NOSUID, 0),
        ["suid"] = (0, MOUNT_ATTR_NOSUID),
        ["nodev"] = (MOUNT_ATTR_NODEV, 0),
        ["dev"] = (0, MOUNT_ATTR_NODEV),
        ["noexec"] = (MOUNT_ATTR_NOEXEC, 0),
        ["exec"] = (0, MOUNT_ATTR_NOEXEC),
        ["nodiratime"] = (MOUNT_ATTR_NODIRATIME, 0),
        ["diratime"] = (0, MOUNT_ATTR_NODIRATIME),
        ["nosymfollow"] = (MOUNT_ATTR_NOSYMFOLLOW, 0),
        ["symfollow"] = (0, MOUNT_ATTR_NOSYMFOLLOW),

        // The access-time mode is a number, not a bit: the kernel wants it cleared before it is set.
        ["relatime"] = (MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
        ["norelatime"] = (0, 0), // the kernel's default is relatime
        ["noatime"] = (MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME),
        ["atime"] = (MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
        ["strictatime"] = (MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME),
        ["nostrictatime"] = (MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
    };

    private static readonly Dictionary<string, ulong> Propagations = new(StringComparer.Ordinal)
    {
        ["private"] = MS_PRIVATE,
        ["rprivate"] = MS_PRIVATE | MS_REC,
        ["slave"] = MS_SLAVE,
        ["rslave"] = MS_SLAVE | MS_REC,
        ["shared"] = MS_SHARED,
        ["rshared"] = MS_SHARED | MS_REC,
        ["unbindable"] = MS_UNBINDABLE,
        ["runbindable"] = MS_UNBINDABLE | MS_REC,
    };

    /// <summary>Flags of mount(2) that belong to the file system and that every one of them understands by these names.</summary>
    private static readonly HashSet<string> SuperblockFlags = new(StringComparer.Ordinal)
    {
        "sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand",
    };

    /// <summary>Words that ask for nothing: of fstab, and what is so anyway.</summary>
    private static readonly HashSet<string> Ignored = new(StringComparer.Ordinal)
        { "defaults", "auto", "noauto" };

    /// <summary>Options that make something else of a mount than its flags.</summary>
    private static readonly HashSet<string> Special = new(StringComparer.Ordinal)
        { "bind", "rbind", "remount", "tmpcopyup", "idmap", "ridmap", "iversion", "noiversion", "silent", "loud" };

    /// <summary>Options that other runtimes give a meaning of their own, which would be lost on a file system.</summary>
    private static readonly HashSet<string> NotSupported = new(StringComparer.Ordinal) { "copy-symlink", "idmap", "ridmap" };

    public bool Bind { get; private set; }
    public bool Recursive { get; private set; }

    /// <summary>What is mounted there already is to be changed.</summary>
    public bool Remount { get; private set; }

    /// <summary>Inodes count their changes (MS_I_VERSION), which only mount(2) can ask for.</summary>
    public bool InodeVersion { get; private set; }

    /// <summary>The kernel is to log nothing about the mount (MS_SILENT), which only mount(2) can ask for as well.</summary>
    public bool Silent { get; private set; }

    /// <summary>A tmpfs gets what is in the directory that it covers.</summary>
    public bool CopyUp { get; private set; }

    /// <summary>The mount shows other owners than the files have.</summary>
    public bool IdMap { get; private set; }

    /// <summary>So do the mounts below it.</summary>
    public bool IdMapRecursive { get; private set; }

    /// <summary>MOUNT_ATTR_ bits for the mount itself.</summary>
    public ulong Set { get; private set; }
    public ulong Clear { get; private set; }

    /// <summary>MOUNT_ATTR_ bits for the mount and all below it: "rro" and the like.</summary>
    public ulong RecursiveSet { get; private set; }
    public ulong RecursiveClear { get; private set; }

    /// <summary>MS_ propagation flags, each with or without MS_REC, in the order given.</summary>
    public List<ulong> Propagation { get; } = [];

    /// <summary>The file system's own options: (key, value), or (key, null) for a bare word.</summary>
    public List<(string Key, string? Value)> Data { get; } = [];

    public bool Readonly => (Set & MOUNT_ATTR_RDONLY) != 0;

    public static MountOptions Parse(IReadOnlyList<string> options, string path)
    {
        MountOptions parsed = new();
        for (int i = 0; i < options.Count; i++) parsed.Add(options[i], $"{path}.options[{i}]");
        return parsed;
    }

    /// <summary>The MS_ flags of linux.rootfsPropagation; null if it is no propagation.</summary>
    public static ulong? ParsePropagation(string name) => Propagations.TryGetValue(name, out ulong flags) ? flags : null;

    /// <summary>Whether a word is a flag of mount(2) for the file system as such.</summary>
    public static bool IsSuperblockFlag(string word) => SuperblockFlags.Contains(word);

    /// <summary>Every option known here, for <c>rt features</c>.</summary>
    public static IEnumerable<string> Known() =>
        Attributes.Keys.Concat(Attributes.Keys.Select(name => "r" + name)).Concat(Propagations.Keys).Concat(SuperblockFlags)
            .Concat(Special).Concat(Ignored).Order(StringComparer.Ordinal);

    private void Add(string option, string path)
    {
        if (option.Length == 0) return;
        if (Special.Contains(option)) AddSpecial(option);
        else if (Attributes.TryGetValue(option, out var attribute))
        {
            Clear = (Clear & ~attribute.Set) | attribute.Clear;
            Set = (Set & ~attribute.Clear) | attribute.Set;
        }
        else if (option[0] == 'r' && Attributes.TryGetValue(option[1..], out var recursive))
        {
            RecursiveClear = (RecursiveClear & ~recursive.Set) | recursive.Clear;
            RecursiveSet = (RecursiveSet & ~recursive.Clear) | recursive.Set;
        }
        else if (Propagations.TryGetValue(option, out ulong propagation)) Propagation.Add(propagation);
        else if (NotSupported.Contains(option.Split('=')[0])) throw new SpecException(path, $"\"{option}\" is not supported yet");
        else if (!Ignored.Contains(option)) Data.Add(option.Split('=', 2) is [string key, string value] ? (key, value) : (option, null));
    }

    private void AddSpecial(string option)
    {
        Bind |= option is "bind" or "rbind";
        Recursive |= option == "rbind";
        Remount |= option == "remount";
        if (option is "iversion" or "noiversion") InodeVersion = option == "iversion";
        if (option is "silent" or "loud") Silent = option == "silent";
        CopyUp |= option == "tmpcopyup";
        IdMap |= option is "idmap" or "ridmap";
        IdMapRecursive |= option == "ridmap";
    }
}
