namespace Rt.Tests.Integration;

/// <summary>
/// A test that needs a cgroup v2 controller, a certain one or any to limit something by. Skipped, with the reason, on hosts
/// that have none.
/// </summary>
public sealed class ControllerFactAttribute : FactAttribute
{
    private const string Elsewhere = "make vm-test shows it, groups cgroups, update and events";

    private static readonly (string Controller, string File, string Value)[] Known =
        [("pids", "pids.max", "77"), ("hugetlb", "hugetlb.2MB.max", "0")];

    public ControllerFactAttribute()
    {
        if (Limit.File == null)
            Skip = $"cgroup v2 has none of the controllers {string.Join(", ", Known.Select(one => one.Controller))} here: {Elsewhere}";
    }

    public ControllerFactAttribute(string controller)
    {
        if (!Available.Contains(controller)) Skip = $"cgroup v2 has no {controller} controller here: {Elsewhere}";
    }

    /// <summary>A limit that can be set on this host.</summary>
    public static (string Controller, string File, string Value) Limit { get; } =
        Array.Find(Known, one => Available.Contains(one.Controller));

    private static string[] Available =>
        File.Exists("/sys/fs/cgroup/cgroup.controllers") ? File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Split(' ', '\n') : [];
}
