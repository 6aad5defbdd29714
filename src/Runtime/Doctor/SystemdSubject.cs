using Rt.Systemd;

namespace Rt.Doctor;

/// <summary>The systemd that makes cgroups with --systemd-cgroup.</summary>
/// <param name="OfUser">It is a user's own (<see cref="SystemdSocket.IsOfUser(bool?)"/>).</param>
/// <param name="Version">As it says itself, such as "257.9-1"; null: it was not reached.</param>
/// <param name="Cause">Why not.</param>
internal sealed record SystemdSubject(bool OfUser, string? Version, string Cause, bool IsCgroup2Alone)
{
    private const string Name = "systemd", Lost = "--systemd-cgroup, and with it engines that have systemd make the cgroups";

    public static SystemdSubject Examine() => Examine(SystemdSocket.IsOfUser(rootless: null));

    public static SystemdSubject Examine(bool ofUser)
    {
        const long Milliseconds = 3000;
        Cgroups.CgroupHierarchy hierarchy = Cgroups.CgroupHierarchy.Detect();
        bool alone = hierarchy is { Mount: Cgroups.CgroupHierarchy.Place, Legacy.Count: 0 };
        try
        {
            using BusConnection connection = SystemdSocket.Find(ofUser).Open(new Deadline(Milliseconds, interruptions: -1));
            return new SystemdSubject(ofUser, SystemdVersion.Ask(connection), "", alone);
        }
        catch (Exception e) when (e is RtException or BusErrorException or TimeoutException or BusFormatException or Kernel.KernelException)
        {
            return new SystemdSubject(ofUser, null, e.Message.Replace("--systemd-cgroup: ", ""), alone);
        }
    }

    public Finding Judge()
    {
        string whose = OfUser ? "the user's own" : "the host's";
        if (Version == null)
            return new Finding(Name, Grade.Missing, $"{whose} can't be reached: {Cause}", Lost, OfUser
                ? "log in by a session, or loginctl enable-linger; XDG_RUNTIME_DIR has to be set"
                : "boot the host with systemd, or have engines make cgroups themselves (cgroupfs)");
        return IsCgroup2Alone
            ? new Finding(Name, Grade.Ok, $"{whose}, version {Version}")
            : new Finding(Name, Grade.Limited, $"{whose}, version {Version}; cgroup v1 is in use", Lost,
                "boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line");
    }
}
