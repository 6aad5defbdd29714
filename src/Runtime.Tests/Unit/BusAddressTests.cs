using Rt.Systemd;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("where systemd is found on a bus, or without one")]
public sealed class BusAddressTests
{
    [Theory]
    [InlineData("unix:path=/run/bus", "unix:path=/run/bus")]
    [InlineData("unix:path=/run/bus,guid=0123", "unix:path=/run/bus")]
    [InlineData("unix:guid=0123,path=/run/bus;", "unix:path=/run/bus")]
    [InlineData("unix:abstract=/tmp/dbus-x", "unix:abstract=/tmp/dbus-x")]
    [InlineData("unix:path=/a;unix:abstract=b;unix:path=/c", "unix:path=/a unix:abstract=b unix:path=/c")]
    [InlineData("tcp:host=localhost,port=1;unix:path=/a", "unix:path=/a")]
    [InlineData("unix:path=/a%20b%3b%c3%a4", "unix:path=/a b;ä")]
    [InlineData("unix:path=/ä%2F", "unix:path=/ä/")]
    [InlineData("unix:runtime=yes", "unix:path=/run/user/1/bus")]
    [InlineData("unix:tmpdir=/tmp", "")] // for servers alone
    [InlineData("autolaunch:", "")]
    [InlineData("", "")]
    public void The_unix_sockets_are_found_among_the_addresses(string addresses, string sockets) =>
        string.Join(' ', BusAddress.Parse(addresses, "/run/user/1")).Should().Be(sockets);

    [Theory]
    [InlineData("/run/bus")]
    [InlineData("unix:/run/bus")]
    [InlineData("unix:path=/a%")]
    [InlineData("unix:path=/a%2")]
    [InlineData("unix:path=/a%zz")]
    [InlineData("unix:path=/a%00")]
    public void What_is_no_address_is_refused(string addresses) =>
        FluentActions.Invoking(() => BusAddress.Parse(addresses, null)).Should().Throw<FormatException>();

    private static Func<string, string?> Environment(params (string Name, string Value)[] variables) =>
        name => variables.FirstOrDefault(variable => variable.Name == name).Value;

    [Fact]
    public void Root_asks_the_system_bus_and_then_systemd_itself()
    {
        SystemdSocket socket = SystemdSocket.OfSystem(Environment());
        socket.Buses.Should().Equal(new BusAddress("/run/dbus/system_bus_socket"));
        socket.Own.Should().Be(new BusAddress("/run/systemd/private"));
        SystemdSocket.OfSystem(Environment(("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/b"))).Buses.Should().Equal(new BusAddress("/b"));
    }

    [Fact]
    public void A_user_asks_his_own()
    {
        SystemdSocket socket = SystemdSocket.OfUser(Environment(("XDG_RUNTIME_DIR", "/run/user/7")));
        socket.Buses.Should().Equal(new BusAddress("/run/user/7/bus"));
        socket.Own.Should().Be(new BusAddress("/run/user/7/systemd/private"));
        SystemdSocket.OfUser(Environment(("DBUS_SESSION_BUS_ADDRESS", "unix:abstract=b"))).Buses
            .Should().Equal(new BusAddress("b", IsAbstract: true));
    }

    [Theory]
    [InlineData("", "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set")]
    [InlineData("tcp:host=a", "DBUS_SESSION_BUS_ADDRESS: \"tcp:host=a\" has no Unix socket")]
    [InlineData("bus", "DBUS_SESSION_BUS_ADDRESS: \"bus\" is no D-Bus address")]
    public void An_environment_that_leads_nowhere_is_an_error(string address, string problem) =>
        FluentActions.Invoking(() => SystemdSocket.OfUser(Environment(("DBUS_SESSION_BUS_ADDRESS", address))))
            .Should().Throw<RtException>().WithMessage($"--systemd-cgroup: {problem}*");

    [Fact]
    public void Without_systemd_the_error_says_how_that_was_seen() =>
        FluentActions.Invoking(() => SystemdSocket.RequireSystemd("/run/no-such-systemd/system")).Should().Throw<RtException>()
            .WithMessage("--systemd-cgroup: systemd does not run here: /run/no-such-systemd/system: no such file or directory");

    [Theory]
    [InlineData(1000, null, false, "", true)]
    [InlineData(0, null, false, "XDG_RUNTIME_DIR=/run/user/0 DBUS_SESSION_BUS_ADDRESS=unix:path=/b", false)] // the host's root
    [InlineData(0, null, true, "XDG_RUNTIME_DIR=/run/user/7", true)] // an ordinary user who has mapped himself
    [InlineData(0, null, true, "DBUS_SESSION_BUS_ADDRESS=unix:path=/b", true)]
    [InlineData(0, null, true, "XDG_RUNTIME_DIR=/elsewhere", false)]
    [InlineData(0, null, true, "", false)] // the root of a container with a systemd of its own
    [InlineData(0, null, true, "XDG_RUNTIME_DIR=/run/user/0 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/0/bus", false)] // logged in
    [InlineData(0, null, true, "XDG_RUNTIME_DIR=/run/user/0 DBUS_SESSION_BUS_ADDRESS=unix:path=/tmp/dbus", false)]
    [InlineData(0, null, true, "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/0/bus", false)]
    [InlineData(0, false, true, "XDG_RUNTIME_DIR=/run/user/7", false)]
    public void The_root_of_a_user_namespace_asks_the_systemd_that_is_there(
        int uid, bool? rootless, bool nested, string environment, bool users) =>
        SystemdSocket.IsOfUser(uid, rootless, nested, Environment([.. environment.Split(' ').Select(one => one.Split('=', 2))
            .Where(sides => sides.Length == 2).Select(sides => (sides[0], sides[1]))]), "/run/user/7/bus".Equals).Should().Be(users);
}
