using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>linux.netDevices: names are judged as the kernel judges them, before any device is touched.</summary>
public sealed class NetDeviceValidationTests
{
    private static void Check(string devices) => Validation.Check(Configs.Read(Configs.With("linux.netDevices", devices)));

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"eth0": {}}""")]
    [InlineData("""{"eth0": {"name": ""}}""")]
    [InlineData("""{"eth0": {"name": "fifteencharsare"}}""")]
    [InlineData("""{"eth0": {"name": "net%d"}, "eth1": {"name": "net%d"}}""")]
    [InlineData("""{"eth0": {"name": "thirteenchar%d"}}""")]
    [InlineData("""{"eth0": {"name": "eth1"}, "eth1": {"name": "eth0"}}""")]
    public void Devices_that_can_be_moved_pass(string devices) => FluentActions.Invoking(() => Check(devices)).Should().NotThrow();

    [Theory]
    [InlineData("""{"": {}}""", "linux.netDevices.")]
    [InlineData("""{"sixteencharacter": {}}""", "linux.netDevices.sixteencharacter")]
    [InlineData("""{"ééééééééf": {}}""", "linux.netDevices.ééééééééf")]
    [InlineData("""{"a/b": {}}""", "linux.netDevices.a/b")]
    [InlineData("""{"a:b": {}}""", "linux.netDevices.a:b")]
    [InlineData("""{"a b": {}}""", "linux.netDevices.a b")]
    [InlineData("""{"..": {}}""", "linux.netDevices...")]
    [InlineData("""{"eth%d": {}}""", "linux.netDevices.eth%d")]
    [InlineData("""{"eth0": {"name": "."}}""", "linux.netDevices.eth0.name")]
    [InlineData("""{"eth0": {"name": "sixteencharacter"}}""", "linux.netDevices.eth0.name")]
    [InlineData("""{"eth0": {"name": "fourteenchars_%d"}}""", "linux.netDevices.eth0.name")]
    [InlineData("""{"eth0": {"name": "net%d%d"}}""", "linux.netDevices.eth0.name")]
    [InlineData("""{"eth0": {"name": "net%s"}}""", "linux.netDevices.eth0.name")]
    [InlineData("""{"eth0": {"name": "net%"}}""", "linux.netDevices.eth0.name")]
    [InlineData("""{"eth0": {"name": "in0"}, "eth1": {"name": "in0"}}""", "linux.netDevices.eth1.name")]
    [InlineData("""{"eth0": {"name": "eth1"}, "eth1": {}}""", "linux.netDevices.eth1")]
    [Proves("config-linux-netdevices-03")]
    public void Names_that_no_device_can_have_are_refused(string devices, string path) =>
        FluentActions.Invoking(() => Check(devices)).Should().Throw<SpecException>().Which.Path.Should().Be(path);

    [Fact]
    [Proves("config-linux-netdevices-02")]
    public void Devices_need_a_network_namespace_of_the_containers_own()
    {
        string json = Configs.With("linux.netDevices", """{"eth0": {}}""").Replace("""{"type":"network"},""", "");
        FluentActions.Invoking(() => Validation.Check(Configs.Read(json)))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.netDevices");
    }
}
