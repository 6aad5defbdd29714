using Rt.Containers;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Doctor;

/// <summary>Who asks, since much of what can be had depends on that.</summary>
/// <param name="Capabilities">A bit a capability (capabilities(7)); in a user namespace they count there alone.</param>
internal sealed record Caller(int Uid, string Name, bool InUserNamespace, ulong Capabilities)
{
    public static Caller Current()
    {
        int uid = Processes.geteuid();
        return new Caller(uid, UserNames.Of((uint)uid), Credentials.InUserNamespace(), Credentials.PermittedCapabilities());
    }

    /// <summary>Whether containers take a user namespace.</summary>
    public bool IsOrdinary => Uid != 0;

    /// <summary>The root of the host, not of a user namespace.</summary>
    public bool IsHostsRoot => Uid == 0 && !InUserNamespace;

    public bool Has(string capability) => (Capabilities >> Array.IndexOf(CapabilityNames.All, capability) & 1) != 0;

    public override string ToString() => InUserNamespace ? $"{Name} of a user namespace" : Name;
}
