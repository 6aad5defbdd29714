using Rt.Kernel;
using Rt.Plan;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>Makes a file system and mounts it: proc, tmpfs, sysfs, devpts, mqueue, cgroup2, or any other that the kernel has.</summary>
internal unsafe struct MountFileSystem : IStep
{
    public static StepKind Kind => StepKind.MountFileSystem;

    public PlanText Type, Source;

    /// <summary>Null: the mount is only kept in <see cref="Keep"/>, attached nowhere.</summary>
    public PlanText Target;

    /// <summary>Key, value, key, value...; a null value for a bare word.</summary>
    public PlanList Options;

    /// <summary>What is to be set goes into the new mount; the rest is changed after it is made.</summary>
    public MountChanges Changes;

    /// <summary>Copy what the directory underneath holds.</summary>
    public bool CopyUp;

    /// <summary>MS_ flags that only mount(2) takes.</summary>
    public ulong OldFlags;

    /// <summary>
    /// Where a user namespace may not mount a sysfs, since the network namespace is not its own, it gets the host's.
    /// </summary>
    public bool OrBindSys;

    /// <summary>
    /// A procfs or sysfs is not mounted through a symlink at the end of its path: what is masked and written to at the usual places
    /// would be elsewhere (CVE-2019-19921, CVE-2023-27561).
    /// </summary>
    public bool NoLink;

    /// <summary>A tmpfs takes over the permission bits of the directory that it covers, unless that was made for it.</summary>
    public bool InheritMode;
    public Slot Keep;

    public int Run(ref Execution run)
    {
        int target = -1;
        bool made = false;
        if (!Target.IsNull)
        {
            target = NoLink
                ? InRoot.OpenOrdinaryDirectory(run[Slot.Root], run.At(Target))
                : InRoot.Open(run[Slot.Root], run.At(Target));
            made = target == -Errno.ENOENT;
            if (made) target = InRoot.OpenOrMake(run[Slot.Root], run.At(Target), directory: true);
            if (target < 0) return target;
        }

        if (target >= 0 && (OldFlags != 0 || HasLongOption(ref run))) return MountTheOldWay(ref run, target, InheritMode && !made);
        int result;
        int mount = fsopen(run.At(Type)); // sysfs refuses here already
        if (mount >= 0)
        {
            int fs = mount;
            result = Configure(ref run, fs, InheritMode && !made ? target : -1);
            mount = result < 0 ? result : fsmount(fs, Changes.Set);
            if (mount < 0) run.ExplainByLog(fs);
            Files.close(fs);
        }

        MountChanges changes = Changes with { Set = 0, Clear = 0 };
        if (mount == -Errno.EPERM && OrBindSys)
        {
            changes = Changes with
            {
                RecursiveSet = Changes.RecursiveSet | Changes.Set,
                RecursiveClear = Changes.RecursiveClear | Changes.Clear,
            };
            fixed (byte* sys = "/sys\0"u8) mount = open_tree_clone(Files.AT_FDCWD, sys, recursive: true);
        }

        if (mount < 0) return mount;
        result = CopyUp && !made ? TreeCopy.Copy(target, mount, withRoot: InheritMode) : 0;
        if (result >= 0 && target >= 0) result = changes.Attach(ref run, mount, target);
        if (Keep != Slot.None) run[Keep] = mount;
        else Files.close(mount);
        if (target >= 0) Files.close(target);
        return result;
    }

    /// <summary>fsconfig(2) takes values of up to 255 bytes; overlays of many layers have longer ones.</summary>
    private readonly bool HasLongOption(ref Execution run)
    {
        const int MaxValue = 255;
        if (!Source.IsNull && Text.Length(run.At(Source)) > MaxValue) return true;
        for (int i = 1; i < Options.Count; i += 2)
            if (run.At(Options, i) is var value && value != null && Text.Length(value) > MaxValue)
                return true;
        return false;
    }

    /// <summary>mount(2), by way of the descriptor: all options in one text of up to a page.</summary>
    private readonly int MountTheOldWay(ref Execution run, int target, bool inheritMode)
    {
        const int PageSize = 4096;
        byte* data = stackalloc byte[PageSize];
        int length = 0;
        if (inheritMode)
        {
            int looked = Statx.Of(target, out Statx stat);
            if (looked < 0) return looked;
            fixed (byte* mode = "mode="u8) Text.Copy(data, mode, 5);
            WriteOctal(data + 5, stat.Mode);
            length = 9;
        }

        for (int i = 0; i < Options.Count; i++)
        {
            byte* text = run.At(Options, i);
            if (text == null) continue;
            int size = Text.Length(text);
            bool quoted = i % 2 == 1 && IsLabel(run.At(Options, i - 1));
            if (length + size + 3 >= PageSize) return -Errno.E2BIG;
            if (length > 0) data[length++] = (byte)(i % 2 == 0 ? ',' : '=');
            if (quoted) data[length++] = (byte)'"';
            Text.Copy(data + length, text, size);
            length += size;
            if (quoted) data[length++] = (byte)'"';
        }

        data[length] = 0;
        byte* path = stackalloc byte[32];
        Text.FormatProcSelfFd(path, target);
        int result = mount(run.At(Source), path, run.At(Type), ToMountFlags(Changes.Set) | OldFlags, data);
        int mounted = result < 0 ? result : OpenMounted(ref run, target);
        if (mounted >= 0)
        {
            result = CopyUp ? TreeCopy.Copy(target, mounted, withRoot: InheritMode) : 0;
            if (result >= 0) result = (Changes with { Set = 0, Clear = 0 }).Apply(ref run, mounted);
        }

        Files.close(target);
        if (mounted < 0) return mounted;
        if (Keep != Slot.None) run[Keep] = mounted;
        else Files.close(mounted);
        return result;
    }

