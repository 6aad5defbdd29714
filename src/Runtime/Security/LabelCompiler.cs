using Rt.Plan;
using Rt.Spec;

namespace Rt.Security;

/// <summary>
/// What process.apparmorProfile and process.selinuxLabel compile to. An empty one asks for nothing; "unconfined" is a profile like
/// others, as under runc.
/// </summary>
internal static class LabelCompiler
{
    /// <summary>What AppArmor wants before the name of a profile that is to hold from execve on.</summary>
    public const string OnExec = "exec ";

    private const string Attributes = "/proc/self/attr/";

    /// <summary>The container's keyring gets the label of the program that is to use it; for the step that makes the keyring.</summary>
    public static void Keyring(PlanWriter plan, ContainerProcess process)
    {
        if (process.SelinuxLabel.Length > 0)
            plan.Add(new WriteAttribute { File = plan.Text(Attributes + "keycreate"), Value = plan.Text(process.SelinuxLabel) },
                "process.selinuxLabel");
    }

    public static void Program(PlanWriter plan, ContainerProcess process)
    {
        if (process.ApparmorProfile.Length > 0)
            plan.Add(new WriteAttribute
            {
                File = plan.Text(Attributes + "apparmor/exec"),
                OldFile = plan.Text(Attributes + "exec"), // before Linux 5.8
                Value = plan.Text(OnExec + process.ApparmorProfile),
            }, "process.apparmorProfile");
        if (process.SelinuxLabel.Length > 0)
            plan.Add(new WriteAttribute { File = plan.Text(Attributes + "exec"), Value = plan.Text(process.SelinuxLabel) },
                "process.selinuxLabel");
    }
}
