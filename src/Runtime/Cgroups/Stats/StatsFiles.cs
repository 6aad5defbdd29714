using System.Text;
using Rt.Kernel;

namespace Rt.Cgroups;

/// <summary>The files of one cgroup, by name. One that this kernel does not have or serve, or whose controller is off, is null.</summary>
/// <param name="read">Gives a file's text, or null.</param>
internal sealed class StatsFiles(Func<string, string?> read)
{
    private const int MaxFileSize = 16 << 20;

    /// <summary>No files: a controller that the container has no cgroup of.</summary>
    public static StatsFiles None { get; } = new(_ => null);

    public string? Text(string name) => read(name);

    /// <summary>The one number that a file holds, 2^64-1 for "max"; 0 if there is no such file.</summary>
    /// <exception cref="RtException">It holds something else.</exception>
    public ulong Number(string name) => TryNumber(name) ?? 0;

    /// <summary>As <see cref="Number"/>, with null if there is no such file.</summary>
    public ulong? TryNumber(string name) => read(name) is not { } text
        ? null
        : StatsText.Number(text) ?? throw new RtException($"read {name} of the container's cgroup: \"{text.Trim()}\" is not a number");

    /// <summary>A file of lines "key number"; empty if there is no such file.</summary>
    public SortedDictionary<string, ulong> Pairs(string name) => StatsText.Pairs(read(name) ?? "");

    public Pressure? Pressure(string name) => read(name) is { } text ? StatsText.Pressure(text) : null;

    /// <summary>Those of the cgroup at <paramref name="directory"/>, read when they are asked for.</summary>
    public static StatsFiles In(string directory) => new(name => TryRead($"{directory}/{name}"));

    /// <exception cref="KernelException">It is there and can't be read; ENODEV: the cgroup has just been removed.</exception>
    private static string? TryRead(string path)
    {
        int file = FileContent.TryOpen(path, Files.O_RDONLY);
        if (file == -Errno.ENOENT) return null;
        KernelException.Check(file, $"open {path}");
        try
        {
            return Encoding.UTF8.GetString(FileContent.Read(file, MaxFileSize, path));
        }
        catch (KernelException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            return null; // pressure where it is not tracked, cgroup.procs of a threaded cgroup
        }
        finally
        {
            Files.close(file);
        }
    }
}
