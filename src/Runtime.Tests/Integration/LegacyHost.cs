using System.Text.Json.Nodes;

namespace Rt.Tests.Integration;

/// <summary>How a host has cgroup v1.</summary>
public enum Layout
{
    /// <summary>v1 with its controllers, and v2 with the others, or none, at /sys/fs/cgroup/unified.</summary>
    Hybrid,

    /// <summary>v1 alone.</summary>
    Legacy,
}

/// <summary>A test on hosts with cgroup v1. Skipped, with the reason, where v1 does not have a controller that it needs.</summary>
public sealed class LegacyTheoryAttribute : TheoryAttribute
{
    private const string Elsewhere = "make vm-test shows v1, groups legacy, events@mini-hybrid and conformance@mini-v1-5.10";

    public LegacyTheoryAttribute(params string[] controllers)
    {
        string[] missing = [.. controllers.Except(LegacyHost.Hierarchies.SelectMany(one => one.Split(',')))];
        if (LegacyHost.Hierarchies.Count == 0) Skip = $"cgroup v1 has no controllers here (see /proc/self/cgroup): {Elsewhere}";
        else if (missing.Length > 0)
            Skip = $"cgroup v1 does not have here: {string.Join(", ", missing)} (see /proc/self/cgroup): {Elsewhere}";
    }
}

/// <summary>
/// Mount namespaces with the cgroups of a host that has v1 at /sys/fs/cgroup: all hierarchies that this host has, and the
/// controllers that nobody has. They go with the process that holds them.
/// </summary>
public sealed class LegacyHost : IDisposable
{
    /// <summary>Marking packets limits nothing, and is usually left aside: these may be mounted for a while.</summary>
    private static readonly string[] Marks = ["net_cls", "net_prio"];

    private readonly Dictionary<Layout, Command.Running> holders = [];
    private readonly List<string> containers = [];

    /// <summary>"memory", "cpu,cpuacct", "name=systemd".</summary>
    public static IReadOnlyList<string> Hierarchies { get; } = Find();

    /// <summary>A container of a shell script on such a host.</summary>
    public Container Script(Layout layout, string script, Action<JsonNode>? change = null)
    {
        Container container = Container.Script(script, change);
        containers.Add(container.Id);
        container.Wrapper = ["nsenter", $"--mount=/proc/{Holder(layout)}/ns/mnt", "--"];
        return container;
    }

    /// <summary>A path on such a host, as this process reaches it.</summary>
    public string Path(Layout layout, string path) => $"/proc/{Holder(layout)}/root{path}";

    /// <summary>The container's directory in the hierarchy that has the controller.</summary>
    public string Cgroup(Layout layout, Container container, string controller) =>
        $"{Mount(layout, Hierarchies.First(one => one.Split(',').Contains(controller)))}/rt-test/{container.Id}";

    public string Read(Layout layout, Container container, string file) =>
        File.ReadAllText($"{Cgroup(layout, container, file.Split('.')[0])}/{file}").TrimEnd();

    public void ShouldHaveNothingOf(Layout layout, Container container)
    {
        container.ShouldHaveLeftNothing();
        foreach (string hierarchy in Hierarchies)
            Directory.GetDirectories(Mount(layout, hierarchy), container.Id, SearchOption.AllDirectories).Should().BeEmpty();
    }

    /// <summary>Ends whoever is left in the cgroups of this host's containers, and in no others, and removes them.</summary>
    public void Dispose()
    {
        foreach ((Layout layout, Command.Running holder) in holders)
        {
            Command.Shell("""
                cgroups=$1; shift
                left() { for id; do find "$cgroups"/*/rt-test/$id -depth -type d 2>/dev/null; done; }
                for i in 1 2 3 4 5; do
                    for one in $(left "$@"); do
                        [ -e $one/freezer.state ] && echo THAWED >$one/freezer.state
                        kill -9 $(cat $one/cgroup.procs) 2>/dev/null
                        rmdir $one 2>/dev/null
                    done
                    [ "$(left "$@")" ] || break
                    sleep 0.2
                done
                for one in "$cgroups"/*/rt-test; do
                    [ "$one" = "$cgroups/unified/rt-test" ] || rmdir "$one" 2>/dev/null # v2's is all tests'
                done
                """, [Path(layout, "/sys/fs/cgroup"), .. containers]);
            holder.Dispose();
        }
    }

    private string Mount(Layout layout, string hierarchy) => Path(layout, "/sys/fs/cgroup/" + Name(hierarchy));

    private static string Name(string hierarchy) => hierarchy.Replace("name=", "");

    private static string Options(string hierarchy) => hierarchy.Contains('=') ? "none," + hierarchy : hierarchy;

    private int Holder(Layout layout)
    {
        if (holders.TryGetValue(layout, out Command.Running? there)) return there.Pid;
        string mounts = string.Concat(Hierarchies.Select(one =>
            $"mkdir /sys/fs/cgroup/{Name(one)} && mount -t cgroup -o {Options(one)} cgroup /sys/fs/cgroup/{Name(one)} || exit 1\n"));
        string unified = layout == Layout.Hybrid
            ? "mkdir /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified || exit 1"
            : "";
        Command.Running holder = Command.Start("unshare", "--mount", "--propagation", "private", "sh", "-c", $"""
            mount -t tmpfs none /sys/fs/cgroup || exit 1
            {mounts}
            {unified}
            echo ready
            exec sleep 1000
            """);
        holders.Add(layout, holder);
        SpinWait.SpinUntil(() => holder.OutputSoFar.Length > 0 || holder.HasExited, Command.Patience).Should().BeTrue();
        if (holder.HasExited) holder.Wait().ShouldEndWith(0);
        return holder.Pid;
    }

    private static List<string> Find()
    {
        List<string> found = [.. File.ReadLines("/proc/self/cgroup").Select(line => line.Split(':')[1]).Where(one => one.Length > 0)];
        if (found.Count == 0) return found;
        foreach (string mark in Marks)
            if (!found.SelectMany(one => one.Split(',')).Contains(mark)
                && Command.Shell("unshare --mount sh -c 'mount -t cgroup -o $0 cgroup /mnt' $1", mark).Code == 0)
                found.Add(mark);
        return found;
    }
}
