using Rt.Kernel;

namespace Rt.Launch;

/// <summary>Who forks a container's init and, as its parent, learns how it ends: rt itself, or a shim.</summary>
internal unsafe interface IInitParent
{
    /// <summary>Starts the process that begins with the plan in <paramref name="block"/>: its pid, or -errno.</summary>
    int Fork(LaunchPlan plan, byte* block);

    /// <summary>That process has forked the init, as another child of its own parent's, and ends.</summary>
    void Forked(int first, int init);

    /// <summary>Waits for the init's end. To be called when it is dead or on its way.</summary>
    Processes.Exit AwaitEnd(int init);
}

/// <summary>rt itself as the parent.</summary>
internal sealed unsafe class OwnChild : IInitParent
{
    public int Fork(LaunchPlan plan, byte* block) => Forker.Fork(block, plan.ForksIntoCgroup);

    public void Forked(int first, int init) => Processes.Reap(first, block: true);

    public Processes.Exit AwaitEnd(int init) => Processes.Reap(init, block: true);
}
