using System.Text;
using Rt.Kernel;
using Rt.Spec;
using Rt.Systemd;

namespace Rt.Cgroups;

/// <summary>
/// Limits that change while a container is in its cgroups. The truth is the kernel's: what depends on a limit that is set
/// already is read from the cgroup's files.
/// </summary>
internal sealed class CgroupUpdate
{
    private const int MaxFileSize = 1 << 20;

    private readonly ContainerCgroup cgroup;

    /// <summary>What puts back what was there, in the order of the writes: 0 or -errno.</summary>
    private readonly Stack<(string Operation, Func<int> PutBack)> undo = new();

    private CgroupUpdate(ContainerCgroup cgroup) => this.cgroup = cgroup;

    /// <summary>
    /// Writes the limits, and replaces the device filter if there are rules for one. That all files can be written to is looked
    /// at first; then the kernel judges the values, one by one. When it refuses one, those before it are put back. What
    /// processes did in between stays: memory that was reclaimed, a fork that failed, a process that was killed for having too
    /// much. So does what cgroups above were given for it: controllers, and real-time CPU time.
    /// </summary>
    /// <returns>What puts everything back.</returns>
    public static Action Apply(ContainerCgroup cgroup, Resources resources) => Apply(CgroupHierarchy.Detect(), cgroup, resources);

    internal static Action Apply(CgroupHierarchy host, ContainerCgroup cgroup, Resources resources)
    {
        CgroupUpdate update = new(cgroup);
        try
        {
            update.Write(host, resources);
            return update.Undo;
        }
        catch
        {
            update.Undo();
            throw;
        }
    }

    private void Write(CgroupHierarchy host, Resources resources)
    {
        IReadOnlySet<string> controllers = host.LegacyControllers;
        List<CgroupWrite> unified = UnifiedLimits.Compile(resources, controllers, file => Read(cgroup.Unified, file));
        List<CgroupWrite> legacy = LegacyLimits.Compile(resources, controllers, file => Read(LegacyOf(file), file));
        if (cgroup.Unit.Length > 0) unified = [.. unified.Select(UnitLimits.Rounded)];
        HandDown(host, unified);
        unified = [.. unified.Select(write => Resolve(cgroup.Unified, write)).OfType<CgroupWrite>()];
        legacy = [.. legacy.Select(write => Resolve(LegacyOf(write.File), write)).OfType<CgroupWrite>()];
        List<CgroupWrite> before = [];
        foreach (CgroupWrite write in unified)
        {
            before.AddRange(Remember(cgroup.Unified, write));
            UnifiedCgroup.Apply(cgroup.Unified, write);
        }

        foreach (CgroupWrite write in legacy) Remember(LegacyOf(write.File)!, write);
        LegacyCgroup.Apply(cgroup.Legacy, legacy);
        if (resources.Devices.Count > 0) ReplaceDevices(resources.Devices, controllers);
        if (cgroup.Unit.Length > 0) SetProperties(ScopeCompiler.Properties(unified), ScopeCompiler.Properties(before));
    }

    /// <summary>
    /// Has systemd know of limits that the kernel has taken: it writes the files anew when it is reloaded, or a property changes.
    /// </summary>
    private void SetProperties(IReadOnlyList<UnitProperty> properties, IReadOnlyList<UnitProperty> before)
    {
        if (properties.Count == 0) return;
        using SystemdUnit unit = SystemdUnit.Open(cgroup.Unit, cgroup.OfUser);
        unit.Set(properties);
        undo.Push(("set the unit's properties back", () =>
        {
            try
            {
                using SystemdUnit again = SystemdUnit.Open(cgroup.Unit, cgroup.OfUser);
                again.Set(before);
            }
            catch (RtException e)
            {
                Log.Warn(e.Message);
            }

            return 0;
        }));
    }

