using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>
/// linux.netDevices: network devices that move into the container. The host's namespace is one of the test's own, in which it
/// makes the devices.
/// </summary>
public sealed class NetDeviceTests
{
    private const string LookInside = "nsenter --net=/proc/$holder/ns/net ip -o addr show in0";
    private const string Pair = "ip link add out0 type veth peer name peer0; ip link set peer0 up;";

    /// <summary>Makes the devices, runs the container in the foreground, and looks at what is left.</summary>
    private static Result OnHost(Container container, string setup, string afterwards = "true") => Command.Run(
        "unshare", "--net", "sh", "-c",
        $"set -e; {setup}\nset +e; {Repository.Binary} --root $0 run --bundle $1 $2; code=$?\n{afterwards}\nexit $code",
        container.StateRoot, container.Bundle, container.Id);

    private static Container Script(string script, string devices) =>
        Container.Script(script, config => config["linux"]!["netDevices"] = JsonNode.Parse(devices));

    /// <summary>What a script in the container prints, a device of the pair being in it.</summary>
    private static string Inside(string script, string setup, string devices = """{"out0": {"name": "in0"}}""")
    {
        using Container container = Script(script, devices);
        string output = OnHost(container, Pair + setup).ShouldEndWith(0).Out;
        container.ShouldHaveLeftNothing();
        return output.TrimEnd('\n');
    }

    /// <summary>How a container is refused. The devices of the host must be what they were.</summary>
    private static void Refused(string devices, string setup, string words)
    {
        // Their indices are new, and what becomes of a peer that was without its other end for a moment is the peer's.
        const string Devices = "(ip -o link show; ip -o addr show scope global) "
            + "| sed 's/^[0-9]*: //; s/@[^ ]*//; s/NO-CARRIER,//; s/,LOWER_UP//; s/ *qdisc.*//; s/ valid_lft.*//' | grep -v '^peer0'";
        using Container container = Script("true", devices);
        Result result = OnHost(container, $"{Pair} {setup}\n{Devices} >$1/before", $"{Devices} >$1/after");
        result.ShouldFailWith(words);
        File.ReadAllLines(Path.Combine(container.Bundle, "after")).Should()
            .BeEquivalentTo(File.ReadAllLines(Path.Combine(container.Bundle, "before"))).And.HaveCountGreaterThan(1);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("config-linux-netdevices-01", "config-linux-netdevices-07")]
    public void A_device_arrives_renamed_and_up_and_is_gone_from_the_host()
    {
        using Container container = Script("ip -o link show in0; ls /sys/class/net", """{"out0": {"name": "in0"}}""");
        string output = OnHost(container, Pair + "ip -o link show out0",
            "ip -o link show").ShouldEndWith(0).Out;
        output.Should().MatchRegex(" in0@.*[<,]UP[,>]").And.MatchRegex("(?m)^in0\nlo$");
        output[output.LastIndexOf("in0\nlo\n", StringComparison.Ordinal)..].Should().Contain(" lo:").And.NotContain("out0");
    }

    [Fact]
    [Proves("config-linux-netdevices-01", "config-linux-netdevices-07")]
    public void A_device_keeps_its_name_if_no_other_is_given() =>
        Inside("ip -o link show out0", "", """{"out0": {}}""").Should().MatchRegex(" out0@.*[<,]UP[,>]");

    [Fact]
    [Proves("config-linux-netdevices-05")]
    public void Its_MTU_hardware_address_alias_and_queue_length_stay() =>
        Inside("cd /sys/class/net/in0; cat mtu address ifalias tx_queue_len",
            "ip link set out0 mtu 1234 address 02:11:22:33:44:55 alias first txqueuelen 77")
            .Should().Be("1234\n02:11:22:33:44:55\nfirst\n77");

    [Fact]
    [Proves("config-linux-netdevices-06")]
    public void Permanent_global_addresses_of_both_families_come_along()
    {
        using Container container = Script("true", """{"out0": {"name": "in0"}}""");
        Joined(container, "true", Pair + """

            ip addr add 10.1.0.1/24 brd + dev out0 label out0:7
            ip addr add 10.1.0.2/24 dev out0 metric 7
            ip addr add 10.2.0.1 peer 10.2.0.9/32 dev out0 noprefixroute
            ip addr add fd01::1/64 nodad dev out0 preferred_lft 0
            ip addr add fd03::1 peer fd03::2/128 nodad dev out0
            ip link set out0 up
            """, LookInside).ShouldEndWith(0).Out.Should()
            .MatchRegex("inet 10\\.1\\.0\\.1/24 brd 10\\.1\\.0\\.255 scope global in0:7")
            .And.MatchRegex("inet 10\\.1\\.0\\.2/24 metric 7 scope global secondary in0")
            .And.MatchRegex("inet 10\\.2\\.0\\.1 peer 10\\.2\\.0\\.9/32 scope global noprefixroute in0")
            .And.MatchRegex("inet6 fd01::1/64 scope global nodad deprecated .*preferred_lft 0sec")
            .And.MatchRegex("inet6 fd03::1 peer fd03::2/128 scope global nodad");
    }

