using System.Net;
using System.Runtime.InteropServices;
using Rt.Kernel;

namespace Rt.Network;

/// <summary>An address of a network device, with all that is needed to give it to the device again in another namespace.</summary>
/// <param name="Header">struct ifaddrmsg; its flags are those that IFA_FLAGS does not tell.</param>
/// <param name="Flags">IFA_F_ flags.</param>
/// <param name="Label">IPv4 alone: "eth0", or "eth0:1" as ifconfig(8) knows aliases; empty: none.</param>
/// <param name="Attributes">Those that are given back unchanged.</param>
internal sealed record LinkAddress(
    LinkAddress.ifaddrmsg Header, uint Flags, string Label, IReadOnlyList<(ushort Attribute, byte[] Value)> Attributes)
{
    private const ushort RTM_NEWADDR = 20, RTM_GETADDR = 22;
    private const ushort IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_LABEL = 3, IFA_BROADCAST = 4, IFA_CACHEINFO = 6, IFA_FLAGS = 8,
        IFA_RT_PRIORITY = 9, IFA_PROTO = 11;

    private const uint IFA_F_NODAD = 0x02, IFA_F_OPTIMISTIC = 0x04, IFA_F_HOMEADDRESS = 0x10, IFA_F_PERMANENT = 0x80,
        IFA_F_MANAGETEMPADDR = 0x100, IFA_F_NOPREFIXROUTE = 0x200, IFA_F_MCAUTOJOIN = 0x400;

    /// <summary>The flags that are the user's to set. The others tell what became of the address, or what kind it is.</summary>
    private const uint Settable = IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE
        | IFA_F_MCAUTOJOIN;

    private const byte RT_SCOPE_UNIVERSE = 0;

    /// <summary>Not given for a time only, as by a router's advertisement or DHCP.</summary>
    public bool IsPermanent => (Flags & IFA_F_PERMANENT) != 0;

    /// <summary>Valid everywhere, and not on this link or host alone.</summary>
    public bool IsGlobal => Header.ifa_scope == RT_SCOPE_UNIVERSE;

    /// <summary>Asks for the addresses of a device, of all families.</summary>
    public static NetlinkMessage Query(int index)
    {
        ifaddrmsg header = new() { ifa_index = (uint)index };
        return new NetlinkMessage(RTM_GETADDR, NetlinkMessage.NLM_F_DUMP, MemoryMarshal.AsBytes(new ReadOnlySpan<ifaddrmsg>(in header)));
    }

    /// <summary>Reads the kernel's description of an address: struct ifaddrmsg with attributes.</summary>
    /// <exception cref="KernelException">It is none.</exception>
    public static LinkAddress Decode(ReadOnlySpan<byte> message)
    {
        ifaddrmsg header = NetlinkMessage.Take<ifaddrmsg>(ref message);
        uint flags = header.ifa_flags;
        string label = "";
        List<(ushort, byte[])> attributes = [];
        while (NetlinkMessage.NextAttribute(ref message, out ushort attribute, out var value))
        {
            if (attribute == IFA_FLAGS) flags = NetlinkMessage.Take<uint>(ref value);
            else if (attribute == IFA_LABEL) label = NetlinkMessage.Text(value);
            else if (attribute is IFA_ADDRESS or IFA_LOCAL or IFA_BROADCAST or IFA_CACHEINFO or IFA_RT_PRIORITY or IFA_PROTO)
                attributes.Add((attribute, value.ToArray()));
        }

        return new LinkAddress(header, flags, label, attributes);
    }

    /// <summary>Gives the address to a device, which was called <paramref name="oldName"/> when it had the address.</summary>
    public NetlinkMessage Add(Link device, string oldName)
    {
        ifaddrmsg header = Header with { ifa_flags = 0, ifa_index = (uint)device.Index };
        NetlinkMessage message = new(RTM_NEWADDR, NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_EXCL,
            MemoryMarshal.AsBytes(new ReadOnlySpan<ifaddrmsg>(in header)));
        foreach ((ushort attribute, byte[] value) in Attributes) message.Add(attribute, value);
        if (LabelFor(device.Name, oldName) is { Length: > 0 } label) message.Add(IFA_LABEL, label);
        if ((Flags & Settable) != 0) message.Add(IFA_FLAGS, Flags & Settable);
        return message;
    }

    /// <summary>"10.0.0.1/24"</summary>
    public override string ToString()
    {
        byte[]? address = Attributes.FirstOrDefault(one => one.Attribute == IFA_LOCAL).Value
            ?? Attributes.FirstOrDefault(one => one.Attribute == IFA_ADDRESS).Value;
        return address is { Length: 4 or 16 } ? $"{new IPAddress(address)}/{Header.ifa_prefixlen}" : $"of family {Header.ifa_family}";
    }

    /// <summary>The label goes with the device's name as the kernel does it when it renames one; empty: the kernel's default.</summary>
    private string LabelFor(string name, string oldName)
    {
        const int IFNAMSIZ = 16;
        if (Label == oldName) return "";
        string label = Label.StartsWith(oldName + ":", StringComparison.Ordinal) ? name + Label[oldName.Length..] : Label;
        return label.Length < IFNAMSIZ ? label : "";
    }

    /// <summary>linux/if_addr.h</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ifaddrmsg
    {
        public byte ifa_family, ifa_prefixlen, ifa_flags, ifa_scope;
        public uint ifa_index;
    }
}
