namespace Rt.Kernel;

/// <summary>
/// Sockets of whole messages (SOCK_SEQPACKET) in a directory, whose path may be longer than a socket's address can be (unix(7)): they
/// are reached through a descriptor of the directory. Errors are <see cref="KernelException"/>s that name the path.
/// </summary>
internal static unsafe class UnixSocket
{
    /// <summary>A socket that takes connections of the caller's own processes at a name that is not there yet.</summary>
    public static int Listen(string directory, string name, int backlog) => At(directory, name, "listen on",
        path => Sockets.Listen((byte*)path, Sockets.SOCK_SEQPACKET, backlog));

    /// <summary>A socket connected to the one that listens there, whose calls do not wait.</summary>
    public static int Connect(string directory, string name) => At(directory, name, "connect to",
        path => Sockets.Connect((byte*)path, Sockets.SOCK_SEQPACKET));

    private static int At(string directory, string name, string operation, Func<nint, int> open)
    {
        int descriptor = FileContent.Open(directory, Files.O_PATH | Files.O_DIRECTORY);
        int socket;
        fixed (byte* path = FileContent.Terminated($"/proc/self/fd/{descriptor}/{name}")) socket = open((nint)path);
        Files.close(descriptor);
        return (int)KernelException.Check(socket, $"{operation} {directory}/{name}");
    }
}
