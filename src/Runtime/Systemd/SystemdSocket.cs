using Rt.Kernel;

namespace Rt.Systemd;

/// <summary>
/// Where systemd can be reached. The bus comes first: it is the documented way. A host may do without one; systemd's own socket,
/// which speaks D-Bus as well but is "private to systemd" (systemd(1)), is what is left then, and what runc falls back to.
/// </summary>
/// <param name="Buses">Tried in this order.</param>
/// <param name="Own">Systemd's own socket.</param>
internal sealed record SystemdSocket(IReadOnlyList<BusAddress> Buses, BusAddress Own)
{
    private const string Booted = "/run/systemd/system";

    /// <summary>
    /// Whether it is a user's own systemd that makes his cgroups. The root of a user namespace may be either: an ordinary user who has
    /// mapped himself, as rootless engines do, with a session of his; or the root of a container with a systemd of its own, whose
    /// sessions are root's.
    /// </summary>
    /// <param name="rootless">What <c>--rootless</c> says; null: auto.</param>
    public static bool IsOfUser(bool? rootless) =>
        IsOfUser(Processes.geteuid(), rootless, Credentials.InUserNamespace(), Environment.GetEnvironmentVariable, File.Exists);

    internal static bool IsOfUser(
        int uid, bool? rootless, bool inUserNamespace, Func<string, string?> environment, Func<string, bool> exists) =>
        uid != 0 || ((rootless ?? inUserNamespace)
            && IsAnothers(environment("XDG_RUNTIME_DIR") ?? "", environment("DBUS_SESSION_BUS_ADDRESS") ?? "", exists));

    /// <summary>Whether that is a session of somebody's but root's, whose directory logind has at /run/user/0.</summary>
    private static bool IsAnothers(string directory, string bus, Func<string, bool> exists)
    {
        const string Roots = "/run/user/0";
        if (directory.TrimEnd('/') == Roots || bus.Contains(Roots + "/")) return false;
        return bus.Length > 0 || (directory.Length > 0 && (exists(directory + "/bus") || exists(directory + "/systemd/private")));
    }

    /// <param name="user">The user's own systemd instead of the system's.</param>
    /// <exception cref="RtException">Systemd does not run here, or the environment does not tell where the user's is.</exception>
    public static SystemdSocket Find(bool user)
    {
        RequireSystemd(Booted);
        return user ? OfUser(Environment.GetEnvironmentVariable) : OfSystem(Environment.GetEnvironmentVariable);
    }

    /// <summary>As sd_booted(3) tells it.</summary>
    internal static void RequireSystemd(string booted)
    {
        int directory = FileContent.TryOpen(booted, Files.O_PATH | Files.O_DIRECTORY | Files.O_NOFOLLOW);
        if (directory < 0) throw new RtException($"--systemd-cgroup: systemd does not run here: {booted}: {Errno.Describe(-directory)}");
        Files.close(directory);
    }

    internal static SystemdSocket OfSystem(Func<string, string?> environment) => new(
        Addresses("DBUS_SYSTEM_BUS_ADDRESS", environment, "/run/dbus/system_bus_socket"), new BusAddress("/run/systemd/private"));

    internal static SystemdSocket OfUser(Func<string, string?> environment)
    {
        string directory = environment("XDG_RUNTIME_DIR") ?? "";
        if (directory.Length == 0 && environment("DBUS_SESSION_BUS_ADDRESS") is not { Length: > 0 })
            throw new RtException("--systemd-cgroup: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set, "
                + "which tell where the user's systemd is reached");
        return new(Addresses("DBUS_SESSION_BUS_ADDRESS", environment, directory + "/bus"), new BusAddress(directory + "/systemd/private"));
    }

    /// <summary>A connection on which calls to systemd can be posted.</summary>
    /// <exception cref="RtException">None can be had. Of several reasons, the message has the first bus's.</exception>
    public BusConnection Open(Deadline deadline)
    {
        KernelException? first = null;
        foreach (BusAddress address in (BusAddress[])[.. Buses, Own])
        {
            try
            {
                return BusConnection.Open(address, isBus: address != Own, deadline);
            }
            catch (KernelException e)
            {
                first ??= e;
            }
            catch (TimeoutException e)
            {
                throw new RtException($"--systemd-cgroup: {address}: {e.Message}");
            }
        }

        throw new RtException($"--systemd-cgroup: {first!.Message}");
    }

    internal static List<BusAddress> Addresses(string variable, Func<string, string?> environment, string standard)
    {
        if (environment(variable) is not { Length: > 0 } addresses) return [new BusAddress(standard)];
        try
        {
            List<BusAddress> sockets = BusAddress.Parse(addresses, environment("XDG_RUNTIME_DIR"));
            return sockets.Count > 0 ? sockets : throw new FormatException($"\"{addresses}\" has no Unix socket");
        }
        catch (FormatException e)
        {
            throw new RtException($"--systemd-cgroup: {variable}: {e.Message}");
        }
    }
}
