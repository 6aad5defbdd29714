using Rt.Plan;
using Rt.Spec;

namespace Rt.Security;

/// <summary>What process.capabilities, noNewPrivileges and linux.seccomp compile to.</summary>
internal static class SecurityCompiler
{
    public static void Keyring(PlanWriter plan, string id) => plan.Add(new SessionKeyring { Name = plan.Text("_ses." + id) });

    public static void BoundingSet(PlanWriter plan, Capabilities capabilities, int lastCapability) =>
        plan.Add(new BoundingSet { Keep = CapabilityNames.Mask(capabilities.Bounding, lastCapability) }, "process.capabilities.bounding");

    public static void Capabilities(PlanWriter plan, Capabilities capabilities, int lastCapability, Action<string> warn)
    {
        ulong permitted = Mask("permitted", capabilities.Permitted);
        ulong inheritable = Mask("inheritable", capabilities.Inheritable);
        ulong ambient = Mask("ambient", capabilities.Ambient);
        Mask("bounding", capabilities.Bounding);

        // capabilities(7): an ambient capability must be permitted and inheritable. The spec has the rest ignored with a warning.
        ulong raised = ambient & permitted & inheritable;
        foreach (string name in CapabilityNames.Names(ambient & ~raised))
            warn($"process.capabilities.ambient: {name} is not permitted and inheritable, left out");

        plan.Add(new SetCapabilities
        {
            Effective = Mask("effective", capabilities.Effective),
            Permitted = permitted,
            Inheritable = inheritable,
            Ambient = raised,
        }, "process.capabilities");

        ulong Mask(string set, List<string> names) =>
            CapabilityNames.Mask(names, lastCapability, name => warn($"process.capabilities.{set}: {name} is unknown here, left out"));
    }

    public static void Seccomp(PlanWriter plan, SeccompFilter filter) =>
        plan.Add(new LoadSeccomp { Program = plan.Bytes(filter.Program), Instructions = filter.Program.Length / 8, Flags = filter.Flags },
            "linux.seccomp");
}
