using Rt.Plan;
using Rt.Spec;

namespace Rt.Hooks;

/// <summary>What hooks compile to that run in the container's namespaces.</summary>
internal static class HookCompiler
{
    /// <summary>createContainer hooks: paths are the runtime's, the host's file systems are still in sight.</summary>
    public static void CreateContainer(PlanWriter plan, Config config, string id, string bundle) =>
        Compile(plan, config, id, bundle, "createContainer", plan.Text(bundle));

    /// <summary>startContainer hooks: paths are the container's.</summary>
    public static void StartContainer(PlanWriter plan, Config config, string id, string bundle) =>
        Compile(plan, config, id, bundle, "startContainer", default);

    private static void Compile(
        PlanWriter plan, Config config, string id, string bundle, string kind, PlanText directory)
    {
        List<Hook> hooks = config.Hooks[kind];
        if (hooks.Count == 0) return;
        byte[] json = new HookState(config.OciVersion, id, bundle, config.Annotations).WithRoomForPid("created");
        PlanText state = plan.Bytes(json);
        for (int i = 0; i < hooks.Count; i++)
        {
            Hook hook = hooks[i];
            List<string> args = hook.Args.Count > 0 ? hook.Args : [hook.Path];
            plan.Add(new RunHook
            {
                Path = plan.Text(hook.Path),
                Index = i,
                Args = plan.Texts(args),
                Env = plan.Texts(hook.Env),
                Pointers = plan.Bytes(new byte[(args.Count + hook.Env.Count + 2) * sizeof(long)]),
                Directory = directory,
                State = state,
                StateLength = json.Length,
                TimeoutSeconds = hook.Timeout ?? 0,
            }, $"hooks.{kind}[{i}]");
        }
    }
}
