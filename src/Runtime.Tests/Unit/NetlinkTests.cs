using Rt.Kernel;
using Rt.Network;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Messages to and from the kernel, byte for byte. The bytes are a little-endian machine's.</summary>
[BeyondTheSpec("the encoding of rtnetlink messages")]
public sealed class NetlinkTests
{
    private static string Hex(NetlinkMessage message, uint sequence = 1) => Convert.ToHexStringLower(message.Finish(sequence));

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", ""));

    [Fact]
    public void A_move_has_index_namespace_and_name() => Hex(Link.MoveTo(7, 5, "eth0"), 9).Should().Be(
        "34000000" + "1300" + "0500" + "09000000" + "00000000" // nlmsghdr: 52 bytes, RTM_SETLINK, REQUEST and ACK
        + "00000000" + "07000000" + "00000000" + "00000000" // ifinfomsg
        + "0800" + "1c00" + "05000000" // IFLA_NET_NS_FD
        + "0900" + "0300" + "6574683000" + "000000"); // IFLA_IFNAME, its NUL counted and its padding not

    [Fact]
    public void Setting_up_changes_no_flag_but_that_one() =>
        Hex(Link.SetUp(7))[32..].Should().Be("00000000" + "07000000" + "01000000" + "01000000");

    [Fact]
    public void A_query_of_addresses_is_a_dump_without_acknowledgement() => Hex(LinkAddress.Query(7)).Should().Be(
        "18000000" + "1600" + "0103" + "01000000" + "00000000" + "00000000" + "07000000");

    [Fact]
    public void A_device_is_read_from_its_description() =>
        Link.Decode(Bytes("0000 0100 03000000 49000100 00000000" + "0500 1000 06 000000" + "0700 0300 6c6f00 00" + "0800 0400 00000100"))
            .Should().Be(new Link(3, "lo", 0x10049));

    private const string Ipv4 = "02 18 80 00 03000000" // AF_INET, /24, IFA_F_PERMANENT, RT_SCOPE_UNIVERSE, index 3
        + "0800 0100 0a000009" + "0800 0200 0a000001" + "0800 0400 0a0000ff" + "0b00 0300 657468303a3100 00" // peer, own, broadcast, eth0:1
        + "0800 0800 80020000" + "1400 0600 ffffffff ffffffff 01000000 02000000"; // IFA_FLAGS with noprefixroute, IFA_CACHEINFO

    [Fact]
    public void An_address_is_given_back_as_it_was_to_the_renamed_device()
    {
        LinkAddress address = LinkAddress.Decode(Bytes(Ipv4));
        address.ToString().Should().Be("10.0.0.1/24");
        Hex(address.Add(new Link(4, "net0", 0), "eth0"))[32..].Should().Be(
            "02180000" + "04000000"
            + "08000100" + "0a000009" + "08000200" + "0a000001" + "08000400" + "0a0000ff"
            + "14000600" + "ffffffff" + "ffffffff" + "01000000" + "02000000"
            + "0b000300" + "6e6574303a310000" // net0:1
            + "08000800" + "00020000"); // what the kernel alone sets, as "permanent", is left out
    }

    [Theory]
    [InlineData("eth0", "net0", "eth0", null)] // the kernel's default
    [InlineData("eth0:a", "net0", "eth0", "net0:a")]
    [InlineData("other", "net0", "eth0", "other")]
    [InlineData("eth0:12345", "containereth0", "eth0", null)] // too long now
    public void A_label_goes_with_the_name(string label, string name, string oldName, string? expected)
    {
        ReadOnlySpan<byte> rest = new LinkAddress(default, 0, label, []).Add(new Link(1, name, 0), oldName).Finish(1).AsSpan(24);
        NetlinkMessage.NextAttribute(ref rest, out ushort attribute, out var value).Should().Be(expected != null);
        if (expected == null) return;
        attribute.Should().Be(3);
        NetlinkMessage.Text(value).Should().Be(expected);
    }