    /// <summary>
    /// cgroup v1 has no way to replace all rules at once: there would be a moment with all devices or with none. There they stay
    /// as they are, as they always do under runc.
    /// </summary>
    private void ReplaceDevices(List<DeviceRule> rules, IReadOnlySet<string> controllers)
    {
        if (controllers.Contains("devices") || cgroup.Unified.Length == 0)
            Log.Warn("linux.resources.devices: left as they are, cgroup v1 can't replace them at once");
        else
            undo.Push(("put the device filter back", UnifiedDevices.Replace(cgroup.Unified, DeviceProgram.Compile(rules))));
    }

    private void HandDown(CgroupHierarchy host, List<CgroupWrite> writes)
    {
        if (writes.Count == 0 || host.Mount is not { } mount || !cgroup.Unified.StartsWith(mount + "/", StringComparison.Ordinal)) return;
        int directory = FileContent.Open(cgroup.Unified, Files.O_RDONLY | Files.O_DIRECTORY);
        try
        {
            Controllers.HandDown(new UnifiedPlan(mount, cgroup.Unified[mount.Length..], writes, []), directory);
        }
        finally
        {
            Files.close(directory);
        }
    }

    /// <summary>The directory of v1 that has the file; null: there is none.</summary>
    private string? LegacyOf(string file) => cgroup.Legacy.FirstOrDefault(one => one.Has(file.Split('.')[0]))?.Path;

    /// <summary>The write that this kernel has a file for, null if it needs none.</summary>
    private static CgroupWrite? Resolve(string? path, CgroupWrite write)
    {
        if (string.IsNullOrEmpty(path))
            throw new SpecException(write.Origin, $"can't be set: the container has no cgroup for {write.File}");
        int file = FileContent.TryOpen($"{path}/{write.File}", Files.O_WRONLY);
        if (file == -Errno.ENOENT && write.Otherwise is { } other) return Resolve(path, other);
        if (file == -Errno.ENOENT && write.Optional) return null;
        if (file < 0) throw new SpecException(write.Origin, $"open {path}/{write.File}: {Errno.Describe(-file)}");
        Files.close(file);
        return write;
    }

    /// <summary>What the write will overwrite, to be put back; none if that can't be read, as of cgroup.kill.</summary>
    private List<CgroupWrite> Remember(string path, CgroupWrite write)
    {
        if (Read(path, write.File) is not { } before) return [];
        List<CgroupWrite> old = [.. PreviousValue.Of(write.File, write.Value, before).Select(line => write with { Value = line })];
        // Idleness and back is a weight lost.
        if (write.File == "cpu.idle" && before == "0")
            foreach (string weight in (string[])["cpu.weight", "cpu.shares"])
                if (Read(path, weight) is { } value)
                    old.Add(write with { File = weight, Value = value });
        foreach (CgroupWrite one in Enumerable.Reverse(old)) PutBackLater(path, one.File, one.Value);
        return old;
    }

    private void PutBackLater(string path, string file, string value) => undo.Push(($"put \"{value.TrimEnd()}\" back into {path}/{file}",
        () => FileContent.TryWriteTo($"{path}/{file}", Encoding.UTF8.GetBytes(value))));

    /// <summary>Limits of v1 bound each other, so that what is refused is tried once more when the others are there.</summary>
    private void Undo()
    {
        List<(string Operation, Func<int> PutBack)> refused = [];
        while (undo.TryPop(out var one))
            if (one.PutBack() < 0) refused.Add(one);
        foreach (var (operation, putBack) in refused)
            if (putBack() is < 0 and var result) Log.Warn($"{operation}: {Errno.Describe(-result)}");
    }

    /// <summary>Null: it can't be read.</summary>
    private static string? Read(string? path, string file)
    {
        if (string.IsNullOrEmpty(path)) return null;
        try
        {
            return Encoding.UTF8.GetString(FileContent.Read($"{path}/{file}", MaxFileSize)).TrimEnd('\n');
        }
        catch (KernelException)
        {
            return null;
        }
    }
}
