using System.Text;
using Rt.Hooks;
using Rt.Kernel;
using Rt.Launch;
using Rt.Spec;
using Rt.Systemd;

namespace Rt.Doctor.Engines;

/// <summary>What of a host the configuration of an engine depends on.</summary>
/// <param name="Binary">The path of rt's binary.</param>
/// <param name="SystemdCgroup">Whether systemd, the host's or the user's own, can make the containers' cgroups (--systemd-cgroup).</param>
/// <param name="ConfigurationHome">Where the caller's own configuration is, for engines that ordinary users run.</param>
/// <param name="Read">The text of a file; null: there is none. A file that can't be read is an <see cref="RtException"/>.</param>
/// <param name="ContainerdVersion">What `containerd --version` prints; null: it is not installed.</param>
internal sealed record EngineHost(
    string Binary, bool SystemdCgroup, bool IsOrdinaryUser, string ConfigurationHome, Func<string, string?> Read, string? ContainerdVersion)
{
    /// <summary>The name under which engines have rt.</summary>
    public const string Runtime = "rt";

    private static readonly string[] Programs = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/local/sbin"];

    /// <param name="isOfHost">Of an engine that runs as the host's root, whoever asks.</param>
    public static EngineHost Current(bool isOfHost)
    {
        Caller caller = Caller.Current();
        SystemdSubject systemd = SystemdSubject.Examine(ofUser: !isOfHost && SystemdSocket.IsOfUser(rootless: null));
        string home = Environment.GetEnvironmentVariable("HOME") ?? "/root";
        string own = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } directory ? directory : home + "/.config";
        return new EngineHost(Guard.SelfPath(), systemd is { Version: not null, IsCgroup2Alone: true }, caller.IsOrdinary, own, ReadFile,
            AskContainerd());
    }

    private static string? ReadFile(string path)
    {
        const int MaxSize = 1 << 20;
        int file = FileContent.TryOpen(path, Files.O_RDONLY);
        if (file is -Errno.ENOENT or -Errno.ENOTDIR) return null;
        KernelException.Check(file, $"open {path}");
        try
        {
            return Encoding.UTF8.GetString(FileContent.Read(file, MaxSize, path));
        }
        finally
        {
            Files.close(file);
        }
    }

    private static string? AskContainerd()
    {
        string? program = Array.Find(Array.ConvertAll(Programs, directory => directory + "/containerd"), File.Exists);
        if (program == null) return null;
        HookResult result = HostHook.Run(new Hook { Path = program, Args = [program, "--version"], Timeout = 10 }, [], directory: null);
        return result.Succeeded ? result.Output : null;
    }
}
