using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Signals that come while rt's garbage collector is at work, which a large configuration keeps busy.</summary>
[BeyondTheSpec("signals to rt itself")]
public sealed class SignalStormTests
{
    private const int SIGWINCH = 28;

    [Fact]
    public void Signals_at_any_time_do_no_harm()
    {
        using Container container = Container.Script("echo ran", config => config["annotations"] = new JsonObject(
            Enumerable.Range(0, 300).Select(i => KeyValuePair.Create<string, JsonNode?>($"big{i}", new string('x', 10_000)))));
        for (int round = 0; round < 6; round++)
        {
            using Command.Running rt = container.Start("run", "--bundle", container.Bundle, container.Id);
            for (long end = Environment.TickCount64 + 5000; !rt.HasExited && Environment.TickCount64 < end;) _ = kill(rt.Pid, SIGWINCH);
            Result result = rt.Wait().ShouldEndWith(0);
            result.Out.Should().Be("ran\n");
            result.Error.Should().BeEmpty();
        }
    }

    [DllImport("libc")]
    private static extern int kill(int pid, int signal);
}
