using Rt.Kernel;

namespace Rt.Terminal;

/// <summary>Standard output for writes that don't wait.</summary>
internal static class NonblockingOutput
{
    /// <summary>
    /// Opens it anew, or a terminal that its user has stopped (ctrl-s) would keep signals from being heard. The caller's own descriptor
    /// is shared with others, who may not expect that of it. A file is no matter, nor can a socket be opened: then it is 1.
    /// </summary>
    public static int Open()
    {
        bool waits = Statx.Of(1, out Statx stat) >= 0 && stat.Type is Files.S_IFCHR or Files.S_IFIFO;
        int own = waits ? FileContent.TryOpen("/proc/self/fd/1", Files.O_WRONLY | Files.O_NONBLOCK | Files.O_NOCTTY) : -1;
        return own >= 0 ? own : 1;
    }
}
