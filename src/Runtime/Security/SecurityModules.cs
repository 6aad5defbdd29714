using Rt.Kernel;
using Rt.Spec;

namespace Rt.Security;

/// <summary>Which security modules the host has. A profile or label for one that it lacks is refused: it could protect nothing.</summary>
internal static class SecurityModules
{
    private const long SELINUX_MAGIC = 0xf97cff8c;

    /// <exception cref="SpecException">The configuration asks for a module that is not enabled.</exception>
    public static void Check(Config config) => Check(config, IsApparmorEnabled, IsSelinuxEnabled);

    public static void Check(Config config, Func<bool> apparmor, Func<bool> selinux)
    {
        ContainerProcess process = config.Process!;
        if (process.ApparmorProfile.Length > 0 && !apparmor())
            throw new SpecException("process.apparmorProfile", "apparmor: config provided but apparmor not supported");
        Selinux(process.SelinuxLabel, "process.selinuxLabel");
        Selinux(config.Linux.MountLabel, "linux.mountLabel");

        void Selinux(string label, string path)
        {
            if (label.Length > 0 && !selinux())
                throw new SpecException(path, "selinux label is specified in config, but selinux is disabled or not supported");
        }
    }

    /// <summary>
    /// The module is on. Its directory in securityfs is for those who load profiles: podman unmounts it before it calls a runtime for a
    /// container with a user namespace.
    /// </summary>
    public static bool IsApparmorEnabled() => FileContent.TryReadText("/sys/module/apparmor/parameters/enabled")?.StartsWith('Y') == true;

    /// <summary>
    /// As libselinux judges: selinuxfs is mounted and writable (a container that is not to use SELinux gets it read-only), and
    /// a policy is loaded, without which every process is just "kernel".
    /// </summary>
    public static bool IsSelinuxEnabled()
    {
        int directory = FileContent.TryOpen("/sys/fs/selinux", Files.O_PATH | Files.O_DIRECTORY);
        if (directory < 0) return false;
        bool mounted = Files.FileSystemType(directory, out bool isReadonly) == SELINUX_MAGIC && !isReadonly;
        Files.close(directory);
        return mounted && FileContent.TryReadText("/proc/self/attr/current")?.TrimEnd('\0', '\n') is not (null or "" or "kernel");
    }
}
