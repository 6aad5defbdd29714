using System.Collections;
using System.Globalization;
using System.Text;
using Rt.Cgroups;
using Rt.Hooks;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>
/// A container's processes, as the host's ps(1) shows them. Which they are is known from the container's cgroup or, without one,
/// from its pid namespace.
/// </summary>
internal static class ProcessTable
{
    private const int MaxOutput = 256 << 20;

    /// <summary>In order; none if the container has stopped.</summary>
    public static List<int> PidsOf(ContainerStore store, string id)
    {
        ContainerState state = store.Open(id).Read();
        if (state.Cgroup.Exists) return state.Cgroup.IfStillThere is { } cgroup ? cgroup.Processes() : [];
        if (!state.OwnPidNamespace)
            throw new RtException(
                $"ps {id}: the container has neither a cgroup nor a pid namespace, by which its processes could be found");
        return new InitProcess(state.Pid, state.StartTime).IsAlive ? InPidNamespaceOf(state.Pid) : [];
    }

    /// <summary>Those that this process may ask for their namespaces: the container's, if it is the caller's own.</summary>
    private static List<int> InPidNamespaceOf(int init)
    {
        ulong? there = PidNamespace(init);
        List<int> pids = [];
        foreach (string path in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                && there != null && PidNamespace(pid) == there)
                pids.Add(pid);
        pids.Sort();
        return pids;
    }

    /// <summary>Its inode number; null if the process has ended, or is not for this one to look at.</summary>
    private static unsafe ulong? PidNamespace(int pid)
    {
        fixed (byte* name = FileContent.Terminated($"/proc/{pid}/ns/pid"))
            return Statx.At(Files.AT_FDCWD, name, 0, out Statx stat) >= 0 ? stat.Inode : null;
    }

    /// <summary>An array of numbers; null for none, as under runc.</summary>
    public static string Json(List<int> pids) => pids.Count == 0 ? "null\n" : $"[{string.Join(',', pids)}]\n";

    /// <summary>The first line that ps prints, and those of the processes.</summary>
    /// <param name="options">Of ps; they must have it print a column PID.</param>
    public static string Of(List<int> pids, string[] options) => Filter(Run(options), [.. pids]);

    /// <exception cref="RtException">There is no column PID, or one before it has blanks in it.</exception>
    internal static string Filter(string output, HashSet<int> pids)
    {
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int column = lines.Length == 0 ? -1 : Array.IndexOf(Fields(lines[0]), "PID");
        if (column < 0) throw new RtException("couldn't find PID field in ps output");
        StringBuilder table = new(lines[0] + "\n");
        foreach (string line in lines.AsSpan(1))
        {
            string field = Fields(line).ElementAtOrDefault(column) ?? "";
            if (!int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
                throw new RtException($"unable to parse pid: \"{field}\" is in the column PID of ps output");
            if (pids.Contains(pid)) table.Append(line).Append('\n');
        }

        return table.ToString();
    }

    private static string[] Fields(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static string Run(string[] options)
    {
        Hook ps = new() { Path = FindPs(), Args = ["ps", .. options], Env = Environment() };
        int output = FileContent.CreateInMemory("ps");
        try
        {
            HookResult result = HostHook.Run(ps, [], directory: null, output: output);
            if (!result.Succeeded) throw new RtException(result.Describe(string.Join(' ', ps.Args)));
            Files.Rewind(output);
            return Encoding.UTF8.GetString(FileContent.Read(output, MaxOutput, "the output of ps"));
        }
        finally
        {
            Files.close(output);
        }
    }

    private static string FindPs()
    {
        string path = System.Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } given ? given : "/usr/bin:/bin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => $"{directory}/ps").FirstOrDefault(File.Exists)
            ?? throw new RtException("exec: \"ps\": executable file not found in $PATH (package procps)");
    }

    /// <summary>rt's own: ps looks at COLUMNS, PS_FORMAT, the language.</summary>
    private static List<string> Environment() =>
        [.. System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(one => $"{one.Key}={one.Value}")];
}
