using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>
/// Hands the controllers of a cgroup v2 tree down to a container's cgroup (cgroups(7), "Cgroups v2 subtree control"): those that
/// its limits need, and all others as far as the tree allows it, since engines read their statistics.
/// </summary>
internal static class Controllers
{
    /// <param name="directory">The cgroup, which is there already.</param>
    /// <exception cref="RtException">A controller that the limits need can't be handed down.</exception>
    public static void HandDown(UnifiedPlan plan, int directory)
    {
        string[] available = Words(FileContent.TryReadText(plan.Mount + "/cgroup.controllers"));
        string[] needed = Needed(plan, available);
        string[] missing = [.. available.Except(Words(FileContent.TryReadTextAt(directory, "cgroup.controllers")))];
        if (missing.Length == 0) return;
        string parent = plan.Mount;
        foreach (string part in plan.Path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Enable(parent, missing, needed);
            parent += "/" + part;
        }
    }

    private static string[] Needed(UnifiedPlan plan, string[] available)
    {
        List<string> needed = [];
        foreach (CgroupWrite write in plan.Writes)
        {
            if (write.Controller == "cgroup" || needed.Contains(write.Controller)) continue;
            if (!available.Contains(write.Controller))
                throw new SpecException(write.Origin,
                    $"can't be set: {plan.Mount} has no {write.Controller} controller (it has: {string.Join(' ', available)})");
            needed.Add(write.Controller);
        }

        return [.. needed];
    }

    /// <summary>
    /// Enables controllers for the cgroups below <paramref name="parent"/>, in one write if the kernel takes them all. Beside
    /// processes it takes cpu, cpuset and pids alone, at a price: the cgroups below are then for threads of these processes only.
    /// </summary>
    private static void Enable(string parent, string[] wanted, string[] needed)
    {
        string path = parent + "/cgroup.subtree_control";
        string[] missing = [.. wanted.Except(Words(FileContent.TryReadText(path)))];
        int all = missing.Length == 0 ? 0 : TryEnable(path, missing);
        if (all == 0) return;
        foreach (string controller in missing)
        {
            int result = all == -Errno.EBUSY ? all : TryEnable(path, [controller]);
            if (result < 0 && needed.Contains(controller))
                throw new RtException($"enable controllers +{controller} in {path}: {Cause(parent, controller, -result)}");
            if (result < 0 && Log.DebugEnabled) Log.Debug($"enable controllers +{controller} in {path}: {Errno.Describe(-result)}");
        }
    }

    /// <summary>0 or -errno.</summary>
    private static int TryEnable(string path, string[] controllers) =>
        FileContent.TryWriteTo(path, Encoding.ASCII.GetBytes(string.Join(' ', controllers.Select(controller => "+" + controller))));

    private static string Cause(string parent, string controller, int errno) => errno switch
    {
        Errno.EBUSY => $"{parent} has processes of its own, beside which cgroup v2 allows no controllers below it",
        Errno.EOPNOTSUPP => $"{parent} is threaded ({CgroupType(parent)}), and {controller} does not work in threaded cgroups",
        Errno.ENOENT => $"the {controller} controller has not been handed down to {parent}",
        _ => Errno.Describe(errno),
    };

    /// <summary>"domain", "threaded", "domain threaded" or "domain invalid" (cgroups(7), cgroup.type).</summary>
    private static string CgroupType(string directory) => (FileContent.TryReadText(directory + "/cgroup.type") ?? "unknown").TrimEnd();

    private static string[] Words(string? text) => (text ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
}
