using System.Text;
using static Rt.Spec.Validation;

namespace Rt.Spec;

/// <summary>Checks linux.namespaces and what only makes sense in namespaces of the container's own.</summary>
internal static class NamespaceValidation
{
    public static readonly IReadOnlySet<string> Types =
        new HashSet<string>(StringComparer.Ordinal) { "pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time" };

    /// <summary>The kernel takes so many ranges of ids (user_namespaces(7)).</summary>
    private const int MaxMappings = 340;

    public static void Check(Config config)
    {
        List(config.Linux.Namespaces);
        // The mounts would be the host's, where a user namespace has no say.
        Require(config.Linux.HasNamespace("mount") || !config.Linux.HasNamespace("user"), "linux.namespaces",
            "a user namespace needs a mount namespace beside it");
        Names(config);
        UserNamespace(config);
        Require(config.Linux.TimeOffsets.Count == 0 || config.Linux.HasNewNamespace("time"), "linux.timeOffsets",
            "needs a new time namespace");
        foreach ((string clock, TimeOffset offset) in config.Linux.TimeOffsets)
        {
            Require(ClockWords.Clocks.Contains(clock), $"linux.timeOffsets.{clock}", "is no clock that a time namespace can shift");
            Require(offset.Nanoseconds < 1_000_000_000, $"linux.timeOffsets.{clock}.nanosecs", $"{offset.Nanoseconds} is a second or more");
        }
    }

    /// <summary>Ranges of ids: none empty, none beyond 32 bits, no two that overlap.</summary>
    public static void Mappings(List<IdMapping> mappings, string path)
    {
        Require(mappings.Count <= MaxMappings, path, $"has more than {MaxMappings} ranges");
        for (int i = 0; i < mappings.Count; i++)
        {
            IdMapping one = mappings[i];
            Require(one.Missing.Length == 0, $"{path}[{i}].{one.Missing}", "is required");
            Require(one.Size > 0, $"{path}[{i}].size", "must be more than 0");
            // The last id, 2^32-1, stands for "no id".
            Require((ulong)one.ContainerId + one.Size <= uint.MaxValue, $"{path}[{i}].containerID", "the range goes beyond 32 bits");
            Require((ulong)one.HostId + one.Size <= uint.MaxValue, $"{path}[{i}].hostID", "the range goes beyond 32 bits");
            for (int j = 0; j < i; j++)
            {
                Require(!Overlap(one.ContainerId, mappings[j].ContainerId, one.Size, mappings[j].Size), $"{path}[{i}].containerID",
                    $"the range overlaps with {path}[{j}]");
                Require(!Overlap(one.HostId, mappings[j].HostId, one.Size, mappings[j].Size), $"{path}[{i}].hostID",
                    $"the range overlaps with {path}[{j}]");
            }
        }
    }

    private static void List(List<Namespace> namespaces)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < namespaces.Count; i++)
        {
            Namespace one = namespaces[i];
            string path = $"linux.namespaces[{i}]";
            Require(Types.Contains(one.Type), path + ".type", $"\"{one.Type}\" is no namespace");
            Require(seen.Add(one.Type), path + ".type", $"the {one.Type} namespace is there twice");
            Require(one.Path.Length == 0 || one.Path[0] == '/', path + ".path", $"\"{one.Path}\" must be an absolute path");
        }
    }

    private static void Names(Config config)
    {
        bool own = config.Linux.HasNamespace("uts");
        Require(config.Hostname.Length == 0 || own, "hostname", "unable to set hostname without a private UTS namespace");
        Require(config.Domainname.Length == 0 || own, "domainname", "unable to set domainname without a private UTS namespace");
        Require(Encoding.UTF8.GetByteCount(config.Hostname) <= 64, "hostname", "is longer than 64 bytes");
        Require(Encoding.UTF8.GetByteCount(config.Domainname) <= 64, "domainname", "is longer than 64 bytes");
    }

    private static void UserNamespace(Config config)
    {
        Mappings(config.Linux.UidMappings, "linux.uidMappings");
        Mappings(config.Linux.GidMappings, "linux.gidMappings");
        bool any = config.Linux.HasNamespace("user");
        Require(any || config.Linux.UidMappings.Count == 0, "linux.uidMappings", "needs a user namespace");
        Require(any || config.Linux.GidMappings.Count == 0, "linux.gidMappings", "needs a user namespace");
        if (!config.Linux.HasNewNamespace("user")) return; // the mappings of one that is joined are its own

        Require(config.Linux.UidMappings.Count > 0, "linux.uidMappings", "is required for a new user namespace");
        Require(config.Linux.GidMappings.Count > 0, "linux.gidMappings", "is required for a new user namespace");
        User user = config.Process!.User;
        Require(IdMapping.Has(config.Linux.UidMappings, user.Uid), "process.user.uid", $"{user.Uid} is not in linux.uidMappings");
        Require(IdMapping.Has(config.Linux.GidMappings, user.Gid), "process.user.gid", $"{user.Gid} is not in linux.gidMappings");
        for (int i = 0; i < user.AdditionalGids.Count; i++)
            Require(IdMapping.Has(config.Linux.GidMappings, user.AdditionalGids[i]), $"process.user.additionalGids[{i}]",
                $"{user.AdditionalGids[i]} is not in linux.gidMappings");
    }

    private static bool Overlap(uint a, uint b, uint sizeOfA, uint sizeOfB) => a < (ulong)b + sizeOfB && b < (ulong)a + sizeOfA;
}
