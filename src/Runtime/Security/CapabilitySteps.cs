using Rt.Kernel;
using Rt.Plan;
using Rt.Spec;
using static Rt.Kernel.Credentials;

namespace Rt.Security;

/// <summary>Drops from the bounding set what no program of the container may ever gain.</summary>
internal struct BoundingSet : IStep
{
    public static StepKind Kind => StepKind.BoundingSet;

    public ulong Keep;

    public readonly int Run(ref Execution run)
    {
        // All 64, not only the ones with names here: a newer kernel's capabilities go as well. EINVAL: past its last one.
        for (int capability = 0; capability < 64; capability++)
        {
            if ((Keep >> capability & 1) != 0) continue;
            int result = prctl(PR_CAPBSET_DROP, capability);
            if (result == -Errno.EINVAL) return 0;
            if (result < 0) return result;
        }

        return 0;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("bounding-set", string.Join(' ', CapabilityNames.Names(Keep)));
}

/// <summary>The process's own four sets.</summary>
internal struct SetCapabilities : IStep
{
    public static StepKind Kind => StepKind.SetCapabilities;

    public ulong Effective, Permitted, Inheritable, Ambient;

    public readonly int Run(ref Execution run)
    {
        int result = Credentials.SetCapabilities(Effective, Permitted, Inheritable);
        if (result >= 0) result = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
        for (int capability = 0; capability < 64 && result >= 0; capability++)
            if ((Ambient >> capability & 1) != 0)
                result = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("capset", "",
        ("effective", Words(Effective)), ("permitted", Words(Permitted)), ("inheritable", Words(Inheritable)), ("ambient", Words(Ambient)));

    private static string Words(ulong mask) => mask == 0 ? "none" : string.Join(' ', CapabilityNames.Names(mask));
}