    [Theory]
    [InlineData("02 18 80 00 03000000", true, true)]
    [InlineData("02 18 00 00 03000000", false, true)] // for a time, as from DHCP
    [InlineData("02 18 80 fd 03000000", true, false)] // RT_SCOPE_LINK
    [InlineData("02 18 80 fe 03000000", true, false)] // RT_SCOPE_HOST
    [InlineData("02 18 80 c8 03000000", true, false)] // RT_SCOPE_SITE
    [InlineData("0a 40 80 00 03000000 0800 0800 00010000", false, true)] // what IFA_FLAGS says goes before the header
    public void Permanent_and_global_are_told_by_flag_and_scope(string hex, bool permanent, bool global)
    {
        LinkAddress address = LinkAddress.Decode(Bytes(hex));
        (address.IsPermanent, address.IsGlobal).Should().Be((permanent, global));
    }

    [Fact]
    public void Flags_that_tell_what_became_of_an_address_are_not_given_back()
    {
        LinkAddress address = LinkAddress.Decode(Bytes("0a 40 80 00 03000000" + "0800 0800 ff0f0000"));
        Hex(address.Add(new Link(4, "net0", 0), "eth0"))[48..].Should().Be("08000800" + "16070000");
    }

    [Fact]
    public void Messages_are_taken_off_one_after_the_other()
    {
        ReadOnlySpan<byte> rest = Bytes("12000000 1000 0200 05000000 00000000 aabb 0000" + "10000000 0300 0000 06000000 00000000");
        NetlinkMessage.Next(ref rest, out var header, out var body).Should().BeTrue();
        header.Should().Be(new NetlinkMessage.Header(16, 2, 5));
        Convert.ToHexStringLower(body).Should().Be("aabb");
        NetlinkMessage.Next(ref rest, out header, out body).Should().BeTrue();
        (header.Type, body.Length).Should().Be(((ushort)3, 0));
        NetlinkMessage.Next(ref rest, out _, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("11000000 1000 0000 00000000 00000000")] // longer than what is there
    [InlineData("0f000000 1000 0000 00000000 00000000")] // shorter than its own header
    [InlineData("10000000 1000")]
    public void A_message_that_is_cut_off_is_none(string hex)
    {
        ReadOnlySpan<byte> rest = Bytes(hex);
        NetlinkMessage.Next(ref rest, out _, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("02 18 80")]
    [InlineData("02 18 80 00 03000000 0600 0800 8000")] // IFA_FLAGS of two bytes
    public void An_address_that_is_cut_off_is_refused(string hex) =>
        FluentActions.Invoking(() => LinkAddress.Decode(Bytes(hex)))
            .Should().Throw<KernelException>().WithMessage("read netlink message: bad message");

    [Fact]
    public void A_device_that_is_cut_off_is_refused() =>
        FluentActions.Invoking(() => Link.Decode(Bytes("0000 0100 03000000"))).Should().Throw<KernelException>();

    [Theory]
    [InlineData("14000000 0200 0000 05000000 00000000 edffffff", 19, "")] // NLMSG_ERROR, ENODEV
    [InlineData("30000000 0200 0002 05000000 00000000 edffffff 1000000012000500 0500000000000000 0c000100 6e6f20776179 2100", 19, "no way!")]
    [InlineData("14000000 0200 0002 05000000 00000000 edffffff", 19, "")] // attributes are announced, and there are none
    [InlineData("10000000 0300 0000 05000000 00000000", 74, "")] // no result: EBADMSG
    public void The_end_of_an_answer_tells_how_the_request_ended(string hex, int errno, string detail)
    {
        bool interrupted = false;
        NetlinkAnswer answer = Netlink.Take(Bytes(hex), 5, [], ref interrupted)!.Value;
        (answer.Errno, answer.Detail).Should().Be((errno, detail));
        Netlink.Take(Bytes(hex), 6, [], ref interrupted).Should().BeNull("it answers another request");
    }

    [Theory]
    [InlineData("0800 0100 0a")]
    [InlineData("0300 0100")]
    [InlineData("0400")]
    public void An_attribute_that_is_cut_off_is_none(string hex)
    {
        ReadOnlySpan<byte> rest = Bytes(hex);
        NetlinkMessage.NextAttribute(ref rest, out _, out _).Should().BeFalse();
    }
}
