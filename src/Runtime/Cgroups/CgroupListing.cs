using Rt.Plan;
using Rt.Systemd;

namespace Rt.Cgroups;

/// <summary>What rt does about a container's cgroups, for <c>rt plan</c>.</summary>
internal static class CgroupListing
{
    /// <summary>In the order in which it is done, each with the JSON path of the property that asks for it.</summary>
    public static IEnumerable<(StepDescription Step, string Origin)> Of(CgroupPlan plan)
    {
        const string Devices = "linux.resources.devices";
        if (plan.Unified is { } unified)
        {
            if (plan.Scope is { } scope)
            {
                yield return (new StepDescription("systemd-scope", scope.Unit, ("of", scope.OfUser ? "user" : "")), "linux.cgroupsPath");
                foreach (UnitProperty property in scope.Properties)
                    yield return (new StepDescription("property", property.Name, ("value", $"{property.Value}")), property.Origin);
            }
            else
            {
                yield return Make(unified.Directory);
            }

            foreach (CgroupWrite write in unified.Writes) yield return Describe(write);
            if (unified.DeviceProgram.Length > 0)
                yield return (new StepDescription("device-filter", "", ("instructions", $"{unified.DeviceProgram.Length / 8}")), Devices);
        }

        if (plan.Legacy is not { } legacy) yield break;
        foreach (LegacyDirectory directory in legacy.Directories)
        {
            yield return Make(directory.Path);
            if (directory.Has("cpuset"))
                yield return (new StepDescription("inherit", "cpuset.cpus cpuset.mems", ("from", "the cgroup above")), "");
        }

        foreach (CgroupWrite write in legacy.Limits) yield return Describe(write);
        foreach (CgroupWrite write in legacy.Devices) yield return Describe(write);
    }

    private static (StepDescription, string) Make(string directory) =>
        (new StepDescription("mkdir-cgroup", directory), "linux.cgroupsPath");

    private static (StepDescription, string) Describe(CgroupWrite write)
    {
        string otherwise = write.Otherwise is { } other ? $"{other.File} {other.Value}" : "";
        return (new StepDescription("write", write.File, ("value", write.Value), ("otherwise", otherwise),
            ("optional", write.Optional ? "yes" : "")), write.Origin);
    }
}
