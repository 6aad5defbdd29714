using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>
/// sd_notify(3) out of a container: where rt was started with NOTIFY_SOCKET, the container gets a socket of its own to say there that
/// it is ready, and rt says so on its behalf. Nothing else is passed on: the service manager is not the container's to talk to.
/// </summary>
/// <remarks>
/// As under runc: create makes the socket's directory, which the container has at /run/notify, start or run the socket. It is rt that
/// waits, and so long the command takes; a container that ends without a word ends the wait.
/// </remarks>
internal sealed unsafe class NotifySocket
{
    private const string InContainer = "/run/notify", Name = "notify.sock";
    private const int MaxMessage = 4096, MaxMessagesAtOnce = 64;
    private const long BarrierMilliseconds = 30_000;

    private readonly string manager, directory;
    private int socket = -1;

    private NotifySocket(string manager, string directory)
    {
        this.manager = manager;
        this.directory = directory;
    }

    /// <summary>Null if nobody wants to be notified.</summary>
    public static NotifySocket? Of(string directory) =>
        Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 } manager ? new NotifySocket(manager, directory) : null;

    /// <summary>For a container that was created: null too if nobody wanted to be notified then.</summary>
    public static NotifySocket? OfCreated(string directory) => Of(directory) is { } socket && Directory.Exists(directory) ? socket : null;

    /// <summary>Gives the container the directory and the variable.</summary>
    public void AddTo(Config config)
    {
        config.Mounts.Add(new Mount
            { Destination = InContainer, Source = directory, Type = "bind", Options = ["bind", "nosuid", "noexec", "nodev", "ro"] });
        config.Process!.Env.Add($"NOTIFY_SOCKET={InContainer}/{Name}");
    }

    public void MakeDirectory() => KernelException.Check(FileContent.MakeDirectory(directory, 0x1ed), $"create {directory}"); // 0755

    /// <summary>Removes the directory with all that is in there, which may be more than the socket: the container could reach it.</summary>
    public static void Remove(string directory)
    {
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
    }

    /// <summary>Makes the socket, which every user of the container may write to. Before the program runs.</summary>
    public void Open()
    {
        // Through a descriptor, since the path may be longer than a socket's can be (unix(7)).
        int at = FileContent.Open(directory, Files.O_PATH | Files.O_DIRECTORY);
        FileContent.Remove($"{directory}/{Name}");
        fixed (byte* path = FileContent.Terminated($"/proc/self/fd/{at}/{Name}")) socket = Sockets.Bind(path, Sockets.SOCK_DGRAM, 0x1b6); // 0666
        Files.close(at);
        KernelException.Check(socket, $"create {directory}/{Name}");
    }

    /// <summary>Waits until the container says that it is ready, and passes that on; or until it has ended.</summary>
    /// <param name="init">Whose end ends the wait.</param>
    /// <param name="mainPid">The service's main process, for the service manager: whom it is to watch.</param>
    /// <param name="inbox">Signals by which the caller gives up end the wait too; -1: they are not looked for.</param>
    public void Relay(int init, int mainPid, int inbox) => RelayUntilEnd(Processes.pidfd_open(init), mainPid, inbox);

    /// <param name="pidfd">The init's, to be closed here; below 0: it has ended.</param>
    public void RelayUntilEnd(int pidfd, int mainPid, int inbox)
    {
        Processes.pollfd* polls = stackalloc Processes.pollfd[3];
        for (bool over = pidfd < 0; ;)
        {
            // What it said last is there when it has ended.
            if (TakeReadyLine() is { } line)
            {
                Notify($"{line}\nMAINPID={mainPid}");
                break;
            }

            if (over) break;
            polls[0] = new Processes.pollfd { fd = socket, events = Processes.POLLIN };
            polls[1] = new Processes.pollfd { fd = pidfd, events = Processes.POLLIN };
            polls[2] = new Processes.pollfd { fd = inbox, events = Processes.POLLIN };
            Processes.poll(polls, 3);
            over = polls[1].revents != 0 || (polls[2].revents != 0
                && SignalInbox.Take(inbox) is Signals.SIGINT or Signals.SIGQUIT or Signals.SIGTERM or Signals.SIGHUP);
        }

        if (pidfd >= 0) Files.close(pidfd);
        Files.close(socket);
    }

    /// <summary>Reads messages that are there up to one with such a line, but not for ever: a container may send without end.</summary>
    private string? TakeReadyLine()
    {
        byte[] message = new byte[MaxMessage];
        for (int i = 0; i < MaxMessagesAtOnce; i++)
        {
            nint read;
            fixed (byte* room = message) read = Sockets.TryReceive(socket, room, message.Length);
            if (read < 0) return null;
            if (ReadyLine(Encoding.UTF8.GetString(message, 0, (int)read)) is { } line) return line;
        }

        return null;
    }

    internal static string? ReadyLine(string message) =>
        Array.Find(message.Split('\n'), line => line.StartsWith("READY=", StringComparison.Ordinal));

    /// <summary>
    /// Tells the service manager, and waits until it has read that (sd_notify(3), BARRIER=1): it looks up the sender, who must be
    /// there still.
    /// </summary>
    private void Notify(string message)
    {
        int outer = Connect();
        if (outer < 0)
        {
            Log.Warn($"NOTIFY_SOCKET {manager}: {Errno.Describe(-outer)}");
            return;
        }

        int* barrier = stackalloc int[2];
        byte[] text = Encoding.UTF8.GetBytes(message);
        fixed (byte* bytes = text, word = "BARRIER=1"u8)
        {
            AwaitRoom(outer);
            nint sent = Sockets.Send(outer, bytes, text.Length);
            if (sent < 0) Log.Warn($"NOTIFY_SOCKET {manager}: {Errno.Describe((int)-sent)}");
            else if (Files.pipe2(barrier) >= 0)
            {
                AwaitRoom(outer);
                Sockets.SendDescriptor(outer, barrier[1], word, 9);
                Files.close(barrier[1]);
                Processes.pollfd poll = new() { fd = barrier[0] };
                Processes.poll(&poll, 1, BarrierMilliseconds); // until nobody has the other end open any more
                Files.close(barrier[0]);
            }
        }

        Files.close(outer);
    }

    /// <summary>A manager may be busy with others.</summary>
    private static void AwaitRoom(int socket)
    {
        Processes.pollfd poll = new() { fd = socket, events = Processes.POLLOUT };
        Processes.poll(&poll, 1, BarrierMilliseconds);
    }

    /// <summary>A path, or with "@" before it a name in the abstract namespace.</summary>
    private int Connect()
    {
        bool isAbstract = manager[0] == '@';
        fixed (byte* name = FileContent.Terminated(isAbstract ? manager[1..] : manager))
            return isAbstract ? Sockets.ConnectAbstract(name, Sockets.SOCK_DGRAM) : Sockets.Connect(name, Sockets.SOCK_DGRAM);
    }
}
