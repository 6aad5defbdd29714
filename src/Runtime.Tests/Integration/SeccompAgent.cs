using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;

namespace Rt.Tests.Integration;

/// <summary>What came over one connection, in the parts in which it came, until the other side closed it.</summary>
public sealed record AgentMessage(string Text, IReadOnlyList<int> DescriptorsOfParts)
{
    public JsonNode State => JsonNode.Parse(Text)!;
}

/// <summary>
/// The other side of linux.seccomp.listenerPath: takes the container process state and the notification descriptor, and then judges
/// the calls (seccomp_unotify(2)).
/// </summary>
public sealed class SeccompAgent : IDisposable
{
    /// <summary>The verdict that lets the kernel carry the call out.</summary>
    public const int Continue = 0;

    private const uint SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100, SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101;
    private const int NotificationSize = 80, ResponseSize = 24;

    private readonly string directory = Directory.CreateTempSubdirectory("rt-agent-").FullName;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<int, int> judge;
    private readonly List<AgentMessage> messages = [];
    private readonly List<int> calls = [];
    private readonly List<Thread> threads = [];
    private volatile bool disposed;

    /// <param name="judge">From a system call's number to <see cref="Continue"/> or an errno.</param>
    /// <param name="hangsUp">Closes every connection without having read anything from it.</param>
    public SeccompAgent(Func<int, int>? judge = null, bool hangsUp = false)
    {
        this.judge = judge ?? (_ => Continue);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen(5);
        Start(() =>
        {
            while (!disposed)
            {
                if (!listener.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectRead)) continue;
                Socket connection = listener.Accept();
                if (hangsUp) connection.Dispose();
                else Start(() => Serve(connection));
            }
        });
    }

    public string Path => System.IO.Path.Combine(directory, "agent");

    /// <summary>One of each connection that is closed again, as soon as there are so many.</summary>
    public IReadOnlyList<AgentMessage> Messages(int count)
    {
        SpinWait.SpinUntil(() => Received.Count >= count, Command.Patience);
        return Received.Should().HaveCount(count).And.Subject.ToList();
    }

    private IReadOnlyList<AgentMessage> Received
    {
        get
        {
            lock (messages) return [.. messages];
        }
    }

    /// <summary>The numbers of the calls that were judged.</summary>
    public IReadOnlyList<int> Calls
    {
        get
        {
            lock (calls) return [.. calls];
        }
    }

    private void Start(Action action)
    {
        Thread thread = new(() => action()) { IsBackground = true };
        lock (threads) threads.Add(thread);
        thread.Start();
    }

    private void Serve(Socket connection)
    {
        List<byte> text = [];
        List<int> ofParts = [];
        List<int> descriptors = [];
        using (connection)
        {
            while (PassedDescriptors.Receive((int)connection.Handle, room: 100_000) is { Bytes.Length: > 0 } part)
            {
                text.AddRange(part.Bytes);
                ofParts.Add(part.Descriptors.Length);
                descriptors.AddRange(part.Descriptors);
            }
        }

        lock (messages) messages.Add(new AgentMessage(Encoding.UTF8.GetString(text.ToArray()), ofParts));
        foreach (int descriptor in descriptors) Judge(descriptor);
    }

    private void Judge(int descriptor)
    {
        using SafeFileHandle notifications = new(descriptor, ownsHandle: true);
        while (!disposed)
        {
            Pollfd poll = new() { Descriptor = descriptor, Events = Pollfd.POLLIN };
            if (PollOne(ref poll, 1, 20) < 1) continue;
            if ((poll.Happened & Pollfd.POLLIN) == 0) return; // POLLHUP: nobody has the filter any more
            byte[] notification = new byte[NotificationSize]; // id, pid, flags, then struct seccomp_data, which begins with the number
            if (Ioctl(descriptor, SECCOMP_IOCTL_NOTIF_RECV, notification) < 0) continue; // the caller has been killed
            int call = BitConverter.ToInt32(notification, 16);
            lock (calls) calls.Add(call);
            int errno = judge(call);
            byte[] response = new byte[ResponseSize]; // id, value, error, flags
            notification.AsSpan(0, 8).CopyTo(response);
            BitConverter.TryWriteBytes(response.AsSpan(16), -errno);
            BitConverter.TryWriteBytes(response.AsSpan(20), errno == Continue ? 1 : 0); // SECCOMP_USER_NOTIF_FLAG_CONTINUE
            _ = Ioctl(descriptor, SECCOMP_IOCTL_NOTIF_SEND, response);
        }
    }

    [DllImport("libc", EntryPoint = "ioctl")]
    private static extern int Ioctl(int file, nuint request, [In, Out] byte[] data);

    [DllImport("libc", EntryPoint = "poll")]
    private static extern int PollOne(ref Pollfd poll, nint count, int milliseconds);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Pollfd
    {
        public const short POLLIN = 1;

        public int Descriptor;
        public short Events, Happened;
    }

    public void Dispose()
    {
        disposed = true;
        Thread[] all;
        lock (threads) all = [.. threads];
        foreach (Thread thread in all) thread.Join(5000);
        listener.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
