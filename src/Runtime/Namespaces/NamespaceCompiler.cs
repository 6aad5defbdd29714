using Rt.Kernel;
using Rt.Mounts;
using Rt.Plan;
using Rt.Spec;

namespace Rt.Namespaces;

/// <summary>What linux.namespaces, hostname, domainname and linux.sysctl compile to.</summary>
internal static class NamespaceCompiler
{
    /// <summary>
    /// New namespaces become flags of clone3; those to join become slots for their descriptors, returned with their paths,
    /// and a setns each. A pid namespace is joined by whoever forks, since it only takes in children.
    /// </summary>
    public static List<(Slot Slot, string Path, string Origin)> Compile(PlanWriter plan, Config config)
    {
        List<(Slot, string, string)> joins = [];
        for (int i = 0; i < config.Linux.Namespaces.Count; i++)
        {
            Namespace one = config.Linux.Namespaces[i];
            string origin = $"linux.namespaces[{i}]";
            ulong flag = NamespaceTypes.All[one.Type].Flag;
            if (one.Path.Length == 0)
            {
                if (flag != Processes.CLONE_NEWCGROUP) plan.CloneFlags |= flag;
                continue;
            }

            Slot slot = flag == Processes.CLONE_NEWPID ? Slot.PidNamespace : Slot.FirstNamespace + joins.Count;
            joins.Add((slot, one.Path, origin));
            if (slot != Slot.PidNamespace)
                plan.Add(new JoinNamespace { Type = flag, Namespace = slot, Path = plan.Text(one.Path) }, origin);
        }

        if (config.Linux.HasNewNamespace("cgroup")) plan.Add(default(NewCgroupNamespace), Origin(config, "cgroup"));
        return joins;
    }

    public static void Names(PlanWriter plan, Config config)
    {
        if (config.Hostname.Length > 0) plan.Add(new Hostname { Name = plan.Text(config.Hostname) }, "hostname");
        if (config.Domainname.Length > 0) plan.Add(new Domainname { Name = plan.Text(config.Domainname) }, "domainname");
    }

    public static void Sysctls(PlanWriter plan, Config config)
    {
        if (config.Linux.Sysctl.Count == 0) return;
        if (!MountCompiler.HasOwnProc(config))
            plan.Add(new MountFileSystem
                { Type = plan.Text("proc"), Options = plan.Numbers([]), Propagation = plan.Numbers([]), Keep = Slot.Proc }, "linux.sysctl");
        foreach ((string key, string value) in config.Linux.Sysctl)
            plan.Add(new WriteSysctl { Path = plan.Text("sys/" + Sysctl.PathOf(key)), Value = plan.Text(value) }, $"linux.sysctl.{key}");
    }

    private static string Origin(Config config, string type) =>
        $"linux.namespaces[{config.Linux.Namespaces.FindIndex(one => one.Type == type)}]";
}
