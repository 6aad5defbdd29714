using System.Text;
using Rt.Kernel;

namespace Rt.Systemd;

/// <summary>An answer that says no: a D-Bus error.</summary>
/// <param name="name">As "org.freedesktop.DBus.Error.AccessDenied".</param>
/// <param name="text">The sender's own words; may be empty.</param>
internal sealed class BusErrorException(string name, string text) : Exception(text.Length > 0 ? $"{text} ({name})" : name)
{
    public string Name { get; } = name;
}

/// <summary>
/// The client's side of a D-Bus connection (D-Bus specification). What is posted is sent together when something is waited for,
/// so that calls which build on one another take one turn, not one each.
/// </summary>
internal sealed unsafe class BusConnection : IDisposable
{
    private const int MaxLine = 1024;

    private readonly int socket;
    private readonly string place;
    private readonly bool isBus;
    private readonly Deadline deadline;
    private readonly BusWriter outgoing = new();
    private byte[] received = new byte[4096];
    private int start, end;
    private uint serial;

    private BusConnection(int socket, string place, bool isBus, Deadline deadline)
    {
        this.socket = socket;
        this.place = place;
        this.isBus = isBus;
        this.deadline = deadline;
    }

    /// <summary>Gets the signals that come while something is waited for.</summary>
    public Action<BusMessage> OnSignal { get; set; } = _ => { };

    /// <summary>Connects and tells who this is.</summary>
    /// <param name="isBus">Others can be reached by way of it. Otherwise it is the service itself.</param>
    /// <exception cref="KernelException">Nobody can be reached there; its words name the address.</exception>
    /// <exception cref="TimeoutException">The time is over.</exception>
    /// <exception cref="RtException">Whoever is there refuses, or speaks something else.</exception>
    public static BusConnection Open(BusAddress address, bool isBus, Deadline deadline)
    {
        BusConnection connection = new(Connect(address, deadline), address.ToString(), isBus, deadline);
        try
        {
            connection.Authenticate();
            if (isBus) connection.Post(OfBus("Hello"));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Dispose() => Files.close(socket);

    /// <summary>Has the bus pass on signals that match a rule. Without a bus, all that the service sends come anyway.</summary>
    public void PostMatch(string rule)
    {
        if (!isBus) return;
        BusWriter arguments = new();
        arguments.String(rule);
        Post(OfBus("AddMatch", "s", arguments));
    }

    /// <summary>Has a call sent with the next wait; returns its serial number.</summary>
    public uint Post(BusCall call)
    {
        call.Write(outgoing, ++serial);
        return serial;
    }

    /// <summary>Posts a call and waits for its answer. Exceptions as for <see cref="AwaitReply"/>.</summary>
    public BusMessage Call(BusCall call) => AwaitReply(Post(call));

    /// <summary>Waits for the answer to a call. It is the last thing to be expected of those posted before.</summary>
    /// <exception cref="BusErrorException">The answer is an error, or that to another call is: none is posted that may fail.</exception>
    /// <exception cref="BusFormatException">What came is no D-Bus message.</exception>
    /// <exception cref="TimeoutException">The time is over.</exception>
    /// <exception cref="RtException">The connection was closed, or a signal came by which a user or a supervisor gives up.</exception>
    public BusMessage AwaitReply(uint call)
    {
        while (true)
        {
            BusMessage message = Next();
            if (message.Type == BusMessageType.Error) throw new BusErrorException(message.ErrorName, message.ErrorText());
            if (message.Type == BusMessageType.MethodReturn && message.ReplySerial == call) return message;
        }
    }

    /// <summary>Takes one message, of whatever kind. Exceptions as for <see cref="AwaitReply"/>.</summary>
    public BusMessage Next()
    {
        Flush();
        Require(BusMessage.FixedSize);
        int size = BusMessage.SizeOf(received.AsSpan(start));
        Require(size);
        BusMessage message = BusMessage.Parse(received.AsSpan(start, size));
        start += size;
        if (message.Type == BusMessageType.Signal) OnSignal(message);
        return message;
    }

    private static BusCall OfBus(string member, string signature = "", BusWriter? arguments = null) =>
        new("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member, signature, arguments);

    private static int Connect(BusAddress address, Deadline deadline)
    {
        const int FirstPause = 5, LongestPause = 320; // milliseconds
        byte[] name = FileContent.Terminated(address.Name);
        for (int pause = FirstPause; ; pause = Math.Min(pause * 2, LongestPause))
        {
            int socket;
            fixed (byte* bytes = name)
                socket = address.IsAbstract ? Sockets.ConnectAbstract(bytes) : Sockets.Connect(bytes);
            if (socket >= 0) return socket;
            // Too many wait there to be let in, as after a host's start: runc and others are known to fail then.
            if (socket != -Errno.EAGAIN) throw new KernelException($"connect to {address}", -socket);
            deadline.Pause(pause);
        }
    }

    /// <summary>
    /// EXTERNAL without an identity: the other side takes the one that the kernel tells it. One that is sent would have to be the
    /// uid as the other side sees it, which a process in a user namespace does not know.
    /// </summary>
    /// <remarks>
    /// All of it goes at once, and no message with it, as systemd's own library has it. Systemd on its own socket would take one that
    /// comes together with BEGIN for more of the authentication, and answer it only when the next comes.
    /// </remarks>
    private void Authenticate()
    {
        outgoing.Append("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8);
        Flush();
        // To the first line an older systemd says OK as well.
        string answer = TakeLine();
        if (answer == "DATA" || answer.StartsWith("OK ", StringComparison.Ordinal)) answer = TakeLine();
        if (!answer.StartsWith("OK ", StringComparison.Ordinal))
            throw new RtException($"{place} does not take the user for who he is (authentication EXTERNAL): \"{answer}\"");
    }

    private string TakeLine()
    {
        for (int looked = 0; ; looked = end - start - 1)
        {
            Require(looked + 2);
            ReadOnlySpan<byte> bytes = received.AsSpan(start, end - start);
            int length = bytes.IndexOf("\r\n"u8);
            if (length < 0 && bytes.Length < MaxLine) continue;
            if (length < 0) throw new RtException($"{place} sent what is no D-Bus authentication: a line without an end");
            start += length + 2;
            return Encoding.UTF8.GetString(bytes[..length]);
        }
    }

    private void Flush()
    {
        ReadOnlySpan<byte> rest = outgoing.Written;
        while (rest.Length > 0)
        {
            nint sent;
            fixed (byte* bytes = rest) sent = Sockets.Send(socket, bytes, rest.Length);
            if (sent > 0) rest = rest[(int)sent..];
            else Retry(sent, Processes.POLLOUT, "send to");
        }

        outgoing.Clear();
    }

    /// <summary>Waits until so many bytes have come that were not taken yet.</summary>
    private void Require(int count)
    {
        if (start + count > received.Length)
        {
            byte[] room = count > received.Length ? new byte[count] : received;
            received.AsSpan(start, end - start).CopyTo(room);
            (received, start, end) = (room, 0, end - start);
        }

        while (end - start < count)
        {
            nint length;
            fixed (byte* room = received) length = Files.read(socket, room + end, received.Length - end);
            if (length > 0) end += (int)length;
            else if (length == 0) throw new RtException($"{place} closed the connection");
            else Retry(length, Processes.POLLIN, "receive from");
        }
    }

    private void Retry(nint result, short events, string operation)
    {
        if (result == -Errno.EAGAIN) deadline.Await(socket, events);
        else if (result != -Errno.EINTR) throw new KernelException($"{operation} {place}", -(int)result);
    }
}
