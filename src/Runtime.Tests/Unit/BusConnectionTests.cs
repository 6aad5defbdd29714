using System.Diagnostics;
using System.IO.Pipes;
using System.Net.Sockets;
using Rt.Kernel;
using Rt.Systemd;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("the connection to D-Bus: authentication, waiting, what goes wrong")]
public sealed class BusConnectionTests
{
    private static readonly BusCall Ping = new("d", "/", "i", "Ping");

    private static BusConnection Open(FakeBus bus, long milliseconds = 10_000, bool isBus = true) =>
        BusConnection.Open(bus.Address, isBus, new Deadline(milliseconds, -1));

    [Fact]
    public void The_kernel_says_who_the_client_is_and_not_the_client()
    {
        using FakeBus bus = new();
        using BusConnection connection = Open(bus);
        connection.Call(Ping);
        bus.Authentication.Should().Equal("AUTH EXTERNAL", "DATA", "BEGIN");
        bus.Called.Should().Be("Hello Ping");
    }

    [Fact]
    public void An_older_systemd_accepts_twice()
    {
        const string Accepted = "OK 0123456789abcdef0123456789abcdef\r\n";
        using FakeBus bus = new() { Handshake = [Accepted, Accepted] };
        using BusConnection connection = Open(bus, isBus: false);
        connection.Call(Ping);
        bus.Called.Should().Be("Ping");
    }

