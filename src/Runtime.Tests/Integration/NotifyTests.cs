using System.Net.Sockets;
using System.Text;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>sd_notify out of a container: NOTIFY_SOCKET of rt's caller.</summary>
[BeyondTheSpec("readiness, which systemd wants to be told")]
public sealed class NotifyTests : IDisposable
{
    private const string Say = "/tmp/say";

    private readonly string directory = Directory.CreateTempSubdirectory("rt-test-").FullName;
    private readonly Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public NotifyTests()
    {
        manager.Bind(new UnixDomainSocketEndPoint(Path.Combine(directory, "manager")));
        manager.ReceiveTimeout = 10000;
    }

    public void Dispose()
    {
        manager.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private string[] WithSocket(params string[] command) => ["env", $"NOTIFY_SOCKET={directory}/manager", .. command];

    private static Container Speaker(string script) => Container.Script(script, config =>
        config["mounts"]!.AsArray().Add(System.Text.Json.Nodes.JsonNode.Parse(
            $$"""{"destination": "{{Say}}", "type": "bind", "source": "{{Tools.Notify}}", "options": ["bind", "ro"]}""")));

    private string Heard()
    {
        byte[] message = new byte[4096];
        int length = manager.Receive(message);
        return Encoding.UTF8.GetString(message, 0, length);
    }

    private bool HearsMore => manager.Poll(300_000, SelectMode.SelectRead);

    [Fact]
    public void Run_in_the_foreground_says_so_with_itself_as_the_main_process()
    {
        using Container container = Speaker($"{Say} STATUS=ignored; {Say} READY=1; sleep 0.2; exit 5");
        container.Wrapper = WithSocket();
        using Command.Running run = container.Start("run", "--bundle", container.Bundle, container.Id);
        Heard().Should().Be($"READY=1\nMAINPID={run.Pid}");
        Heard().Should().Be("BARRIER=1");
        run.Wait().Code.Should().Be(5);
        HearsMore.Should().BeFalse();
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Start_waits_until_the_container_is_ready()
    {
        using Container container = Speaker($"sleep 0.5; {Say} READY=1; exec sleep 100");
        container.Wrapper = WithSocket();
        container.Create().ShouldEndWith(0);
        HearsMore.Should().BeFalse();
        using Command.Running start = container.Start("start", container.Id);
        Heard().Should().Be($"READY=1\nMAINPID={container.Pid}");
        start.HasExited.Should().BeFalse("the barrier is still there");
        Heard().Should().Be("BARRIER=1");
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_container_that_ends_without_a_word_ends_the_wait()
    {
        using Container container = Speaker("exit 0");
        container.Wrapper = WithSocket();
        container.Run("--detach").ShouldEndWith(0);
        HearsMore.Should().BeFalse();
    }

    [Fact]
    public void A_manager_who_is_not_there_is_a_warning()
    {
        using Container container = Speaker($"{Say} READY=1; exit 3");
        container.Wrapper = ["env", "NOTIFY_SOCKET=/nowhere"];
        container.Run().ShouldEndWith(3).Error.Should().Contain("NOTIFY_SOCKET /nowhere: no such file or directory");
    }
}
