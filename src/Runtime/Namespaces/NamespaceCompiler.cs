using Rt.Mounts;
using Rt.Plan;
using Rt.Spec;
using static Rt.Kernel.Processes;

namespace Rt.Namespaces;

/// <summary>What linux.namespaces, hostname, domainname and linux.sysctl compile to.</summary>
internal static class NamespaceCompiler
{
    /// <summary>
    /// New namespaces become flags of clone3; each that is joined, a setns. Where joins must come before the new namespaces, a
    /// first process does them and then forks the init.
    /// </summary>
    /// <returns>Whether a first process forks the init.</returns>
    public static bool Fork(PlanWriter plan, Config config, bool rootless)
    {
        Linux linux = config.Linux;
        ulong made = 0;
        bool joins = false, joinsPid = false;
        foreach (Namespace one in linux.Namespaces)
        {
            ulong flag = NamespaceTypes.All[one.Type].Flag;
            bool byClone = flag is not (CLONE_NEWCGROUP or CLONE_NEWTIME) && (flag != CLONE_NEWIPC || !linux.HasNamespace("user"));
            if (one.Path.Length == 0 && byClone) made |= flag;
            joins |= one.Path.Length > 0;
            joinsPid |= one.Path.Length > 0 && flag == CLONE_NEWPID;
        }

        bool inTwo = joinsPid || (joins && linux.HasNamespace("user"));
        if (!inTwo) plan.CloneFlags = made;
        // The host's root may join any other namespace, also those that belong to the user namespace, and so joins that last. An
        // ordinary user may join nothing before he is root in there.
        int user = linux.Namespaces.FindIndex(one => one.Type == "user");
        if (user >= 0 && rootless) Join(plan, linux.Namespaces[user], $"linux.namespaces[{user}]");
        for (int i = 0; i < linux.Namespaces.Count; i++)
            if (i != user)
                Join(plan, linux.Namespaces[i], $"linux.namespaces[{i}]");
        if (user >= 0 && !rootless) Join(plan, linux.Namespaces[user], $"linux.namespaces[{user}]");
        if (inTwo) plan.Add(new ForkSibling { Flags = made, InCgroup = JoinsCgroups(config) }, "linux.namespaces");
        return inTwo;
    }

    /// <summary>The namespaces of a container that is there.</summary>
    /// <param name="types">CLONE_NEW flags.</param>
    /// <param name="init">Gives a pidfd of its init.</param>
    /// <param name="atBirth">
    /// Into its pid namespace the process is born, for which rt joins that itself. Ordinary users may not, before they are in a user
    /// namespace.
    /// </param>
    /// <returns>Whether a first process forks the one that becomes the program.</returns>
    public static bool JoinContainer(PlanWriter plan, Config config, ulong types, Func<int> init, bool atBirth)
    {
        LateOpening opening = new(plan.NextSlot, init);
        plan.Openings.Add(opening);
        bool joinsPid = (types & CLONE_NEWPID) != 0, inTwo = joinsPid && !atBirth;
        if (joinsPid && atBirth)
        {
            plan.PidNamespaceOf = opening.Slot;
            types &= ~CLONE_NEWPID;
        }

        if (types != 0) plan.Add(new JoinContainer { Types = types, Init = opening.Slot }, "linux.namespaces");
        if (inTwo) plan.Add(new ForkSibling { InCgroup = true }, "linux.namespaces");
        if (config.Linux.HasNamespace("user")) plan.Add(Root(config), Origin(config, "user"));
        return inTwo;
    }

    /// <summary>What the init does about its namespaces when it is in them, and in its cgroups.</summary>
    public static void Enter(PlanWriter plan, Config config)
    {
        if (config.Linux.HasNamespace("user")) plan.Add(Root(config), Origin(config, "user"));
        if (config.Linux.HasNewNamespace("time"))
            plan.Add(new NewTimeNamespace { HasClocks = config.Linux.TimeOffsets.Count > 0 }, Origin(config, "time"));
        if (config.Linux.HasNewNamespace("ipc") && config.Linux.HasNamespace("user"))
            plan.Add(new NewNamespace { Type = CLONE_NEWIPC }, Origin(config, "ipc"));
        if (config.Linux.HasNewNamespace("cgroup")) plan.Add(new NewNamespace { Type = CLONE_NEWCGROUP }, Origin(config, "cgroup"));
    }

    /// <summary>
    /// Whether a cgroup namespace is joined: from within, a cgroup of the host's may be out of reach (cgroups(7), nsdelegate), so
    /// that the process that joins must be in it before.
    /// </summary>
    public static bool JoinsCgroups(Config config) => config.Linux.HasNamespace("cgroup") && !config.Linux.HasNewNamespace("cgroup");

    private static void Join(PlanWriter plan, Namespace one, string origin)
    {
        if (one.Path.Length == 0) return;
        NamespaceOpening opening = new(plan.NextSlot, one.Path, origin);
        plan.Openings.Add(opening);
        plan.Add(new JoinNamespace
            { Type = NamespaceTypes.All[one.Type].Flag, Namespace = opening.Slot, Path = plan.Text(one.Path) }, origin);
    }

    private static BecomeRoot Root(Config config)
    {
        bool joined = !config.Linux.HasNewNamespace("user");
        User user = config.Process!.User;
        return new BecomeRoot
        {
            Uid = joined || IdMapping.Has(config.Linux.UidMappings, 0) ? 0 : user.Uid,
            Gid = joined || IdMapping.Has(config.Linux.GidMappings, 0) ? 0 : user.Gid,
            OrUid = user.Uid,
            OrGid = user.Gid,
        };
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
            {
                Type = plan.Text("proc"),
                Options = plan.Numbers([]),
                Changes = new MountChanges { Propagation = plan.Numbers([]) },
                Keep = Slot.Proc,
            }, "linux.sysctl");
        foreach ((string key, string value) in config.Linux.Sysctl)
            plan.Add(new WriteSysctl { Path = plan.Text("sys/" + Sysctl.PathOf(key)), Value = plan.Text(value) }, $"linux.sysctl.{key}");
    }

    private static string Origin(Config config, string type) =>
        $"linux.namespaces[{config.Linux.Namespaces.FindIndex(one => one.Type == type)}]";
}
