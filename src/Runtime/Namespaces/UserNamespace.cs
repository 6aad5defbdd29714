using System.Globalization;
using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Namespaces;

/// <summary>The ids of a user namespace, and how it comes by them (user_namespaces(7)).</summary>
/// <param name="Origin">The JSON path of the object that has the mappings.</param>
internal sealed record UserNamespace(List<IdMapping> Uids, List<IdMapping> Gids, string Origin = "linux")
{
    /// <summary>
    /// Gives the user namespace of a process its mappings. Root writes them itself; an ordinary user may do so for his own id
    /// alone, and has newuidmap(1) and newgidmap(1) check for the others whether they are his (subuid(5)).
    /// </summary>
    /// <exception cref="RtException">They can't be had. The error names the JSON path.</exception>
    public void Write(int pid)
    {
        if (Processes.geteuid() == 0)
        {
            Write(pid, "uid_map", Uids);
            Write(pid, "gid_map", Gids);
            return;
        }

        if (IsOwnAlone(Uids, Processes.geteuid())) Write(pid, "uid_map", Uids);
        else IdMapHelper.Run("newuidmap", pid, Uids, $"{Origin}.uidMappings");
        if (IsOwnAlone(Gids, Processes.getegid()))
        {
            // An ordinary user who maps his own group must give up setgroups(2), lest he drop a group that denies him a file.
            FileContent.WriteTo($"/proc/{pid}/setgroups", "deny"u8);
            Write(pid, "gid_map", Gids);
        }
        else IdMapHelper.Run("newgidmap", pid, Gids, $"{Origin}.gidMappings");
    }

    /// <summary>
    /// A descriptor of a user namespace with these mappings that nobody is in: what an idmapped mount takes its mapping from
    /// (mount_setattr(2)).
    /// </summary>
    public unsafe int Open()
    {
        int* pipe = stackalloc int[2];
        KernelException.Check(Sockets.socketpair(pipe), "socketpair");
        int pid = Processes.clone3(Processes.CLONE_NEWUSER | Processes.CLONE_CLEAR_SIGHAND, -1);
        if (pid == 0) WaitForEnd(pipe[0], pipe[1]);
        Files.close(pipe[0]);
        try
        {
            KernelException.Check(pid, "create a user namespace");
            Write(pid);
            return FileContent.Open($"/proc/{pid}/ns/user", Files.O_RDONLY);
        }
        finally
        {
            Files.close(pipe[1]);
            if (pid > 0) Processes.Reap(pid, block: true);
        }
    }

    /// <summary>The one process in the namespace: ends when the other end of the pair is closed.</summary>
    private static unsafe void WaitForEnd(int own, int other)
    {
        byte nothing;
        Files.close(other);
        Files.read(own, &nothing, 1);
        Processes.exit_group(0);
    }

    /// <summary>The mappings of the user namespace that a process is in.</summary>
    public static List<IdMapping> UidsOf(int pid)
    {
        const int MaxSize = 64 << 10; // 340 lines of 33 bytes
        string path = $"/proc/{pid}/uid_map";
        int file = FileContent.TryOpen(path, Files.O_RDONLY);
        if (file < 0) return []; // it has ended
        try
        {
            return ParseMap(Encoding.ASCII.GetString(FileContent.Read(file, MaxSize, path)));
        }
        finally
        {
            Files.close(file);
        }
    }

    /// <summary>Lines of three numbers: containerID, hostID and size. Others are passed over.</summary>
    internal static List<IdMapping> ParseMap(string text)
    {
        List<IdMapping> mappings = [];
        foreach (string line in text.Split('\n'))
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var container, var host, var size]
                && Number(container) is { } containerId && Number(host) is { } hostId && Number(size) is { } count)
                mappings.Add(new IdMapping { ContainerId = containerId, HostId = hostId, Size = count });
        return mappings;
    }

    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null;

    /// <summary>"uids 0:100000:65536 gids 0:100000:65536": containerID, hostID and size of each range.</summary>
    public override string ToString() => $"uids {Words(Uids)} gids {Words(Gids)}";

    private static string Words(List<IdMapping> mappings) =>
        string.Join(',', mappings.Select(one => $"{one.ContainerId}:{one.HostId}:{one.Size}"));

    private static bool IsOwnAlone(List<IdMapping> mappings, int id) => mappings is [{ Size: 1 } one] && one.HostId == id;

    private void Write(int pid, string file, List<IdMapping> mappings)
    {
        StringBuilder lines = new();
        foreach (IdMapping one in mappings) lines.Append($"{one.ContainerId} {one.HostId} {one.Size}\n");
        try
        {
            FileContent.WriteTo($"/proc/{pid}/{file}", Encoding.ASCII.GetBytes(lines.ToString())); // one write, or it is refused
        }
        catch (KernelException e)
        {
            throw new RtException($"{Origin}.{file[..3]}Mappings: {e.Message}");
        }
    }
}
