using Rt.Plan;
using Rt.Spec;

namespace Rt.Process;

/// <summary>What config.json's process compiles to.</summary>
internal static class ProcessCompiler
{
    private const uint DefaultUmask = 0x12; // 0022

    /// <summary>execve's own default where the environment has no PATH.</summary>
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static void Rlimits(PlanWriter plan, ContainerProcess process)
    {
        for (int i = 0; i < process.Rlimits.Count; i++) plan.Add(Limit(process.Rlimits[i]), $"process.rlimits[{i}]");
    }

    public static SetRlimit Limit(Rlimit limit) =>
        new() { Resource = Spec.Rlimits.Number(limit.Type), Soft = limit.Soft, Hard = limit.Hard };

    /// <param name="rootless">rt's caller is an ordinary user.</param>
    /// <param name="deniesGroups">setgroups(2) is denied already.</param>
    public static void User(PlanWriter plan, Config config, bool rootless, bool deniesGroups)
    {
        User user = config.Process!.User;
        bool joinsUsers = config.Linux.HasNamespace("user") && !config.Linux.HasNewNamespace("user");
        // An ordinary user must give up setgroups(2) to map his own group alone: what he is in, he stays in.
        bool gaveUpGroups = deniesGroups || (rootless && config.Linux.GidMappings is [{ Size: 1 }]);
        plan.Add(new SetUser
        {
            Uid = user.Uid,
            Gid = user.Gid,
            Umask = user.Umask ?? DefaultUmask,
            OwnTerminal = config.Process.Terminal,
            Groups = plan.Numbers(user.AdditionalGids),
            KeepGroups = (gaveUpGroups && user.AdditionalGids.Count == 0) || Annotations.KeepGroups(config),
            NoGroups = joinsUsers,
        }, "process.user");
    }

    /// <summary>While /proc is the host's, and its privileges are there.</summary>
    public static void OomScore(PlanWriter plan, ContainerProcess process)
    {
        if (process.OomScoreAdj is { } score)
            plan.Add(new Security.WriteAttribute { File = plan.Text("/proc/self/oom_score_adj"), Value = plan.Text($"{score}") },
                "process.oomScoreAdj");
    }

    /// <param name="make">It is made if it is missing.</param>
    public static WorkingDirectory WorkingDirectory(PlanWriter plan, ContainerProcess process, bool make)
    {
        WorkingDirectory directory = new()
        {
            Path = plan.Text(process.Cwd),
            Make = make,
            Refusal = process.User.Uid == 0 ? default : plan.Bytes([0, 0, 0, 0]),
        };
        plan.Add(directory, "process.cwd");
        return directory;
    }

    /// <summary>When the process has become the user.</summary>
    public static void ClosedDirectory(PlanWriter plan, WorkingDirectory directory)
    {
        if (!directory.Refusal.IsNull) plan.Add(new ClosedDirectory { Directory = directory }, "process.cwd");
    }

    /// <summary>The last step, to be added when all the others are; what its environment still lacks is found out at once.</summary>
    public static Execute Executable(PlanWriter plan, ContainerProcess process)
    {
        (List<PlanText> env, PlanText home) = Environment(plan, process.Env);
        if (!home.IsNull) plan.Add(new HomeDirectory { Uid = process.User.Uid, Variable = home });
        return new Execute
        {
            Candidates = plan.Texts(Candidates(process)),
            Found = plan.Bytes([0, 0, 0, 0]),
            Args = plan.Texts(process.Args),
            Env = plan.Texts(env),
            Pointers = plan.Bytes(new byte[(process.Args.Count + env.Count + 2) * sizeof(long)]),
        };
    }

    public static void Find(PlanWriter plan, ContainerProcess process, Execute executable) => plan.Add(
        new FindExecutable
        {
            Name = plan.Text(process.Args[0]),
            Candidates = executable.Candidates,
            Found = executable.Found,
            IsPath = process.Args[0].Contains('/'),
        }, "process.args[0]");

    /// <summary>The environment, the last of several values for one name winning; HOME, if missing, with room to be filled in.</summary>
    private static (List<PlanText> Env, PlanText Home) Environment(PlanWriter plan, List<string> variables)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        List<PlanText> env = [];
        foreach (string variable in Enumerable.Reverse(variables))
        {
            if (variable == "HOME=") continue; // as good as none
            if (names.Add(variable[..variable.IndexOf('=')])) env.Add(plan.Text(variable));
        }

        env.Reverse();
        if (names.Contains("HOME")) return (env, default);
        byte[] room = new byte[5 + HomeDirectory.MaxLength];
        "HOME="u8.CopyTo(room);
        PlanText home = plan.Bytes(room);
        env.Add(home);
        return (env, home);
    }

    private static List<string> Candidates(ContainerProcess process)
    {
        string name = process.Args[0];
        if (name.Contains('/')) return [name];
        string path = process.Env.FindLast(variable => variable.StartsWith("PATH=", StringComparison.Ordinal))?[5..] ?? DefaultPath;
        List<string> candidates = [];
        foreach (string directory in path.Split(':')) candidates.Add((directory.Length == 0 ? "." : directory) + "/" + name);
        return candidates;
    }
}
