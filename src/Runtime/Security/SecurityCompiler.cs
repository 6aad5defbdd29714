using Rt.Plan;
using Rt.Spec;

namespace Rt.Security;

/// <summary>What process.capabilities, noNewPrivileges and linux.seccomp compile to.</summary>
internal static class SecurityCompiler
{
    public static void Keyring(PlanWriter plan, string id) => plan.Add(new SessionKeyring { Name = plan.Text("_ses." + id) });

    public static void BoundingSet(PlanWriter plan, Capabilities capabilities, int lastCapability) =>
        plan.Add(new BoundingSet { Keep = CapabilityNames.Mask(capabilities.Bounding, lastCapability) }, "process.capabilities.bounding");

    /// <summary>
    /// The sets as far as they can be had. What can't, is left out with a warning: config.md has a runtime not fail for it.
    /// </summary>
    /// <param name="grantable">What the process will have to give, before the user changes.</param>
    public static void Capabilities(
        PlanWriter plan, Capabilities capabilities, int lastCapability, ulong grantable, Action<string> warn)
    {
        ulong bounding = Known("bounding", capabilities.Bounding);
        ulong permitted = Within(grantable, "is not rt's to grant", "permitted", Known("permitted", capabilities.Permitted));
        ulong effective = Within(permitted, "is not permitted", "effective", Known("effective", capabilities.Effective));
        ulong inheritable = Known("inheritable", capabilities.Inheritable);
        inheritable = Within(grantable & bounding, "is not in the bounding set, or not rt's to grant", "inheritable", inheritable);

        // capabilities(7): an ambient capability must be permitted and inheritable.
        ulong ambient = Known("ambient", capabilities.Ambient);
        ambient = Within(permitted & inheritable, "is not permitted and inheritable", "ambient", ambient);
        plan.Add(new SetCapabilities { Effective = effective, Permitted = permitted, Inheritable = inheritable, Ambient = ambient },
            "process.capabilities");

        ulong Known(string set, List<string> names) =>
            CapabilityNames.Mask(names, lastCapability, name => warn($"process.capabilities.{set}: {name} is unknown here, left out"));

        ulong Within(ulong allowed, string problem, string set, ulong asked)
        {
            foreach (string name in CapabilityNames.Names(asked & ~allowed))
                warn($"process.capabilities.{set}: {name} {problem}, left out");
            return asked & allowed;
        }
    }

    public static void Seccomp(PlanWriter plan, SeccompFilter filter) =>
        plan.Add(new LoadSeccomp { Program = plan.Bytes(filter.Program), Instructions = filter.Program.Length / 8, Flags = filter.Flags },
            "linux.seccomp");
}
