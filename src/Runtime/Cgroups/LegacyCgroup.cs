using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>A directory of cgroup v1 as it is made and given its limits; the rest of its life is in <see cref="LegacyLife"/>.</summary>
internal static class LegacyCgroup
{
    private const string RealtimeRuntime = "cpu.rt_runtime_us", RealtimePeriod = "cpu.rt_period_us";

    /// <summary>
    /// Makes the directory, fit for processes to join. True: it was not there before. If that fails, what was made is gone again.
    /// </summary>
    public static bool Make(LegacyDirectory directory)
    {
        bool made = UnifiedCgroup.MakeDirectory(directory.Path);
        try
        {
            if (!made) RequireEmpty(directory);
            if (!directory.Has("cpuset")) return made;
            Inherit(directory.Path, "cpuset.cpus");
            Inherit(directory.Path, "cpuset.mems");
            return made;
        }
        catch
        {
            if (made) FileContent.RemoveDirectory(directory.Path);
            throw;
        }
    }

    /// <summary>Writes each value to the directory that has its controller.</summary>
    /// <remarks>
    /// Some limits bound each other, such as memory with and without swap, so that it takes what is set at the time to say which
    /// goes first. What is refused is written once more when the others are there.
    /// </remarks>
    public static void Apply(IReadOnlyList<LegacyDirectory> directories, IReadOnlyList<CgroupWrite> writes)
    {
        foreach (LegacyDirectory directory in directories)
        {
            CgroupWrite[] own = [.. writes.Where(write => directory.Has(write.Controller))];
            if (own.Length == 0) continue;
            int opened = FileContent.Open(directory.Path, Files.O_RDONLY | Files.O_DIRECTORY);
            try
            {
                foreach (CgroupWrite write in own.Where(write => !TryApply(directory.Path, opened, write)).ToArray())
                    Apply(directory.Path, opened, write);
            }
            finally
            {
                Files.close(opened);
            }
        }
    }

    private static bool TryApply(string path, int directory, CgroupWrite write)
    {
        try
        {
            Apply(path, directory, write);
            return true;
        }
        catch (SpecException e)
        {
            Log.Debug($"{e.Message}: tried again after the other limits");
            return false;
        }
    }

    private static void Apply(string path, int directory, CgroupWrite write)
    {
        if (write.File == RealtimeRuntime) ShareRealtime(Path.GetDirectoryName(path)!, Value(path, RealtimePeriod), write);
        UnifiedCgroup.Apply(path, directory, write);
        if (write.Kept && Value(path, write.File) is var kept && !(long.TryParse(kept, out long limit) && limit <= long.Parse(write.Value)))
            throw new SpecException(write.Origin, $"can't be set: this kernel takes no notice of it ({path}/{write.File} is still {kept})");
    }

    /// <summary>
    /// Real-time CPU time is shared out from the top: a cgroup below one that has none can have none. Those above that have none
    /// are given as much (Documentation/scheduler/sched-rt-group.rst).
    /// </summary>
    private static void ShareRealtime(string parent, string period, CgroupWrite runtime)
    {
        if (Value(parent, RealtimeRuntime) != "0") return;
        ShareRealtime(Path.GetDirectoryName(parent)!, period, runtime);
        int directory = FileContent.Open(parent, Files.O_RDONLY | Files.O_DIRECTORY);
        try
        {
            UnifiedCgroup.Apply(parent, directory, runtime with { File = RealtimePeriod, Value = period });
            UnifiedCgroup.Apply(parent, directory, runtime);
        }
        finally
        {
            Files.close(directory);
        }
    }

    /// <summary>
    /// Nobody can join a cgroup that has no processors or memory nodes, and those that are not given any have none: they get
    /// their parent's (Documentation/admin-guide/cgroup-v1/cpusets.rst).
    /// </summary>
    private static void Inherit(string directory, string file)
    {
        string parent = Path.GetDirectoryName(directory)!;
        string value = Value(parent, file);
        if (value.Length == 0)
        {
            Inherit(parent, file);
            value = Value(parent, file);
        }

        FileContent.WriteTo($"{directory}/{file}", System.Text.Encoding.ASCII.GetBytes(value));
    }

    /// <summary>What a file of a cgroup holds, of one line.</summary>
    private static string Value(string directory, string file)
    {
        const int MaxSize = 64 << 10;
        return System.Text.Encoding.ASCII.GetString(FileContent.Read($"{directory}/{file}", MaxSize)).TrimEnd();
    }

    /// <summary>A cgroup that was there must be nobody's: killing the container would kill whoever is in it.</summary>
    private static void RequireEmpty(LegacyDirectory directory)
    {
        if (CgroupTree.Processes(directory.Path).Count > 0)
            throw new RtException($"container's cgroup is not empty: {directory.Path} has processes already");
        if (LegacyLife.IsFrozen([directory]))
            throw new RtException($"container's cgroup unexpectedly frozen: {directory.Path}");
    }
}
