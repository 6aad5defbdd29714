using System.Globalization;
using System.Text;
using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>Tells of processes of a cgroup that are killed for want of memory, by an event of the kernel.</summary>
internal abstract class OomWatch : IDisposable
{
    /// <summary>To be polled for <see cref="Event"/>; -1, which poll(2) ignores, when the cgroup is gone and no more can come.</summary>
    public int Descriptor { get; protected set; }

    public abstract short Event { get; }

    /// <summary>How many there were since the last call. Also sets the event back, so that the next one is a new one.</summary>
    public abstract ulong Take();

    public virtual void Dispose() => End();

    protected void End()
    {
        if (Descriptor >= 0) Files.close(Descriptor);
        Descriptor = -1;
    }
}

/// <summary>cgroup v2: memory.events counts the kills in the cgroup and below, and is polled for changes (cgroups(7)).</summary>
internal sealed class UnifiedOomWatch : OomWatch
{
    private const int MaxFileSize = 4096;

    private readonly string path;
    private ulong known;

    private UnifiedOomWatch(int file, string path)
    {
        this.path = path;
        Descriptor = file;
        Take(); // those before do not count
    }

    public override short Event => Processes.POLLPRI;

    /// <summary>Null if the cgroup has no memory controller.</summary>
    public static UnifiedOomWatch? TryOpen(string directory)
    {
        string path = directory + "/memory.events";
        int file = FileContent.TryOpen(path, Files.O_RDONLY);
        if (file == -Errno.ENOENT) return null;
        KernelException.Check(file, $"open {path}");
        return new UnifiedOomWatch(file, path);
    }

    /// <remarks>
    /// Reading is what sets the event back (kernfs): a change after it wakes the next poll. The kernel holds changes that come
    /// close together back for 10 ms and then tells once, which is why they are counted.
    /// </remarks>
    public override ulong Take()
    {
        if (Descriptor < 0) return 0;
        try
        {
            Files.Rewind(Descriptor);
            ulong kills = StatsText.Pairs(Encoding.ASCII.GetString(FileContent.Read(Descriptor, MaxFileSize, path)))
                .GetValueOrDefault("oom_kill");
            ulong more = kills - Math.Min(known, kills);
            known = kills;
            return more;
        }
        catch (KernelException e) when (e.Errno == Errno.ENODEV)
        {
            End();
            return 0;
        }
    }
}

/// <summary>
/// cgroup v1: an eventfd for memory.oom_control, entered in cgroup.event_control (Documentation/admin-guide/cgroup-v1/memory.rst,
/// "OOM Control").
/// </summary>
internal sealed class LegacyOomWatch : OomWatch
{
    private readonly string control;

    private LegacyOomWatch(int eventfd, string control)
    {
        this.control = control;
        Descriptor = eventfd;
    }

    public override short Event => Processes.POLLIN;

    /// <param name="directory">The cgroup of the memory controller.</param>
    /// <exception cref="KernelException">There is none, or the kernel has no such event.</exception>
    public static LegacyOomWatch Open(string directory)
    {
        string control = directory + "/cgroup.event_control";
        int file = FileContent.Open(directory + "/memory.oom_control", Files.O_RDONLY);
        int eventfd = -1;
        try
        {
            eventfd = (int)KernelException.Check(Eventfd.Open(), "eventfd");
            FileContent.WriteTo(control, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{eventfd} {file}")));
            return new LegacyOomWatch(eventfd, control);
        }
        catch
        {
            if (eventfd >= 0) Files.close(eventfd);
            throw;
        }
        finally
        {
            Files.close(file); // the kernel keeps what it needs of it
        }
    }

    /// <remarks>The removal of the cgroup counts as one more.</remarks>
    public override ulong Take()
    {
        if (Descriptor < 0) return 0;
        ulong count = Eventfd.Take(Descriptor);
        if (count == 0 || File.Exists(control)) return count;
        End();
        return count - 1;
    }
}
