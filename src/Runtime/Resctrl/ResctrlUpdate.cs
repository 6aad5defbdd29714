using System.Globalization;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Resctrl;

/// <summary>
/// Shares of caches and memory bandwidth that change while a container is there. Those of its group change; a container in the
/// default group, which is everyone's, gets a group of its own, named by its id.
/// </summary>
internal sealed class ResctrlUpdate
{
    private const string Origin = "linux.intelRdt";

    private readonly ResctrlFileSystem resctrl;
    private readonly string group;
    private readonly Stack<Action> undo = new();

    private ResctrlUpdate(ResctrlFileSystem resctrl, string group)
    {
        this.resctrl = resctrl;
        this.group = group;
    }

    /// <summary>The group that was made and has to be removed with the container; null: none was.</summary>
    public string? Made { get; private set; }

    /// <param name="rdt">What is to change: l3CacheSchema, memBwSchema, or both.</param>
    /// <param name="id">The container's.</param>
    /// <param name="init">Its init's pid.</param>
    /// <param name="threads">Its threads at this moment.</param>
    /// <exception cref="SpecException">There is no resctrl, or the kernel refuses something: all is as it was before.</exception>
    public static ResctrlUpdate Apply(IntelRdt rdt, string id, int init, Func<IEnumerable<int>> threads) =>
        Apply(rdt, id, init, threads, ResctrlFileSystem.Find());

    internal static ResctrlUpdate Apply(
        IntelRdt rdt, string id, int init, Func<IEnumerable<int>> threads, ResctrlFileSystem resctrl)
    {
        string current = resctrl.GroupOf(init);
        bool isDefault = current == resctrl.Mount;
        ResctrlUpdate update = new(resctrl, isDefault ? $"{resctrl.Mount}/{id}" : current);
        try
        {
            if (isDefault) update.Make();
            update.Write(rdt.L3CacheSchema, $"{Origin}.l3CacheSchema");
            update.Write(rdt.MemBwSchema, $"{Origin}.memBwSchema");
            if (isDefault) update.Enter(threads);
            return update;
        }
        catch
        {
            update.Undo();
            throw;
        }
    }

    /// <summary>Puts everything back. Processes of a group that is removed fall back to the default one.</summary>
    public void Undo()
    {
        while (undo.TryPop(out Action? one)) one();
    }

    private void Make()
    {
        int result = resctrl.MakeGroup(group);
        if (result == -Errno.ENOSPC) throw new SpecException(Origin, $"create {group}: the processor has no more classes of service");
        if (result < 0) throw new SpecException(Origin, $"create {group}: {Errno.Describe(-result)}");
        Made = group;
        undo.Push(() => WarnOf(resctrl.RemoveGroup(group), $"remove {group}"));
    }

    private void Write(string schema, string origin)
    {
        if (schema.Length == 0) return;
        string resource = schema.Split(':')[0];
        string? before = Array.Find(ResctrlFileSystem.Schemata(group).Split('\n'), line => line.Split(':')[0].Trim() == resource);
        resctrl.Set($"{group}/schemata", schema + "\n", origin);
        if (before != null) undo.Push(() => PutBack(before.TrimStart()));
    }

    private void PutBack(string line) =>
        WarnOf(resctrl.Write($"{group}/schemata", line + "\n"), $"put \"{line}\" back into {group}/schemata");

    /// <summary>Moves all threads, as often as there are new ones: a child is born into its parent's group.</summary>
    private void Enter(Func<IEnumerable<int>> threads)
    {
        HashSet<int> moved = [];
        for (int count = -1; count != moved.Count;)
        {
            count = moved.Count;
            foreach (int thread in threads().Where(moved.Add))
            {
                int result = resctrl.Write($"{group}/tasks", thread.ToString(CultureInfo.InvariantCulture));
                if (result is < 0 and not -Errno.ESRCH)
                    throw new SpecException(Origin, $"move thread {thread} to {group}: {Errno.Describe(-result)}");
            }
        }
    }

    private static void WarnOf(int result, string operation)
    {
        if (result < 0) Log.Warn($"{operation}: {Errno.Describe(-result)}");
    }
}
