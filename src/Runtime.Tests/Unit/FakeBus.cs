using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Rt.Systemd;

namespace Rt.Tests.Unit;

/// <summary>
/// A bus, with a systemd on it, that answers as the test wants it: one client, on a thread of its own. What the client asks for is
/// kept.
/// </summary>
internal sealed class FakeBus : IDisposable
{
    public const string Systemd = ":1.1";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("rt-test-");
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Call> calls = [];
    private readonly Task server;
    private Socket? client;
    private uint serial;

    public FakeBus()
    {
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen(1);
        server = Task.Run(Serve);
    }

    public string Path => directory.FullName + "/bus";

    public BusAddress Address => new(Path);

    /// <summary>The answers to "AUTH EXTERNAL", "DATA" and so on, in order.</summary>
    public IReadOnlyList<string> Handshake { get; init; } = ["DATA\r\n", "OK 0123456789abcdef0123456789abcdef\r\n"];

    /// <summary>What goes over the socket when a method is called; a method that is not here is answered with nothing in it.</summary>
    public Dictionary<string, Func<Call, IEnumerable<byte[]>>> Answers { get; } = [];

    /// <summary>Every byte is sent by itself, a moment after the one before.</summary>
    public bool InSingleBytes { get; init; }

    /// <summary>Methods in the order of their calls.</summary>
    public string Called => string.Join(' ', calls.Select(call => call.Member));

    public IReadOnlyList<Call> Calls => calls;

    /// <summary>What the client said before its first message, line by line.</summary>
    public List<string> Authentication { get; } = [];

    public byte[] Return(Call call, string signature, params BusValue[] values) => Message(BusMessageType.MethodReturn, signature, values,
        (5, BusValue.Of(call.Serial)), (7, BusValue.Of(Systemd)));

    public byte[] Error(Call call, string name, string text) => Message(BusMessageType.Error, "s", [BusValue.Of(text)],
        (5, BusValue.Of(call.Serial)), (4, BusValue.Of(name)), (7, BusValue.Of(Systemd)));

    public byte[] JobRemoved(string job, string unit, string result, string sender = Systemd) => Message(BusMessageType.Signal, "uoss",
        [BusValue.Of(1u), new BusText('o', job), BusValue.Of(unit), BusValue.Of(result)],
        (1, new BusText('o', "/org/freedesktop/systemd1")), (2, BusValue.Of("org.freedesktop.systemd1.Manager")),
        (3, BusValue.Of("JobRemoved")), (7, BusValue.Of(sender)));

    public void Dispose()
    {
        listener.Dispose();
        client?.Dispose();
        try
        {
            server.Wait(TimeSpan.FromSeconds(10)).Should().BeTrue("the server ends with its sockets");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private byte[] Message(BusMessageType type, string signature, BusValue[] values, params (byte, BusValue)[] fields)
    {
        if (signature.Length > 0) fields = [.. fields, (8, new BusText('g', signature))];
        byte[] body = BusMessages.Body(writer => Array.ForEach(values, value => value.Write(writer)));
        return BusMessages.Build(type, ++serial, body, fields);
    }

    private void Serve()
    {
        try
        {
            client = listener.Accept();
            Receive(1).Should().Equal(0);
            foreach (string answer in Handshake)
            {
                Authentication.Add(Line());
                Send(Encoding.ASCII.GetBytes(answer));
            }

            Authentication.Add(Line());
            while (true)
            {
                Call call = Next();
                lock (calls) calls.Add(call);
                IEnumerable<byte[]> answer = Answers.TryGetValue(call.Member, out var prepared) ? prepared(call) : [Return(call, "")];
                foreach (byte[] message in answer) Send(message);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or EndOfStreamException)
        {
            // The client, or the test, has had enough.
        }
        finally
        {
            client?.Dispose();
        }
    }

    private Call Next()
    {
        byte[] start = Receive(BusMessage.FixedSize);
        byte[] whole = [.. start, .. Receive(BusMessage.SizeOf(start) - start.Length)];
        BusMessage message = BusMessage.Parse(whole);
        return new Call(message.Member, BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(8)), message);
    }

    private string Line()
    {
        StringBuilder line = new();
        while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal)) line.Append((char)Receive(1)[0]);
        return line.ToString().Trim();
    }

    private byte[] Receive(int count)
    {
        byte[] bytes = new byte[count];
        for (int read = 0; read < count;)
        {
            int length = client!.Receive(bytes.AsSpan(read));
            if (length == 0) throw new EndOfStreamException();
            read += length;
        }

        return bytes;
    }

    private void Send(byte[] bytes)
    {
        if (!InSingleBytes)
        {
            client!.Send(bytes);
            return;
        }

        foreach (byte value in bytes)
        {
            client!.Send([value]);
            Thread.Yield();
        }
    }

    internal sealed record Call(string Member, uint Serial, BusMessage Message);
}
