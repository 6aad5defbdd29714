using Rt.Kernel;

namespace Rt.Containers;

/// <summary>Descriptors that a process inherits beside stdio.</summary>
internal static class PreservedDescriptors
{
    /// <param name="request">What asks for them: an option or a variable, with its value.</param>
    public static void Require(int first, int count, string request)
    {
        for (int fd = first; fd < first + count; fd++)
            if (Files.fcntl(fd, Files.F_GETFD, 0) is < 0 or Files.FD_CLOEXEC) // the latter are rt's own
                throw new RtException($"{request}: descriptor {fd} is not open");
    }
}
