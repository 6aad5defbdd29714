namespace Rt.Kernel;

/// <summary>
/// Descriptors 0 to 2. A caller may have closed one; whatever rt then opened next would take its place, and the container would
/// get it for its stdin, stdout or stderr.
/// </summary>
internal static unsafe class StandardStreams
{
    /// <summary>Opens /dev/null for those that the caller closed. One that is close-on-exec was opened since by the .NET runtime.</summary>
    public static void Fill()
    {
        for (int fd = 0; fd <= 2; fd++)
        {
            int flags = Files.fcntl(fd, Files.F_GETFD, 0);
            if (flags >= 0 && (flags & Files.FD_CLOEXEC) == 0) continue;
            int devNull;
            fixed (byte* path = "/dev/null\0"u8) devNull = Files.open(path, Files.O_RDWR);
            KernelException.Check(devNull, "open /dev/null");
            if (devNull == fd) Files.fcntl(fd, Files.F_SETFD, 0);
            else
            {
                KernelException.Check(Files.dup3(devNull, fd), $"fill descriptor {fd}");
                Files.close(devNull);
            }
        }
    }
}
