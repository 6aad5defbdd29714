using System.Globalization;
using Rt.Hooks;
using Rt.Spec;

namespace Rt.Namespaces;

/// <summary>newuidmap(1) and newgidmap(1): set-user-ID programs that map ids which root has set aside for a user.</summary>
internal static class IdMapHelper
{
    private static readonly string[] Directories = ["/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/run/wrappers/bin"];

    /// <summary>Where it is installed; null: nowhere.</summary>
    public static string? Find(string program) =>
        Array.Find(Array.ConvertAll(Directories, directory => $"{directory}/{program}"), File.Exists);

    public static void Run(string program, int pid, List<IdMapping> mappings, string origin)
    {
        string path = Find(program)
            ?? throw new RtException(
                $"{origin}: mapping other ids than one's own takes {program}, which is not installed (package uidmap)");
        List<string> args = [program, pid.ToString(CultureInfo.InvariantCulture)];
        foreach (IdMapping one in mappings)
            args.AddRange([$"{one.ContainerId}", $"{one.HostId}", $"{one.Size}"]);
        HookResult result = HostHook.Run(new Hook { Path = path, Args = args, Timeout = 10 }, [], directory: null);
        if (!result.Succeeded) throw new RtException($"{origin}: {result.Describe(path)}");
    }
}
