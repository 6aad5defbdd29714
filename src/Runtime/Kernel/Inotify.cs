namespace Rt.Kernel;

/// <summary>inotify(7): tells that files have changed.</summary>
internal static unsafe class Inotify
{
    /// <summary>Room for one event at least: struct inotify_event and a file name (inotify(7)).</summary>
    private const int RoomForEvents = 4096;

    /// <summary>A descriptor that is readable when one of the open files was written to or cut off since <see cref="Clear"/>.</summary>
    public static int Open(params ReadOnlySpan<int> files)
    {
        const uint IN_MODIFY = 2;
        int inotify = (int)KernelException.Check(
            Syscall.Invoke(SyscallNumber.inotify_init1, Files.O_CLOEXEC | Files.O_NONBLOCK), "inotify_init");
        byte* path = stackalloc byte[32];
        foreach (int file in files)
        {
            Text.FormatProcSelfFd(path, file);
            nint watch = Syscall.Invoke(SyscallNumber.inotify_add_watch, inotify, (nint)path, (nint)IN_MODIFY);
            if (watch >= 0) continue;
            Files.close(inotify);
            throw new KernelException("inotify_add_watch", (int)-watch);
        }

        return inotify;
    }

    /// <summary>Forgets what has changed so far.</summary>
    public static void Clear(int inotify)
    {
        byte* events = stackalloc byte[RoomForEvents];
        while (Files.read(inotify, events, RoomForEvents) > 0)
        {
            // all that there are
        }
    }
}
