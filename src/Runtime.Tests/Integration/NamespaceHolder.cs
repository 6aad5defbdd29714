using Rt.Kernel;

namespace Rt.Tests.Integration;

/// <summary>A process in new namespaces, for containers to join them. It and they are gone when the test is.</summary>
internal sealed class NamespaceHolder : IDisposable
{
    public static readonly string[] Types = ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"];

    private readonly Command.Running unshare;

    /// <param name="types">The types of the specification, one by one separated by spaces.</param>
    /// <param name="mapping">For a user namespace: what its uid_map and gid_map are to be.</param>
    public NamespaceHolder(string types, string mapping = "0 100000 65536")
    {
        string[] options = [.. types.Split(' ').Select(type => type == "network" ? "--net" : "--" + type)];
        bool forks = types.Contains("pid") || types.Contains("time");
        // The mount namespace has the host's procfs still, where it has the host's pid.
        unshare = Command.Start(["unshare", .. options, .. forks ? (string[])["--fork"] : [], "sh", "-c",
            "read pid rest </proc/self/stat; echo $pid; exec sleep 1000"]);
        try
        {
            SpinWait.SpinUntil(() => unshare.OutputSoFar.EndsWith('\n') || unshare.HasExited, Command.Patience).Should().BeTrue();
            Pid = int.Parse(unshare.OutputSoFar);
            if (!types.Contains("user") || mapping.Length == 0) return;
            File.WriteAllText($"/proc/{Pid}/uid_map", mapping);
            File.WriteAllText($"/proc/{Pid}/gid_map", mapping);
        }
        catch
        {
            unshare.Dispose();
            throw;
        }
    }

    public int Pid { get; }

    public string Path(string type) => Path(type, $"{Pid}");

    /// <summary>"net:[4026532178]", the kernel's name of one of its namespaces.</summary>
    public string Name(string type) => Name(type, $"{Pid}");

    public static string Path(string type, string process) => $"/proc/{process}/ns/{type switch
    {
        "mount" => "mnt",
        "network" => "net",
        _ => type,
    }}";

    public static string Name(string type, string process) => new FileInfo(Path(type, process)).LinkTarget!;

    /// <summary>The kernel's name of the user namespace that one of a process's namespaces belongs to.</summary>
    public static unsafe string Owner(string type, string process)
    {
        const int NS_GET_USERNS = 0xb701; // ioctl_ns(2)
        int file = FileContent.Open(Path(type, process), Files.O_RDONLY);
        int owner = (int)Syscall.Invoke(SyscallNumber.ioctl, file, NS_GET_USERNS);
        Files.close(file);
        if (owner < 0) return $"none: {Errno.Describe(-owner)}";
        string name = new FileInfo($"/proc/self/fd/{owner}").LinkTarget!;
        Files.close(owner);
        return name;
    }

    public void Dispose() => unshare.Dispose();
}