    [Theory]
    [InlineData("REJECTED EXTERNAL\r\n", "")]
    [InlineData("DATA\r\n", "REJECTED EXTERNAL\r\n")]
    [InlineData("ERROR \"what?\"\r\n", "")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", "")]
    public void A_server_that_refuses_is_quoted(string first, string second)
    {
        using FakeBus bus = new() { Handshake = second.Length > 0 ? [first, second] : [first] };
        FluentActions.Invoking(() => Open(bus)).Should().Throw<RtException>().WithMessage($"unix:path={bus.Path} does not take the user "
            + $"for who he is (authentication EXTERNAL): \"{(second.Length > 0 ? second : first).TrimEnd()}\"");
    }

    [Fact]
    public void A_line_without_an_end_is_not_waited_for()
    {
        using FakeBus bus = new() { Handshake = [new string('x', 5000)] };
        FluentActions.Invoking(() => Open(bus)).Should().Throw<RtException>().WithMessage("*a line without an end");
    }

    [Fact]
    public void Bytes_may_come_one_by_one()
    {
        using FakeBus bus = new() { InSingleBytes = true };
        bus.Answers["Ping"] = call => [bus.JobRemoved("/j", "u", "done"), bus.Return(call, "s", BusValue.Of("pong"))];
        using BusConnection connection = Open(bus);
        List<string> signals = [];
        connection.OnSignal = signal => signals.Add(signal.Member);
        connection.Call(Ping).Read("s").String().Should().Be("pong");
        signals.Should().Equal("JobRemoved");
    }

    [Fact]
    public void A_large_message_comes_whole()
    {
        string large = new('x', 300_000);
        using FakeBus bus = new();
        bus.Answers["Ping"] = call => [bus.Return(call, "s", BusValue.Of(large)), bus.JobRemoved("/j", "u", "done")];
        using BusConnection connection = Open(bus);
        connection.Call(Ping).Read("s").String().Should().Be(large);
        connection.Next().Member.Should().Be("JobRemoved");
    }

    [Fact]
    public void Calls_that_are_posted_go_together_and_a_refusal_of_one_is_not_waited_past()
    {
        using FakeBus bus = new();
        bus.Answers["AddMatch"] = call => [bus.Error(call, "org.freedesktop.DBus.Error.AccessDenied", "not you")];
        bus.Answers["Ping"] = _ => [];
        using BusConnection connection = Open(bus);
        connection.PostMatch("type='signal'");
        FluentActions.Invoking(() => connection.Call(Ping)).Should().Throw<BusErrorException>()
            .WithMessage("not you (org.freedesktop.DBus.Error.AccessDenied)")
            .Which.Name.Should().Be("org.freedesktop.DBus.Error.AccessDenied");
    }

    [Fact]
    public void Whoever_says_nothing_is_waited_for_only_so_long()
    {
        using FakeBus bus = new();
        bus.Answers["Ping"] = _ => [];
        using BusConnection connection = Open(bus, milliseconds: 2000);
        Stopwatch clock = Stopwatch.StartNew();
        FluentActions.Invoking(() => connection.Call(Ping)).Should().Throw<TimeoutException>().WithMessage("no answer within 2 s");
        clock.ElapsedMilliseconds.Should().BeInRange(1000, 10_000);
    }

    [Fact]
    public void Talk_of_other_things_does_not_make_the_time_longer()
    {
        using FakeBus bus = new();
        bus.Answers["Ping"] = _ => Enumerable.Range(0, 1000).Select(_ =>
        {
            Thread.Sleep(10);
            return bus.JobRemoved("/j", "other", "done");
        });
        using BusConnection connection = Open(bus, milliseconds: 2000);
        FluentActions.Invoking(() => connection.Call(Ping)).Should().Throw<TimeoutException>();
    }

    [Fact]
    public void A_signal_to_rt_ends_the_wait()
    {
        using FakeBus bus = new();
        bus.Answers["Ping"] = _ => [];
        using AnonymousPipeServerStream signals = new(PipeDirection.Out); // in place of a signalfd
        byte[] info = new byte[128]; // struct signalfd_siginfo, ssi_signo first
        info[0] = 15;
        signals.Write(info);
        Deadline deadline = new(10_000, (int)signals.ClientSafePipeHandle.DangerousGetHandle());
        FluentActions.Invoking(() => BusConnection.Open(bus.Address, true, deadline).Call(Ping))
            .Should().Throw<RtException>().WithMessage("interrupted by SIGTERM");
    }

    [Fact]
    public void A_connection_that_is_closed_is_told_at_once()
    {
        using FakeBus bus = new();
        bus.Answers["Ping"] = _ => throw new EndOfStreamException();
        using BusConnection connection = Open(bus);
        FluentActions.Invoking(() => connection.Call(Ping)).Should().Throw<RtException>()
            .WithMessage($"unix:path={bus.Path} closed the connection");
    }

    [Fact]
    public void Nobody_there_is_an_error_of_the_system_call()
    {
        BusAddress nowhere = new("/run/rt-test-no-such-bus");
        FluentActions.Invoking(() => BusConnection.Open(nowhere, true, new Deadline(1000, -1)))
            .Should().Throw<KernelException>().WithMessage("connect to unix:path=/run/rt-test-no-such-bus: no such file or directory");
        FluentActions.Invoking(() => BusConnection.Open(nowhere with { IsAbstract = true }, true, new Deadline(1000, -1)))
            .Should().Throw<KernelException>().WithMessage("connect to unix:abstract=*: connection refused");
    }

    [Fact]
    public async Task A_queue_that_is_full_is_tried_again()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("rt-test-");
        try
        {
            BusAddress address = new(directory.FullName + "/bus");
            using Socket listener = Socket(), first = Socket();
            listener.Bind(new UnixDomainSocketEndPoint(address.Name));
            listener.Listen(0);
            first.Connect(new UnixDomainSocketEndPoint(address.Name));
            FluentActions.Invoking(() => BusConnection.Open(address, true, new Deadline(200, -1))).Should().Throw<TimeoutException>();

            Task server = Task.Run(() =>
            {
                Thread.Sleep(100);
                listener.Accept().Dispose();
                listener.Accept().Dispose();
            });
            FluentActions.Invoking(() => BusConnection.Open(address, true, new Deadline(10_000, -1)))
                .Should().Throw<Exception>("it was let in, if not for long").Where(e => e is RtException || e is KernelException);
            await server.WaitAsync(TimeSpan.FromSeconds(10));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static Socket Socket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
