using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>
/// Compiles device rules for cgroup v1, which knows no order of rules: a cgroup denies everything with exceptions or allows
/// everything with exceptions (Documentation/admin-guide/cgroup-v1/devices.rst). The outcome is the same as that of
/// <see cref="DeviceProgram"/>, or the rules are refused: written to the files one by one, some would take no effect.
/// </summary>
internal static class LegacyDevices
{
    private const string Origin = "linux.resources.devices";

    /// <summary>
    /// The kernel goes through all exceptions at every open, and rules that cross each other come to many more than they are.
    /// </summary>
    private const int MaxExceptions = 4096;

    /// <exception cref="SpecException">
    /// The rules allow or deny a part of what others speak of as a whole, or come to too many exceptions.
    /// </exception>
    public static List<CgroupWrite> Compile(IReadOnlyList<DeviceRule> rules)
    {
        int first = rules.Count;
        while (first > 0 && !IsForAll(rules[first - 1])) first--;
        bool allows = first > 0 && rules[first - 1].Allow;

        Table table = new(allows);
        int refused = table.Apply(rules, first);
        if (refused >= 0 && allows)
        {
            // All devices but those of one type, say: everything is denied, with the types as exceptions.
            table = new Table(false);
            table.Apply([new DeviceRule { Allow = true, Type = "c" }, new DeviceRule { Allow = true, Type = "b" }], 0);
            int refusedThen = table.Apply(rules, first);
            if (refusedThen < 0 || refused == rules.Count) refused = refusedThen;
        }

        return refused < 0
            ? table.Writes()
            : throw new SpecException($"{Origin}[{refused}]",
                $"can't be told to cgroup v1: it {(rules[refused].Allow ? "allows" : "denies")} a part of what a rule before it "
                + $"{(rules[refused].Allow ? "denies" : "allows")} as a whole");
    }

    /// <summary>Making nodes counts for nothing: every container may make any (<see cref="DeviceProgram.Always"/>).</summary>
    private static bool IsForAll(DeviceRule rule) =>
        rule.Type == "a" && rule.Major is null or < 0 && rule.Minor is null or < 0 && Entry.Of(rule, 'c') is { Read: true, Write: true };

    /// <summary>Devices of a type ("c" or "b") and number (null: any), and what may or may not be done to them.</summary>
    private readonly record struct Entry(char Type, long? Major, long? Minor, bool Read, bool Write, bool Mknod)
    {
        public static Entry Of(DeviceRule rule, char type)
        {
            bool all = rule.Access.Length == 0;
            return new(type, rule.Major is >= 0 and var major ? major : null, rule.Minor is >= 0 and var minor ? minor : null,
                all || rule.Access.Contains('r'), all || rule.Access.Contains('w'), all || rule.Access.Contains('m'));
        }

        public bool IsEmpty => !Read && !Write;

        public (char Type, long? Major, long? Minor) Devices => (Type, Major, Minor);

        /// <summary>The devices of which both speak; null: none.</summary>
        public Entry? In(Entry other) =>
            Type == other.Type && (Major ?? other.Major) == (other.Major ?? Major) && (Minor ?? other.Minor) == (other.Minor ?? Minor)
                ? this with { Major = Major ?? other.Major, Minor = Minor ?? other.Minor }
                : null;

        public bool Covers(Entry other) =>
            Type == other.Type && (Major ?? other.Major) == other.Major && (Minor ?? other.Minor) == other.Minor;

        public bool Meets(Entry other) => In(other) != null && ((Read && other.Read) || (Write && other.Write));

        public Entry With(Entry other) =>
            this with { Read = Read || other.Read, Write = Write || other.Write, Mknod = Mknod || other.Mknod };

        public Entry Without(Entry other) => this with { Read = Read && !other.Read, Write = Write && !other.Write };

        /// <summary>A line of devices.allow or devices.deny: "c 1:* rwm".</summary>
        public override string ToString() =>
            $"{Type} {Number(Major)}:{Number(Minor)} {(Read ? "r" : "")}{(Write ? "w" : "")}{(Mknod ? "m" : "")}";

        private static string Number(long? number) => number?.ToString() ?? "*";
    }

    /// <summary>What the kernel is to know: the rule, and the exceptions to it.</summary>
    private sealed class Table(bool allows)
    {
        private readonly List<Entry> exceptions = [];

        /// <summary>Where the exception for such devices is.</summary>
        private readonly Dictionary<(char Type, long? Major, long? Minor), int> places = [];

        /// <summary>Applies the rules from the given one on, and then those of every container. Which one can't be; -1: all are.</summary>
        public int Apply(IReadOnlyList<DeviceRule> rules, int first)
        {
            for (int i = first; i < rules.Count; i++)
                if (!Apply(rules[i]))
                    return i;
            return DeviceProgram.Always.All(Apply) ? -1 : rules.Count;
        }

        public List<CgroupWrite> Writes()
        {
            // The configuration's first, in its order: devices.list then has them at the top.
            IEnumerable<Entry> lines = allows
                ? exceptions.Select(one => one with { Mknod = false })
                : exceptions.Concat(DeviceProgram.Always.SelectMany(Entries).Where(one => one.IsEmpty));
            List<CgroupWrite> writes = [new(allows ? "devices.allow" : "devices.deny", "a", Origin)];
            if (lines.Any()) writes.Add(new(allows ? "devices.deny" : "devices.allow", string.Join('\n', lines), Origin));
            return writes;
        }

        private bool Apply(DeviceRule rule) => Entries(rule).All(one => one.IsEmpty || (rule.Allow == allows ? Remove(one) : Add(one)));

        private static IEnumerable<Entry> Entries(DeviceRule rule)
        {
            if (rule.Type != "b") yield return Entry.Of(rule, 'c');
            if (rule.Type is "a" or "b") yield return Entry.Of(rule, 'b');
        }

        private bool Add(Entry one)
        {
            // To be opened for reading and writing, a device has to be in one exception that allows both.
            for (int i = allows ? 0 : exceptions.Count; i-- > 0;)
                if (one.In(exceptions[i]) is { } both)
                    Merge(both.With(exceptions[i]));
            Merge(one);
            return true;
        }

        private void Merge(Entry one)
        {
            if (places.TryGetValue(one.Devices, out int same))
            {
                exceptions[same] = exceptions[same].With(one);
                return;
            }

            if (exceptions.Count == MaxExceptions)
                throw new SpecException(Origin, $"can't be told to cgroup v1: they come to more than {MaxExceptions} exceptions");
            places.Add(one.Devices, exceptions.Count);
            exceptions.Add(one);
        }

        /// <summary>False if there is an exception of which it speaks in part.</summary>
        private bool Remove(Entry one)
        {
            // Taken back from a container that may have it in any case: nothing changes.
            if (!allows && DeviceProgram.Always.SelectMany(Entries).Any(always => !always.IsEmpty && always.Covers(one))) return true;
            if (exceptions.Exists(other => other.Meets(one) && !one.Covers(other))) return false;
            for (int i = 0; i < exceptions.Count; i++)
                if (one.Covers(exceptions[i]))
                    exceptions[i] = exceptions[i].Without(one);
            if (exceptions.RemoveAll(other => other.IsEmpty) == 0) return true;
            places.Clear();
            for (int i = 0; i < exceptions.Count; i++) places.Add(exceptions[i].Devices, i);
            return true;
        }
    }
}
