using Rt.Kernel;
using Rt.Spec;

namespace Rt.Network;

/// <summary>
/// linux.netDevices (config-linux.md, Network Devices): network devices that go from the namespace of rt's caller to the
/// container's. Done by rt itself while the container's process waits. It is undone by <see cref="PutBack"/>, until
/// <see cref="Close"/>: both namespaces are held open until then.
/// </summary>
internal sealed class NetDevices
{
    private readonly int hostNamespace, containerNamespace;
    private readonly Netlink host, container;
    private readonly Stack<MovedDevice> moved = [];

    private NetDevices(string namespacePath)
    {
        // Of the thread, which setns moves alone.
        hostNamespace = FileContent.Open("/proc/thread-self/ns/net", Files.O_RDONLY);
        containerNamespace = FileContent.Open(namespacePath, Files.O_RDONLY);
        if (IsSame(hostNamespace, containerNamespace))
            throw new SpecException("linux.netDevices", "the container's network namespace is the one that the devices are in already");
        host = Netlink.Open();
        KernelException.Check(Processes.setns(containerNamespace, Processes.CLONE_NEWNET), $"join network namespace {namespacePath}");
        try
        {
            container = Netlink.Open();
        }
        finally
        {
            // Nothing that rt does from here on may happen in there.
            if (Processes.setns(hostNamespace, Processes.CLONE_NEWNET) < 0)
            {
                Log.Error("linux.netDevices: return to the caller's network namespace: refused by the kernel");
                Processes.exit_group(1);
            }
        }
    }

    /// <summary>
    /// Moves the devices. Whatever fails, those that were moved are back again, with their permanent addresses. Null: there
    /// are none to move.
    /// </summary>
    /// <param name="devices">Their names by those in the caller's namespace; empty: the same, with "%d": a template.</param>
    /// <param name="namespacePath">The container's network namespace, as /proc/PID/ns/net.</param>
    /// <exception cref="SpecException">A device is missing, can't be moved, or its name is taken.</exception>
    public static NetDevices? Move(IReadOnlyDictionary<string, string> devices, string namespacePath)
    {
        if (devices.Count == 0) return null;
        NetDevices all = new(namespacePath);
        try
        {
            // What can be seen to fail does so before anything is moved.
            List<DeviceMove> moves = [.. devices.Select(device => all.Check(device.Key, device.Value))];
            moves.ForEach(all.Move);
            return all;
        }
        catch
        {
            all.PutBack();
            all.Close();
            throw;
        }
    }

    /// <summary>Moves all back, under their old names. What can't be restored is told as a warning.</summary>
    public void PutBack()
    {
        while (moved.TryPop(out MovedDevice? device))
        {
            string name = device.Before.Name;
            if (!Warned(name, container.Ask(Link.MoveTo(device.Index, hostNamespace, name)))) continue;
            if (Link.Find(host, name) is not { } link) continue;
            foreach (LinkAddress address in device.Addresses) Warned(name, host.Ask(address.Add(link, name)));
            if ((device.Before.Flags & Link.IFF_UP) != 0) Warned(name, host.Ask(Link.SetUp(link.Index)));
        }
    }

    public void Close()
    {
        host.Close();
        container.Close();
        Files.close(containerNamespace);
        Files.close(hostNamespace);
    }

    private DeviceMove Check(string outside, string inside)
    {
        string path = $"linux.netDevices.{outside}";
        Link link = Link.Find(host, outside) ?? throw new SpecException(path, "no such network device");
        if ((link.Flags & Link.IFF_LOOPBACK) != 0) throw new SpecException(path, "a loopback device can't be moved to another namespace");
        string name = inside.Length > 0 ? inside : link.Name;
        DeviceMove move = new(path, inside.Length > 0 ? path + ".name" : path, link, name);
        if (!move.IsTemplate && Link.Find(container, name) != null) throw move.Taken();
        return move;
    }

