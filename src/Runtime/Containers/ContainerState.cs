using System.Globalization;
using Rt.Cgroups;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>What is kept of a container in its state directory, as state.json.</summary>
internal sealed record ContainerState
{
    public required string Id { get; init; }
    public string OciVersion { get; init; } = "";

    /// <summary>Absolute.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>Absolute.</summary>
    public string Rootfs { get; init; } = "";
    public DateTime Created { get; init; }

    /// <summary>Who created it.</summary>
    public uint Owner { get; init; }

    /// <summary>The init's pid; 0 until it waits at the gate or runs the program.</summary>
    public int Pid { get; init; }

    /// <summary>
    /// When the init began, in clock ticks since boot (proc_pid_stat(5), starttime): tells it from a later process of the same pid.
    /// </summary>
    public ulong StartTime { get; init; }

    public ContainerCgroup Cgroup { get; init; } = new();

    /// <summary>The resctrl group to remove with the container; empty: none.</summary>
    public string Resctrl { get; init; } = "";

    /// <summary>
    /// The mount that the root file system's directory was on, for a container in the host's mount namespace; 0: it has its own.
    /// </summary>
    public ulong RootUnder { get; init; }

    /// <summary>The mount of its root then, once it is known.</summary>
    public ulong RootMount { get; init; }

    /// <summary>Whether the init is pid 1 of a namespace, so that its death takes all the others along.</summary>
    public bool OwnPidNamespace { get; init; }

    /// <summary>It has its creator's session keyring (--no-new-keyring).</summary>
    public bool NoNewKeyring { get; init; }

    public SortedDictionary<string, string> Annotations { get; init; } = [];

    /// <summary>Poststart and poststop hooks.</summary>
    public Spec.Hooks Hooks { get; init; } = new();

    public byte[] ToJson()
    {
        JsonText json = new();
        json.Add("ociVersion", OciVersion);
        json.Add("id", Id);
        json.Add("pid", (ulong)Pid);
        json.Add("startTime", StartTime);
        json.Add("bundle", Bundle);
        json.Add("rootfs", Rootfs);
        json.Add("created", FormatTime(Created));
        json.Add("owner", Owner);
        json.Add("cgroup", Cgroup.Unified);
        json.Add("cgroupIdentity", Cgroup.Identity);
        if (Cgroup.Unit.Length > 0) json.Add("unit", Cgroup.Unit);
        if (Cgroup.OfUser) json.Add("unitOfUser", true);
        if (Cgroup.Legacy.Count > 0) json.AddRaw("legacyCgroups", LegacyJson.Write(Cgroup.Legacy));
        if (Resctrl.Length > 0) json.Add("resctrl", Resctrl);
        if (RootUnder != 0) json.Add("rootUnder", RootUnder);
        if (RootMount != 0) json.Add("rootMount", RootMount);
        json.Add("ownPidNamespace", OwnPidNamespace);
        if (NoNewKeyring) json.Add("noNewKeyring", true);
        if (Annotations.Count > 0) json.Add("annotations", Annotations);
        if (Hooks.Poststart.Count + Hooks.Poststop.Count > 0) json.AddRaw("hooks", HooksJson.Write(Hooks));
        return json.Finish();
    }

    /// <exception cref="SpecException">The file is damaged.</exception>
    public static ContainerState FromJson(byte[] document)
    {
        JsonCursor json = new(document);
        ContainerState state = new() { Id = "" };
        if (!json.Object()) throw new SpecException("", "is null");
        while (json.Property(out var name))
        {
            if (name.Is("ociVersion"u8)) state = state with { OciVersion = json.String() };
            else if (name.Is("id"u8)) state = state with { Id = json.String() };
            else if (name.Is("pid"u8)) state = state with { Pid = json.Int32() };
            else if (name.Is("startTime"u8)) state = state with { StartTime = json.UInt64() };
            else if (name.Is("bundle"u8)) state = state with { Bundle = json.String() };
            else if (name.Is("rootfs"u8)) state = state with { Rootfs = json.String() };
            else if (name.Is("created"u8)) state = state with { Created = ParseTime(json.String()) };
            else if (name.Is("owner"u8)) state = state with { Owner = json.UInt32() };
            else if (name.Is("cgroup"u8)) state = state with { Cgroup = state.Cgroup with { Unified = json.String() } };
            else if (name.Is("cgroupIdentity"u8)) state = state with { Cgroup = state.Cgroup with { Identity = json.UInt64() } };
            else if (name.Is("unit"u8)) state = state with { Cgroup = state.Cgroup with { Unit = json.String() } };
            else if (name.Is("unitOfUser"u8)) state = state with { Cgroup = state.Cgroup with { OfUser = json.Bool() } };
            else if (name.Is("legacyCgroups"u8)) state = state with { Cgroup = state.Cgroup with { Legacy = LegacyJson.Read(ref json) } };
            else if (name.Is("resctrl"u8)) state = state with { Resctrl = json.String() };
            else if (name.Is("rootUnder"u8)) state = state with { RootUnder = json.UInt64() };
            else if (name.Is("rootMount"u8)) state = state with { RootMount = json.UInt64() };
            else if (name.Is("ownPidNamespace"u8)) state = state with { OwnPidNamespace = json.Bool() };
            else if (name.Is("noNewKeyring"u8)) state = state with { NoNewKeyring = json.Bool() };
            else if (name.Is("annotations"u8)) state = state with { Annotations = json.Map() };
            else if (name.Is("hooks"u8)) state = state with { Hooks = HooksReader.Read(ref json) };
            else json.Skip();
        }

        json.End();
        return state;
    }

    /// <summary>RFC 3339 with nanoseconds, as Go prints times: "2026-11-21T17:00:00.123456700Z".</summary>
    public static string FormatTime(DateTime time) => time.ToString("O", CultureInfo.InvariantCulture)[..^1] + "00Z";

    private static DateTime ParseTime(string text) =>
        DateTime.TryParseExact(text.Length > 3 ? text[..^3] + "Z" : "", "O",
            CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime time)
            ? time
            : default;
}
