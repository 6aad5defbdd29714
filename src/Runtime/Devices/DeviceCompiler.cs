using Rt.Kernel;
using Rt.Mounts;
using Rt.Plan;
using Rt.Spec;

namespace Rt.Devices;

/// <summary>The device nodes and links of a container's /dev (config-linux.md, "Default Devices" and "/dev symbolic links").</summary>
internal static class DeviceCompiler
{
    private static readonly (string Name, uint Major, uint Minor)[] DefaultDevices =
        [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

    public static void Compile(PlanWriter plan, Config config)
    {
        // A /dev bound from the host is the host's: nothing is made in there.
        bool hostsDev = config.Mounts.Any(IsBindOverDev);
        if (!hostsDev) Defaults(plan, config);
        for (int i = 0; i < config.Linux.Devices.Count; i++)
            if (!hostsDev || !Path.GetFullPath(config.Linux.Devices[i].Path).StartsWith("/dev/", StringComparison.Ordinal))
                Device(plan, config.Linux.Devices[i], $"linux.devices[{i}]");
        if (!hostsDev) Links(plan);
    }

    private static void Defaults(PlanWriter plan, Config config)
    {
        PlanText dev = plan.Text("/dev");
        HashSet<string> own = new(config.Linux.Devices.Select(device => device.Path), StringComparer.Ordinal);
        foreach ((string name, uint major, uint minor) in DefaultDevices)
        {
            if (own.Contains($"/dev/{name}")) continue;
            plan.Add(new MakeDevice
            {
                Directory = dev,
                Name = plan.Text(name),
                HostPath = plan.Text($"/dev/{name}"),
                Mode = Files.S_IFCHR | 0x1b6,
                Major = major,
                Minor = minor,
            });
        }
    }

    private static void Links(PlanWriter plan)
    {
        PlanText dev = plan.Text("/dev");
        Link("ptmx", "pts/ptmx", replace: true);
        Link("fd", "/proc/self/fd");
        Link("stdin", "/proc/self/fd/0");
        Link("stdout", "/proc/self/fd/1");
        Link("stderr", "/proc/self/fd/2");
        Link("core", "/proc/kcore", onlyIf: "/proc/kcore");

        void Link(string name, string to, bool replace = false, string? onlyIf = null) => plan.Add(new MakeSymlink
        {
            Directory = dev,
            Name = plan.Text(name),
            LinkTo = plan.Text(to),
            Replace = replace,
            OnlyIf = onlyIf == null ? default : plan.Text(onlyIf),
        });
    }

    private static bool IsBindOverDev(Mount mount) =>
        MountCompiler.IsAt(mount, "/dev") && !mount.Options.Contains("remount")
            && (mount.Type is "bind" or "rbind" || mount.Options.Exists(option => option is "bind" or "rbind"));

    private static void Device(PlanWriter plan, Device device, string origin)
    {
        int slash = device.Path.LastIndexOf('/');
        plan.Add(new MakeDevice
        {
            Directory = plan.Text(slash == 0 ? "/" : device.Path[..slash]),
            Name = plan.Text(device.Path[(slash + 1)..]),
            HostPath = plan.Text(device.Path),
            Mode = device.Type switch { "b" => Files.S_IFBLK, "p" => Files.S_IFIFO, _ => Files.S_IFCHR }
                | ((device.FileMode ?? 0x1b6) & 0xfff),
            Major = device.Type == "p" ? 0 : (uint)device.Major,
            Minor = device.Type == "p" ? 0 : (uint)device.Minor,
            Uid = device.Uid ?? 0,
            Gid = device.Gid ?? 0,
        }, origin);
    }
}