    [Fact]
    [Proves("config-linux-netdevices-06", "config-linux-netdevices-07")]
    public void Addresses_of_a_device_that_is_down_come_along() =>
        Inside("ip -o addr show in0", "ip addr add 10.1.0.1/24 dev out0; ip addr add fd01::1/64 dev out0")
            .Should().Contain("10.1.0.1/24").And.Contain("fd01::1/64");

    [Fact]
    [Proves("config-linux-netdevices-06")]
    public void Addresses_that_are_for_a_time_or_for_the_link_alone_stay_behind() => Inside("ip -o addr show in0", """
        ip link set out0 up
        ip addr add 10.1.0.1/24 dev out0
        ip addr add 10.2.0.1/24 dev out0 valid_lft 1000 preferred_lft 1000
        ip addr add 10.3.0.1/24 dev out0 scope link
        ip addr add fd02::1/64 dev out0 valid_lft 1000 preferred_lft 1000
        ip addr add fe80::7/64 dev out0 nodad
        """).Should().Contain("10.1.0.1/24").And.NotContainAny("10.2.0.1", "10.3.0.1", "fd02::", "fe80::7/");

    [Fact]
    [Proves("config-linux-netdevices-01")]
    public void Several_devices_move() =>
        Inside("ip -o addr show in0; ip -o addr show out1",
            "ip link add out1 type veth peer name peer1; ip addr add 10.1.0.1/24 dev out1",
            """{"out0": {"name": "in0"}, "out1": {}}""").Should().MatchRegex("out1 +inet 10\\.1\\.0\\.1/24 scope global out1");

    [Fact]
    [Proves("config-linux-netdevices-04")]
    public void The_kernel_numbers_a_device_whose_name_is_a_template() =>
        Inside("ls /sys/class/net; ip -o addr show net0", "ip addr add 10.1.0.1/24 dev out0 label out0:x",
            """{"out0": {"name": "net%d"}, "peer0": {"name": "net%d"}}""")
            .Should().StartWith("lo\nnet0\nnet1\n").And.MatchRegex("10\\.1\\.0\\.1/24 scope global net0:x");

    [Fact]
    public void A_device_takes_the_place_of_one_that_has_its_outside_name_in_the_container()
    {
        using Container container = Script("ls /sys/class/net", """{"out0": {"name": "in0"}}""");
        Joined(container, "ip link add out0 type veth peer name other0", Pair).ShouldEndWith(0).Out.Should().Be("in0\nlo\nother0\nout0\n");
    }

    [Theory]
    [InlineData("""{"out0": {"name": "in0"}}""", "linux.netDevices.out0.name: the container has a network device in0 already")]
    [InlineData("""{"out0": {"name": "lo"}}""", "linux.netDevices.out0.name: the container has a network device lo already")]
    [Proves("config-linux-netdevices-03")]
    public void A_name_that_is_taken_in_the_container_is_an_error(string devices, string words)
    {
        using Container container = Script("true", devices);
        Joined(container, "ip link add in0 type veth peer name other0", Pair).ShouldFailWith(words);
    }

    [Fact]
    [Proves("config-linux-netdevices-04")]
    public void A_template_passes_over_names_that_are_taken()
    {
        using Container container = Script("ls /sys/class/net", """{"out0": {"name": "in%d"}}""");
        Joined(container, "ip link add in0 type veth peer name in2", Pair).ShouldEndWith(0).Out.Should().Be("in0\nin1\nin2\nlo\n");
    }

    [Fact]
    [Proves("config-linux-netlifecycle-02")]
    public void A_device_stays_in_a_namespace_that_outlives_the_container()
    {
        using Container container = Script("true", """{"out0": {"name": "in0"}}""");
        Joined(container, "true", Pair + "ip addr add 10.1.0.1/24 dev out0", LookInside)
            .ShouldEndWith(0).Out.Should().Contain("10.1.0.1/24");
    }