    /// <summary>What was mounted, found by its path again; -ESTALE if the path leads elsewhere by now.</summary>
    private readonly int OpenMounted(ref Execution run, int target)
    {
        int mounted = InRoot.Open(run[Slot.Root], run.At(Target));
        if (mounted < 0) return mounted;
        bool right = Statx.Of(mounted, out Statx top) >= 0 && Statx.Of(target, out Statx under) >= 0 && top.MountId != under.MountId
            && (top.Attributes & Statx.STATX_ATTR_MOUNT_ROOT) != 0
            && (Keep != Slot.Proc || Files.FileSystemType(mounted) == Files.PROC_SUPER_MAGIC);
        if (right) return mounted;
        Files.close(mounted);
        return -Errno.ESTALE;
    }

    /// <summary>Whether an option's value is an SELinux label, which mount(2) wants in quotes because of the commas in it.</summary>
    private static bool IsLabel(byte* key)
    {
        fixed (byte* end = "context\0"u8) return Text.EndsWith(key, end);
    }

    /// <param name="modeFrom">The directory whose permission bits to take over, or -1.</param>
    private readonly int Configure(ref Execution run, int fs, int modeFrom)
    {
        fixed (byte* source = "source\0"u8)
        {
            int result = Source.IsNull ? 0 : fsconfig_string(fs, source, run.At(Source));
            if (result >= 0 && modeFrom >= 0) result = SetModeLike(fs, modeFrom);
            for (int i = 0; i < Options.Count && result >= 0; i += 2)
            {
                byte* key = run.At(Options, i), value = run.At(Options, i + 1);
                result = value == null ? fsconfig_flag(fs, key) : fsconfig_string(fs, key, value);
            }

            return result < 0 ? result : fsconfig_create(fs);
        }
    }

    private static int SetModeLike(int fs, int directory)
    {
        int result = Statx.Of(directory, out Statx stat);
        if (result < 0) return result;
        byte* octal = stackalloc byte[5];
        WriteOctal(octal, stat.Mode);
        octal[4] = 0;
        fixed (byte* mode = "mode\0"u8) return fsconfig_string(fs, mode, octal);
    }

    /// <summary>The permission bits in four digits.</summary>
    private static void WriteOctal(byte* digits, uint mode)
    {
        for (int i = 0, shift = 9; i < 4; i++, shift -= 3) digits[i] = (byte)('0' + ((mode >> shift) & 7));
    }

    /// <summary>Of a file system that shows a namespace, whose owner alone may mount it.</summary>
    private static string WhatItTakes(string type) => type switch
    {
        "proc" => " (in a user namespace it takes a pid namespace of its own, and a /proc of rt's with nothing mounted over parts of it)",
        "mqueue" => " (in a user namespace it takes an ipc namespace of its own)",
        "cgroup2" => " (in a user namespace it takes a cgroup namespace of its own)",
        _ => "",
    };

    public readonly StepDescription Describe(PlanReader plan)
    {
        return new StepDescription("mount", Target.IsNull ? "(detached)" : plan.Text(Target),
            ("type", plan.Text(Type)), ("attributes", MountWords.Attributes(Changes.Set)), ("options", MountWords.Options(plan, Options)),
            ("recursively", MountWords.Attributes(Changes.RecursiveSet, Changes.RecursiveClear)),
            ("propagation", MountWords.Propagation(plan.Numbers(Changes.Propagation))), ("mode", InheritMode ? "inherited" : ""),
            ("content", CopyUp ? "copied up" : ""));
    }

    public readonly string Word(PlanReader plan, int errno, string detail)
    {
        if (errno == Errno.ENOTDIR && NoLink) return $"filesystem \"{plan.Text(Type)}\" must be mounted on ordinary directory";
        string cause = errno == Errno.ENODEV ? $"unknown file system type \"{plan.Text(Type)}\"" : Errno.Describe(errno);
        if (errno == Errno.EPERM) cause += WhatItTakes(plan.Text(Type));
        return $"mount {plan.Text(Type)} on {plan.Text(Target)}: {cause}{(detail.Length == 0 ? "" : $" ({detail.TrimEnd()})")}";
    }
}
