using Rt.Kernel;

namespace Rt.Containers;

/// <summary>--preserve-fds: descriptors from 3 on that a process inherits beside stdio.</summary>
internal static class PreservedDescriptors
{
    public static void Require(int count)
    {
        for (int fd = 3; fd < 3 + count; fd++)
            if (Files.fcntl(fd, Files.F_GETFD, 0) is < 0 or Files.FD_CLOEXEC) // the latter are rt's own
                throw new RtException($"--preserve-fds {count}: descriptor {fd} is not open");
    }
}
