using System.Runtime.InteropServices;
using Rt.Kernel;

namespace Rt.Network;

/// <summary>A network device as rtnetlink(7) has it, and the requests about one.</summary>
/// <param name="Index">Positive, unique in its namespace.</param>
/// <param name="Flags">IFF_ flags of netdevice(7).</param>
internal readonly record struct Link(int Index, string Name, uint Flags)
{
    public const uint IFF_UP = 1, IFF_LOOPBACK = 8;

    private const ushort RTM_GETLINK = 18, RTM_SETLINK = 19;
    private const ushort IFLA_IFNAME = 3, IFLA_NET_NS_FD = 28;

    /// <summary>The device of this name, which may be one of its alternative names; null if there is none.</summary>
    public static Link? Find(Netlink netlink, string name) => Find(netlink, Message(RTM_GETLINK, 0).Add(IFLA_IFNAME, name));

    public static Link? Find(Netlink netlink, int index) => Find(netlink, Message(RTM_GETLINK, index));

    /// <summary>Moves the device to the network namespace that a descriptor stands for, and gives it that name there.</summary>
    public static NetlinkMessage MoveTo(int index, int networkNamespace, string name) =>
        Message(RTM_SETLINK, index).Add(IFLA_NET_NS_FD, (uint)networkNamespace).Add(IFLA_IFNAME, name);

    /// <param name="index">Of a device that is down.</param>
    /// <param name="name">With "%d", the kernel puts in the lowest number that makes it unique.</param>
    public static NetlinkMessage Rename(int index, string name) => Message(RTM_SETLINK, index).Add(IFLA_IFNAME, name);

    public static NetlinkMessage SetUp(int index) => Message(RTM_SETLINK, index, IFF_UP, IFF_UP);

    /// <summary>Reads the kernel's description of a device: struct ifinfomsg with attributes.</summary>
    /// <exception cref="KernelException">It is none.</exception>
    public static Link Decode(ReadOnlySpan<byte> message)
    {
        ifinfomsg header = NetlinkMessage.Take<ifinfomsg>(ref message);
        string name = "";
        while (NetlinkMessage.NextAttribute(ref message, out ushort attribute, out var value))
            if (attribute == IFLA_IFNAME)
                name = NetlinkMessage.Text(value);
        return new Link(header.ifi_index, name, header.ifi_flags);
    }

    private static Link? Find(Netlink netlink, NetlinkMessage request)
    {
        NetlinkAnswer answer = netlink.Ask(request);
        if (answer.Errno == Errno.ENODEV) return null;
        KernelException.Check(-answer.Errno, "look up network device");
        return Decode(answer.Replies.Count > 0 ? answer.Replies[0] : []);
    }

    private static NetlinkMessage Message(ushort type, int index, uint flags = 0, uint change = 0)
    {
        ifinfomsg header = new() { ifi_index = index, ifi_flags = flags, ifi_change = change };
        return new NetlinkMessage(type, 0, MemoryMarshal.AsBytes(new ReadOnlySpan<ifinfomsg>(in header)));
    }

    /// <summary>linux/rtnetlink.h</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ifinfomsg
    {
        public byte ifi_family, pad;
        public ushort ifi_type;
        public int ifi_index;

        /// <summary>The flags, and which of them are to be changed.</summary>
        public uint ifi_flags, ifi_change;
    }
}
