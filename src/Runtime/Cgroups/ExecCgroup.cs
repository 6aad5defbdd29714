using Rt.Kernel;
using Rt.Systemd;

namespace Rt.Cgroups;

/// <summary>
/// The cgroups that another process of a container is put into: the container's own, or those below that --cgroup names, which
/// must be there.
/// </summary>
internal sealed class ExecCgroup : IDisposable
{
    private readonly ContainerCgroup cgroup;
    private readonly int init;
    private readonly bool limited, chosen;
    private readonly List<int> opened = [];

    /// <summary>Why the process was not born into the cgroup of v2; empty: it was.</summary>
    private string refusal = "";

    private ExecCgroup(ContainerCgroup cgroup, int init, bool limited, bool chosen)
    {
        this.cgroup = cgroup;
        this.init = init;
        this.limited = limited;
        this.chosen = chosen;
    }

    /// <summary>Those of v1, in the order in which they are joined.</summary>
    public IReadOnlyList<LegacyDirectory> Legacy { get; private init; } = [];

    /// <summary>That of v2, for CLONE_INTO_CGROUP; -1: none.</summary>
    public int Descriptor { get; private set; } = -1;

    /// <param name="init">The container's, in the pid namespace of this process.</param>
    /// <param name="limited">rt may be refused to put processes there (<see cref="CgroupPrivilege.IsLimited"/>).</param>
    /// <param name="paths">
    /// Below the container's cgroups: "path", or for v1 "controller,controller:path". Those not named are the container's own.
    /// </param>
    public static ExecCgroup Open(ContainerCgroup cgroup, int init, bool limited, IReadOnlyList<string> paths)
    {
        Dictionary<string, string> below = Parse(paths);
        if (below.Count > 0 && !cgroup.Exists) throw new RtException("--cgroup: the container has no cgroup");
        string everywhere = below.GetValueOrDefault("", "");
        foreach (string controller in below.Keys)
            if (controller.Length > 0 && !cgroup.Legacy.Any(one => one.Has(controller)))
                throw new RtException($"--cgroup: the container is in no cgroup v1 hierarchy with the controller {controller}");

        ExecCgroup result = new(cgroup, init, limited, chosen: below.Count > 0)
        {
            Legacy = [.. cgroup.Legacy.Select(one => one with { Path = one.Path + PathFor(one, below, everywhere) })],
        };
        foreach (LegacyDirectory one in result.Legacy)
            if (below.Count > 0 && !Directory.Exists(one.Path))
                throw new RtException($"--cgroup: {one.Path}: {Errno.Describe(Errno.ENOENT)}");
        if (cgroup.Unified.Length == 0) return result;
        string unified = cgroup.Unified + everywhere;
        int errno = result.TryOpenUnified(unified);
        if (errno != 0 && result.Instead(errno) == null) throw new RtException($"cgroup {unified}: {Errno.Describe(errno)}");
        return result;
    }

    /// <summary>
    /// The descriptor of another cgroup where the kernel has refused this one: that of the container's init, if the container has
    /// handed controllers down to cgroups of its own (cgroups(7), "no internal processes") or has left and removed it; or none (-1), if
    /// an ordinary user may not put processes there (<see cref="Enter"/> does what can be done then). Null: it is refused.
    /// </summary>
    public int? Instead(int errno)
    {
        if (errno is Errno.EACCES or Errno.EPERM && limited && !chosen)
        {
            refusal = $"cgroup {cgroup.Unified}: {Errno.Describe(errno)}";
            return -1;
        }

        if (errno is not (Errno.EBUSY or Errno.ENOENT or Errno.ENODEV) || chosen) return null;
        if (CgroupHierarchy.Detect().Mount is not { } mount || FileContent.TryReadText($"/proc/{init}/cgroup") is not { } own) return null;
        string path = mount + CgroupHierarchy.OwnCgroup(own);
        bool isOutside = path.Split('/').Contains(".."); // of rt's cgroup namespace
        return path != cgroup.Unified && !isOutside && TryOpenUnified(path) == 0 ? Descriptor : null;
    }

    /// <summary>
    /// Moves a process that waits into the container's cgroup, if the kernel has refused to have it born there: who made the
    /// cgroup, systemd, may do that.
    /// </summary>
    public void Enter(int pid)
    {
        if (refusal.Length == 0) return;
        try
        {
            if (cgroup.Unit.Length == 0) throw new RtException(refusal);
            using SystemdUnit unit = SystemdUnit.Open(cgroup.Unit, cgroup.OfUser);
            unit.Attach(pid);
        }
        catch (RtException e)
        {
            Log.Warn($"{e.Message}: the process runs outside the container's cgroup");
        }
    }

    public void Dispose() => opened.ForEach(file => Files.close(file));

    /// <summary>Opens <see cref="Descriptor"/>. Returns an errno, or 0.</summary>
    private int TryOpenUnified(string path)
    {
        int directory = FileContent.TryOpen(path, Files.O_PATH | Files.O_DIRECTORY);
        if (directory < 0) return -directory;
        opened.Add(directory);
        Descriptor = directory;
        return 0;
    }

    private static string PathFor(LegacyDirectory directory, Dictionary<string, string> below, string everywhere) =>
        below.FirstOrDefault(one => one.Key.Length > 0 && directory.Has(one.Key)).Value ?? everywhere;

    /// <summary>Paths by controller, each "" or beginning with "/"; by "" the one for all.</summary>
    internal static Dictionary<string, string> Parse(IReadOnlyList<string> arguments)
    {
        Dictionary<string, string> paths = new(StringComparer.Ordinal);
        foreach (string argument in arguments)
        {
            int colon = argument.IndexOf(':');
            if (colon < 0 && arguments.Count > 1)
                throw new RtException($"invalid --cgroup argument: {argument} (missing <controller>: prefix)");
            string path = argument[(colon + 1)..].Trim('/');
            if (path.Split('/').Any(part => part is "." or ".."))
                throw new RtException($"invalid --cgroup argument: {argument} (it may not lead up)");
            foreach (string controller in colon < 0 ? [""] : argument[..colon].Split(','))
            {
                if (colon >= 0 && controller.Length == 0)
                    throw new RtException($"invalid --cgroup argument: {argument} (empty <controller> prefix)");
                if (!paths.TryAdd(controller, path.Length == 0 ? "" : "/" + path))
                    throw new RtException($"invalid --cgroup argument(s): controller {controller} specified multiple times");
            }
        }

        return paths;
    }
}