    [Fact]
    [Proves("config-linux-netlifecycle-01", "config-linux-netlifecycle-02")]
    public void What_the_container_changes_about_a_device_stays()
    {
        using Container container = Script("ip link set in0 down; ip link set in0 mtu 1300; ip link set in0 name mine; ip addr flush dev mine",
            """{"out0": {"name": "in0"}}""");
        container.Change(config =>
        {
            foreach (string set in (string[])["bounding", "effective", "permitted"])
                config["process"]!["capabilities"]![set] = new JsonArray("CAP_NET_ADMIN");
        });
        Joined(container, "true", Pair + "ip addr add 10.1.0.1/24 dev out0",
            "nsenter --net=/proc/$holder/ns/net ip -o addr show mine; nsenter --net=/proc/$holder/ns/net ip -o link show mine; ls /sys/class/net")
            .ShouldEndWith(0).Out.Should().NotContain("10.1.0.1").And.MatchRegex(": mine@.*<(?!.*[<,]UP[,>]).* mtu 1300 ");
    }

    /// <summary>Runs the container in a network namespace that exists, prepared by <paramref name="there"/>.</summary>
    private static Result Joined(Container container, string there, string setup, string afterwards = "true")
    {
        string configuration = JoinByPath(container, "/proc/@/ns/net");
        string ready = Path.Combine(container.Bundle, "ready");
        return OnHost(container, $"""
            mkfifo {ready}
            unshare --net sh -c '{there}; echo >{ready}; exec sleep 30' & holder=$!
            read -r line <{ready}
            sed -i "s,/proc/@/,/proc/$holder/," {configuration}
            {setup}
            """, afterwards + "; kill $holder");
    }

    /// <summary>Returns the path of config.json.</summary>
    private static string JoinByPath(Container container, string path)
    {
        string configuration = Path.Combine(container.Bundle, "config.json");
        File.WriteAllText(configuration, File.ReadAllText(configuration)
            .Replace("""{"type":"network"}""", $$"""{"type":"network","path":"{{path}}"}"""));
        return configuration;
    }

    [Fact]
    [Proves("config-linux-netdevices-02")]
    public void The_namespace_that_the_devices_are_in_already_is_refused()
    {
        using Container container = Script("true", """{"out0": {"name": "in0"}}""");
        JoinByPath(container, "/proc/self/ns/net");
        OnHost(container, Pair, "ip -o link show out0")
            .ShouldFailWith("linux.netDevices: the container's network namespace is the one that the devices are in already")
            .Out.Should().Contain("out0");
    }

    [Fact]
    [Proves("config-linux-netdevices-01")]
    public void A_device_arrives_in_a_namespace_of_a_user_namespace()
    {
        using Container container = Container.Script("ip -o addr show in0", config =>
        {
            config["linux"]!["netDevices"] = JsonNode.Parse("""{"out0": {"name": "in0"}}""");
            config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "user"}"""));
            foreach (string mappings in (string[])["uidMappings", "gidMappings"])
                config["linux"]![mappings] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 65536}]""");
        });
        OnHost(container, Pair + "ip addr add 10.1.0.1/24 dev out0").ShouldEndWith(0).Out.Should().Contain("10.1.0.1/24");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("config-linux-netdevices-02")]
    public void A_missing_device_is_an_error() =>
        Refused("""{"nosuch0": {}, "out0": {}}""", "ip addr add 10.1.0.1/24 dev out0", "linux.netDevices.nosuch0: no such network device");

    [Fact]
    [Proves("config-linux-netdevices-02")]
    public void The_loopback_device_can_not_be_moved() =>
        Refused("""{"lo": {"name": "in0"}}""", "", "linux.netDevices.lo: a loopback device can't be moved to another namespace");

    [Fact]
    [Proves("config-linux-netdevices-02")]
    public void When_a_device_can_not_be_moved_those_before_it_come_back_as_they_were() => Refused(
        """{"out0": {"name": "in0"}, "zbridge": {}}""",
        """
        ip addr add 10.1.0.1/24 brd + dev out0 label out0:7
        ip addr add fd01::1/64 nodad dev out0
        ip link set out0 up
        ip link add zbridge type bridge
        """, "linux.netDevices.zbridge: can't be moved to the container's network namespace: ");

    [Fact]
    public void When_the_program_can_not_be_executed_the_devices_come_back()
    {
        using Container container = new(config =>
        {
            config["linux"]!["netDevices"] = JsonNode.Parse("""{"out0": {"name": "net%d"}}""");
            config["process"]!["args"] = new JsonArray("/bin/nothing");
        }, ownRoot: true);
        string program = Path.Combine(container.Root, "bin/nothing");
        File.WriteAllText(program, "\0"); // neither ELF nor a script: execve(2) itself fails, after all else is done
        File.SetUnixFileMode(program, File.GetUnixFileMode(Path.Combine(container.Root, "bin/busybox")));
        Result result = OnHost(container, Pair + "ip addr add 10.1.0.1/24 dev out0; ip link set out0 up", "ip -o addr show out0 up");
        result.ShouldFailWith("exec format error").Out.Should().Contain("10.1.0.1/24");
        container.ShouldHaveLeftNothing();
    }
}
