using Rt.Kernel;

namespace Rt.Containers;

/// <summary>--pidfd-socket: the socket of whoever wants to hold the process by a descriptor, from before it runs.</summary>
internal static unsafe class PidfdSocket
{
    /// <summary>Sends a pidfd of a child of this process.</summary>
    /// <param name="name">The bytes beside it, by which runc tells an init ("standard") from others ("setns").</param>
    public static void Send(string path, int pid, ReadOnlySpan<byte> name)
    {
        int socket, pidfd = (int)KernelException.Check(Processes.pidfd_open(pid), "--pidfd-socket: pidfd_open");
        fixed (byte* place = FileContent.Terminated(path)) socket = Sockets.Connect(place);
        nint sent = socket;
        if (socket >= 0)
        {
            fixed (byte* text = name) sent = Sockets.SendDescriptor(socket, pidfd, text, name.Length);
            Files.close(socket);
        }

        Files.close(pidfd);
        KernelException.Check(sent, $"--pidfd-socket {path}");
    }
}
