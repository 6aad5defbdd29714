using System.Text;
using Rt.Kernel;

namespace Rt.Doctor;

/// <summary>
/// Tries something in a child in namespaces of its own, which end with it, so that nothing of the host's changes. The child runs as the
/// interpreter's does: it allocates nothing, throws nothing and takes no lock.
/// </summary>
internal static unsafe class ForkedProbe
{
    /// <summary>Makes a child in these namespaces and has it do something: 0, or the -errno of the one that failed.</summary>
    /// <param name="work">Runs in the child with <paramref name="argument"/>; 0 or -errno.</param>
    public static int Run(ulong namespaces, delegate*<byte*, int> work = null, byte* argument = null)
    {
        string uids = $"0 {Processes.geteuid()} 1\n", gids = $"0 {Processes.getegid()} 1\n";
        fixed (byte* uidMap = Encoding.ASCII.GetBytes(uids), gidMap = Encoding.ASCII.GetBytes(gids))
        {
            int pid = Processes.clone3(namespaces | Processes.CLONE_CLEAR_SIGHAND, -1);
            if (pid < 0) return pid;
            if (pid == 0)
            {
                int result = (namespaces & Processes.CLONE_NEWUSER) == 0 ? 0 : Map(uidMap, uids.Length, gidMap, gids.Length);
                if (result >= 0 && work != null) result = work(argument);
                Processes.exit_group(result < 0 ? -result : 0);
            }

            return -Processes.Reap(pid, block: true).Code;
        }
    }

    /// <summary>The child maps its own ids, as anybody may (user_namespaces(7)).</summary>
    private static int Map(byte* uidMap, int uidLength, byte* gidMap, int gidLength)
    {
        fixed (byte* setgroups = "/proc/self/setgroups\0"u8, deny = "deny"u8)
        fixed (byte* uid = "/proc/self/uid_map\0"u8, gid = "/proc/self/gid_map\0"u8)
        {
            int result = Write(setgroups, deny, 4);
            if (result >= 0) result = Write(uid, uidMap, uidLength);
            return result < 0 ? result : Write(gid, gidMap, gidLength);
        }
    }

    private static int Write(byte* path, byte* text, int length)
    {
        int file = Files.open(path, Files.O_WRONLY);
        if (file < 0) return file;
        nint written = Files.write(file, text, length);
        Files.close(file);
        return (int)Math.Min(written, 0);
    }
}
