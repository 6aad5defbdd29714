using System.Globalization;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Resctrl;

/// <summary>
/// linux.intelRdt (config-linux.md, IntelRdt): the group of processes, and the monitoring group inside it, that a container is
/// put into, with what was made for that.
/// </summary>
internal sealed class ResctrlGroup
{
    private const string Origin = "linux.intelRdt";

    /// <summary>Directories that are in every group or in the root, and are no groups themselves.</summary>
    private static readonly string[] Reserved = ["info", "mon_groups", "mon_data"];

    private readonly ResctrlFileSystem resctrl;
    private readonly string directory;
    private readonly int pid;
    private string? madeGroup, madeMonitoring;

    private ResctrlGroup(ResctrlFileSystem resctrl, string directory, int pid)
    {
        this.pid = pid;
        this.resctrl = resctrl;
        this.directory = directory;
    }

    /// <summary>
    /// What has to be removed when the container is deleted (<see cref="Remove(string)"/>); null: nothing. A group named by
    /// closID stays, whoever made it. With a group go the monitoring groups in it, so that there is never more than one.
    /// </summary>
    public string? ToRemove { get; private set; }

    /// <summary>Puts a process into the group that the container is to have. If that fails, what was made is gone again.</summary>
    /// <param name="rdt">As the configuration has it.</param>
    /// <param name="id">The container's.</param>
    /// <param name="pid">In the pid namespace of this process. Its children will be in the group as well.</param>
    /// <exception cref="SpecException">There is no resctrl, the group is missing or differs, or the kernel refuses something.</exception>
    public static ResctrlGroup Create(IntelRdt rdt, string id, int pid) => Create(rdt, id, pid, ResctrlFileSystem.Find());

    internal static ResctrlGroup Create(IntelRdt rdt, string id, int pid, ResctrlFileSystem resctrl)
    {
        if (rdt.ClosId.Length == 0 && Reserved.Contains(id))
            throw new SpecException($"{Origin}.closID", $"is required for a container named {id}");
        ResctrlGroup group = new(resctrl, DirectoryOf(rdt, id, resctrl), pid);
        try
        {
            group.Fill(rdt, id);
            return group;
        }
        catch
        {
            group.Undo();
            throw;
        }
    }

    /// <summary>Puts another process of the container into its group.</summary>
    /// <exception cref="SpecException">The kernel refuses it.</exception>
    public static void Join(IntelRdt rdt, string id, int pid) => Join(rdt, id, pid, ResctrlFileSystem.Find());

    internal static void Join(IntelRdt rdt, string id, int pid, ResctrlFileSystem resctrl)
    {
        ResctrlGroup group = new(resctrl, DirectoryOf(rdt, id, resctrl), pid);
        group.Enter(group.directory, Origin);
        if (rdt.EnableMonitoring) group.Enter(group.MonitoringOf(id), $"{Origin}.enableMonitoring");
    }

    /// <summary>Removes all that was made, also what would stay when the container is deleted: there is to be no container.</summary>
    public void Undo()
    {
        if (madeMonitoring != null) Undo(madeMonitoring);
        // Others may have joined a group with a name since: it would put them back into the default one.
        if (madeGroup != null && !HasOthers(madeGroup)) Undo(madeGroup);
    }

    private bool HasOthers(string group)
    {
        string[] tasks = (FileContent.TryReadText($"{group}/tasks") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return Array.Exists(tasks, task => task != pid.ToString(CultureInfo.InvariantCulture));
    }

    private void Undo(string path)
    {
        int result = resctrl.RemoveGroup(path);
        if (result is < 0 and not -Errno.ENOENT) Log.Warn($"remove {path}: {Errno.Describe(-result)}");
    }

    /// <summary>Removes what a container left, given by <see cref="ToRemove"/>. Nothing there is no error.</summary>
    /// <exception cref="KernelException">It can't be removed.</exception>
    public static void Remove(string path)
    {
        int result = FileContent.RemoveDirectory(path);
        if (result is not -Errno.ENOENT) KernelException.Check(result, $"remove {path}");
    }

    private void Fill(IntelRdt rdt, string id)
    {
        (string Value, string Path)[] schemata =
        [
            (rdt.L3CacheSchema, $"{Origin}.l3CacheSchema"),
            (rdt.MemBwSchema, $"{Origin}.memBwSchema"),
            (string.Join('\n', rdt.Schemata), $"{Origin}.schemata"),
        ];
        bool limits = schemata.Any(one => one.Value.Length > 0);
        EnterOrMake(rdt, mayMake: rdt.ClosId.Length == 0 || limits);
        if (rdt.ClosId.Length > 0 && limits && madeGroup == null) RequireAgreement(schemata[..2]);

        // Before the process is in the group, so that it never has more. Each by itself and ended by a newline, as the kernel wants it.
        foreach (var (value, path) in schemata)
            if (value.Length > 0)
                resctrl.Set($"{directory}/schemata", value + "\n", path);
        Enter(directory, Origin);
        if (rdt.EnableMonitoring) Monitor(id);
    }

    private void EnterOrMake(IntelRdt rdt, bool mayMake)
    {
        if (Directory.Exists(directory)) return;
        if (!mayMake)
            throw new SpecException($"{Origin}.closID", $"{directory} does not exist, which it must where no schemata are given");
        int result = resctrl.MakeGroup(directory);
        if (result == -Errno.EEXIST && Directory.Exists(directory)) return; // another container of this group has just made it
        if (result == -Errno.ENOSPC) throw new SpecException(Origin, $"create {directory}: the processor has no more classes of service");
        if (result < 0) throw new SpecException(Origin, $"create {directory}: {Errno.Describe(-result)}");
        madeGroup = directory;
        if (rdt.ClosId.Length == 0) ToRemove = directory;
    }

    /// <summary>A group that others may be in is joined as it is, and not changed.</summary>
    private void RequireAgreement((string Value, string Path)[] schemata)
    {
        string? lines = null;
        foreach (var (value, path) in schemata)
        {
            if (value.Length == 0) continue;
            lines ??= ResctrlFileSystem.Schemata(directory);
            if (!Schemata.Agree(value, lines))
                throw new SpecException(path,
                    $"\"{value}\" is not what {directory}/schemata has already: {ResctrlFileSystem.OneLine(lines)}");
        }
    }

    private void Monitor(string id)
    {
        string path = MonitoringOf(id), origin = $"{Origin}.enableMonitoring";
        int result = resctrl.MakeGroup(path);
        if (result == -Errno.ENOSPC) throw new SpecException(origin, $"create {path}: the processor can't monitor more groups");
        if (result < 0) throw new SpecException(origin, $"create {path}: {Errno.Describe(-result)}");
        madeMonitoring = path;
        ToRemove ??= path;
        Enter(path, origin);
    }

    private static string DirectoryOf(IntelRdt rdt, string id, ResctrlFileSystem resctrl)
    {
        string name = rdt.ClosId.Length > 0 ? rdt.ClosId : id;
        return name == "/" ? resctrl.Mount : $"{resctrl.Mount}/{name}";
    }

    private string MonitoringOf(string id) => $"{directory}/mon_groups/{id}";

    private void Enter(string group, string origin) =>
        resctrl.Set($"{group}/tasks", pid.ToString(CultureInfo.InvariantCulture), origin);
}
