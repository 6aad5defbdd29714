using System.Text;
using Rt.Cgroups;
using Rt.Kernel;
using Rt.Namespaces;
using Rt.Plan;

namespace Rt.Launch;

/// <summary>One line of a plan's listing.</summary>
/// <param name="Where">"host": done by rt itself; "init": by the container's process.</param>
/// <param name="Origin">The JSON path of the property that asks for it; "" for what every container gets.</param>
internal sealed record PlanLine(
    int Number, string Where, string Step, string Object, SortedDictionary<string, string> Details, string Origin);

/// <summary>A plan as people and tools read it.</summary>
internal static class PlanListing
{
    public static List<PlanLine> Of(LaunchPlan plan)
    {
        List<PlanLine> lines = [];
        if (plan.Cgroup is { } cgroup)
            foreach (var (step, origin) in CgroupListing.Of(cgroup))
                Add("host", step, origin);
        foreach (Opening opening in plan.Openings)
            if (opening.Describe() is { } words)
                Add("host", words, opening.Origin);
        Add("host", new StepDescription("clone3", "", ("into-cgroup", plan.Cgroup?.Unified != null && plan.ForksIntoCgroup ? "yes" : ""),
            ("new", NamespaceTypes.Names(plan.Reader.Header.CloneFlags))), "linux.namespaces");
        foreach (var (step, origin) in Outside.Describe(plan)) Add("host", step, origin);

        foreach (StepPlace place in plan.Reader.Steps()) Add("init", Steps.Read(plan.Reader, place).Describe(plan.Reader), place.Origin);
        return lines;

        void Add(string where, StepDescription step, string origin)
        {
            SortedDictionary<string, string> details = new(StringComparer.Ordinal);
            foreach ((string key, string value) in step.Details)
                if (value.Length > 0)
                    details.Add(key, value);
            lines.Add(new PlanLine(lines.Count + 1, where, step.Name, step.Object, details, origin));
        }
    }

    /// <summary>A step a line: number, where, step, object, details, and the property behind it.</summary>
    public static string Text(IEnumerable<PlanLine> lines)
    {
        StringBuilder text = new();
        foreach (PlanLine line in lines)
        {
            string what = string.Join(' ',
                new[] { line.Object }.Concat(line.Details.Select(detail => $"{detail.Key}={Quote(detail.Value)}"))
                    .Where(part => part.Length > 0));
            string start = $"{line.Number,3}  {line.Where}  {line.Step,-17}{(what.Length == 0 ? "" : " " + what)}".TrimEnd();
            text.Append(OneLine.Escape(line.Origin.Length == 0 ? start : $"{start}  # {line.Origin}")).Append('\n');
        }

        return text.ToString();
    }

    private static string Quote(string value) => value.AsSpan().ContainsAny(' ', '\n') ? $"\"{value}\"" : value;
}
