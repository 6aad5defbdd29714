using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Security;

/// <summary>
/// Gives a filter's listener to the agent that judges its calls (config-linux.md, "Seccomp" and "The Container Process State").
/// </summary>
internal static unsafe class SeccompAgent
{
    private const string Origin = "linux.seccomp.listenerPath";

    /// <param name="descriptor">The listener, as the process with this pid has it.</param>
    /// <param name="state">The container's state (runtime.md) as JSON.</param>
    public static void Send(SeccompListener listener, string ociVersion, int pid, int descriptor, string state)
    {
        int copy = CopyOf(pid, descriptor);
        int socket = -1;
        try
        {
            fixed (byte* path = FileContent.Terminated(listener.Path)) socket = Sockets.Connect(path);
            if (socket < 0) throw new RtException($"{Origin}: connect to the seccomp agent {listener.Path}: {Errno.Describe(-socket)}");
            SendAll(socket, copy, Message(listener, ociVersion, pid, state), listener.Path);
        }
        finally
        {
            if (socket >= 0) Files.close(socket); // one state a connection
            Files.close(copy);
        }
    }

    private static int CopyOf(int pid, int descriptor)
    {
        int pidfd = (int)KernelException.Check(Processes.pidfd_open(pid), "open the container's process");
        int copy = Processes.pidfd_getfd(pidfd, descriptor);
        Files.close(pidfd);
        return (int)KernelException.Check(copy, "take the seccomp listener from the container's process");
    }

    private static byte[] Message(SeccompListener listener, string ociVersion, int pid, string state)
    {
        JsonText json = new();
        json.Add("ociVersion", ociVersion);
        json.AddRaw("fds", "[\"seccompFd\"]");
        json.Add("pid", (ulong)pid);
        if (listener.Metadata.Length > 0) json.Add("metadata", listener.Metadata);
        json.AddRaw("state", state);
        return json.Finish();
    }

    /// <summary>The descriptor goes with the first bytes.</summary>
    private static void SendAll(int socket, int descriptor, byte[] message, string path)
    {
        fixed (byte* bytes = message)
        {
            for (nint sent = 0; sent < message.Length;)
            {
                nint result = sent == 0
                    ? Sockets.SendDescriptor(socket, descriptor, bytes, message.Length)
                    : Sockets.Send(socket, bytes + sent, message.Length - sent);
                if (result == -Errno.EAGAIN) result = AwaitRoom(socket);
                if (result < 0) throw new RtException($"{Origin}: send to the seccomp agent {path}: {Errno.Describe((int)-result)}");
                sent += result;
            }
        }
    }

    private static int AwaitRoom(int socket)
    {
        const long Milliseconds = 10_000;
        Processes.pollfd poll = new() { fd = socket, events = Processes.POLLOUT };
        return Processes.poll(&poll, 1, Milliseconds) == 0 ? -Errno.ETIMEDOUT : 0;
    }
}
