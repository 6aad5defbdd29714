using Rt.Cgroups;
using Rt.Launch;
using Rt.Plan;
using Rt.Security;
using Rt.Spec;

namespace Rt.Tests.Unit;

/// <summary>Compiled configurations, as listings and as the steps themselves.</summary>
internal static class Plans
{
    public static LaunchPlan Compile(string json)
    {
        Config config = Configs.Read(json);
        Validation.Check(config);
        return Compiler.Compile(config, new LaunchOptions { Id = "box", Bundle = "/bundle", Gate = true },
            new Host(new CgroupHierarchy("/sys/fs/cgroup", "/"), 40), _ => new SeccompFilter(new byte[8], 0));
    }

    public static List<PlanLine> Lines(string json) => PlanListing.Of(Compile(json));

    /// <summary>The only step of its kind.</summary>
    public static T Step<T>(LaunchPlan plan)
        where T : unmanaged, IStep => plan.Reader.Read<T>(plan.Reader.Steps().Single(place => place.Kind == T.Kind));

    /// <summary>As <c>rt plan</c> prints a step, without its number, place and origin.</summary>
    public static string Words(PlanLine line) =>
        $"{line.Step} {line.Object}".TrimEnd() + string.Concat(line.Details.Select(detail => $" {detail.Key}={detail.Value}"));
}