    private void Move(DeviceMove move)
    {
        List<LinkAddress> addresses = Addresses(move);
        // A template's outcome would not be known. So such a device gets a name that nobody else has, is found by it, and only
        // then renamed by the kernel.
        string name = move.IsTemplate ? "rt" + Guid.NewGuid().ToString("N")[..12] : move.Name;
        NetlinkAnswer answer = host.Ask(Link.MoveTo(move.Link.Index, containerNamespace, name));
        // The kernel first moves and then renames: what it could not rename is in the container under its old name.
        Link? link = answer.Errno == 0 ? Link.Find(container, name)
            : Link.Find(host, move.Link.Index) == null ? Link.Find(container, move.Link.Name)
            : null;
        if (link is { } there) moved.Push(new MovedDevice(there.Index, move.Link, addresses));
        if (answer.Errno == Errno.EEXIST) throw move.Taken();
        if (answer.Errno != 0) throw new SpecException(move.Path, $"can't be moved to the container's network namespace: {Cause(answer)}");
        int index = link?.Index ?? throw move.TakenAway();

        if (move.IsTemplate) Do(Link.Rename(index, move.Name), move.NamePath, $"name the device after \"{move.Name}\"");
        Link inside = Link.Find(container, index) ?? throw move.TakenAway();
        foreach (LinkAddress address in addresses)
            if (address.IsGlobal)
                Do(address.Add(inside, move.Link.Name), move.Path, $"give {inside.Name} its address {address} again", except: Errno.EEXIST);
        Do(Link.SetUp(index), move.Path, $"set {inside.Name} up");
    }

    /// <summary>The addresses that are to be given to the device again: the kernel takes all away from one that moves.</summary>
    private List<LinkAddress> Addresses(DeviceMove move)
    {
        NetlinkAnswer answer = host.Ask(LinkAddress.Query(move.Link.Index));
        if (answer.Errno != 0) throw new SpecException(move.Path, $"read its addresses: {answer.Cause}");
        List<LinkAddress> addresses = [];
        foreach (byte[] reply in answer.Replies)
            if (LinkAddress.Decode(reply) is { IsPermanent: true } address && address.Header.ifa_index == move.Link.Index)
                addresses.Add(address);
        return addresses;
    }

    private void Do(NetlinkMessage request, string path, string what, int except = 0)
    {
        NetlinkAnswer answer = container.Ask(request);
        if (answer.Errno != 0 && answer.Errno != except) throw new SpecException(path, $"{what}: {answer.Cause}");
    }

    private static string Cause(NetlinkAnswer answer) => answer is { Errno: Errno.EINVAL, Detail: "" }
        ? "devices of its kind stay where they are"
        : answer.Cause;

    /// <summary>True if it was done.</summary>
    private static bool Warned(string name, NetlinkAnswer answer)
    {
        if (answer.Errno is 0 or Errno.EEXIST) return true;
        Log.Warn($"put network device {name} back: {answer.Cause}");
        return false;
    }

    private static bool IsSame(int one, int other)
    {
        KernelException.Check(Statx.Of(one, out Statx first), "stat network namespace");
        KernelException.Check(Statx.Of(other, out Statx second), "stat network namespace");
        return (first.DevMajor, first.DevMinor, first.Inode) == (second.DevMajor, second.DevMinor, second.Inode);
    }

    /// <param name="Path">The JSON path of the device.</param>
    /// <param name="NamePath">The JSON path that decides on its name inside.</param>
    /// <param name="Name">Inside.</param>
    private sealed record DeviceMove(string Path, string NamePath, Link Link, string Name)
    {
        public bool IsTemplate => Name.Contains("%d", StringComparison.Ordinal);

        public SpecException TakenAway() => new(Path, "was taken away from the container's network namespace");

        public SpecException Taken() => new(NamePath, $"the container has a network device {Name} already");
    }

    /// <param name="Index">In the container's namespace.</param>
    /// <param name="Before">As it was in the host's.</param>
    /// <param name="Addresses">All permanent ones.</param>
    private sealed record MovedDevice(int Index, Link Before, List<LinkAddress> Addresses);
}
