using Rt.Hooks;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>
/// Hooks that run after the creation, from what is kept of them in the container's state: changes of config.json since then
/// don't count.
/// </summary>
internal static class ContainerHooks
{
    public static HookState StateOf(ContainerState state) => new(state.OciVersion, state.Id, state.Bundle, state.Annotations);

    /// <summary>The first that fails is an error.</summary>
    /// <param name="interruptible">See <see cref="HostHook.Run"/>.</param>
    public static void Poststart(ContainerState state, bool interruptible)
    {
        byte[]? json = null;
        for (int i = 0; i < state.Hooks.Poststart.Count; i++)
        {
            Hook hook = state.Hooks.Poststart[i];
            HookResult result =
                HostHook.Run(hook, json ??= StateOf(state).Json("running", state.Pid), state.Bundle, interruptible);
            if (!result.Succeeded) throw new RtException($"hooks.poststart[{i}]: {result.Describe($"hook {hook.Path}")}");
        }
    }

    /// <summary>All of them run, whatever becomes of the others; a failure is a warning.</summary>
    public static void Poststop(ContainerState state)
    {
        byte[]? json = null;
        for (int i = 0; i < state.Hooks.Poststop.Count; i++)
        {
            Hook hook = state.Hooks.Poststop[i];
            HookResult result = HostHook.Run(hook, json ??= StateOf(state).Json("stopped", 0), directory: null);
            if (!result.Succeeded) Log.Warn($"hooks.poststop[{i}]: {result.Describe($"hook {hook.Path}")}");
        }
    }
}
