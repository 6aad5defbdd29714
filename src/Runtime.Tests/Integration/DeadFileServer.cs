namespace Rt.Tests.Integration;

/// <summary>
/// A file system in user space (fuse(4)) whose server never answers: who reads there waits in the kernel, and can't be stopped.
/// </summary>
internal sealed class DeadFileServer : IDisposable
{
    private readonly string mount;
    private readonly Command.Running server;

    /// <param name="directory">Gets a directory "dead" for it.</param>
    /// <param name="user">Whose it is: the kernel lets nobody else in, root neither.</param>
    public DeadFileServer(string directory, int user = 0)
    {
        mount = Directory.CreateDirectory(Path.Combine(directory, "dead")).FullName;
        server = Command.Start("bash", "-c", """
            exec 3<>/dev/fuse
            mount -i -t fuse -o fd=3,rootmode=40000,user_id=$1,group_id=$1 dead "$0" && echo mounted
            exec sleep 100
            """, mount, $"{user}");
        SpinWait.SpinUntil(() => server.OutputSoFar == "mounted\n" || server.HasExited, Command.Patience);
        if (server.OutputSoFar != "mounted\n") throw new InvalidOperationException("no file system was mounted at " + mount);
    }

    /// <summary>A container, for a server in its bundle, with a program that lives and another that wants to read from there.</summary>
    public static Container Reader() => Hooked.Script(
        "while :; do echo >>beats; sleep 0.01; done & cat dead/file", config => config["mounts"]!.AsArray()[^1]!["options"]![0] = "rbind");

    public static void ShouldSoonKeepWaiting(Container container) => SpinWait.SpinUntil(() =>
        File.Exists(Path.Combine(container.Bundle, "beats")) && File.ReadAllLines(container.Cgroup + "/cgroup.procs").Any(Waits), Command.Patience)
        .Should().BeTrue("a process waits for the file server");

    /// <summary>By its state in /proc/PID/stat: uninterruptible.</summary>
    private static bool Waits(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Contains(") D ");
        }
        catch (IOException)
        {
            return false; // it has ended
        }
    }

    /// <summary>The mount stays, and who looks at it gets an error.</summary>
    public void Die() => server.Dispose();

    /// <summary>Without a server, who waits for it gets an error.</summary>
    public void Dispose()
    {
        Die();
        Command.Run("umount", "--lazy", mount);
        Directory.Delete(mount);
    }
}

/// <summary>A test that needs file systems in user space. Skipped, with the reason, where there are none.</summary>
public sealed class FuseFactAttribute : FactAttribute
{
    public FuseFactAttribute()
    {
        Command.Run("modprobe", "-q", "fuse"); // where it is built in, or there are no modules, that changes nothing
        if (Command.Shell("exec 3<>/dev/fuse") is { Code: not 0 } refusal)
            Skip = $"this kernel has no file systems in user space, or lets nobody make them here: {refusal.Error.Trim()}";
    }
}
