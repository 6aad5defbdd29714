using Rt.Kernel;
using Rt.Namespaces;

namespace Rt.Doctor;

/// <summary>newuidmap(1) and newgidmap(1), and the ids that are set aside for the caller (subuid(5), subgid(5)).</summary>
/// <param name="Helpers">Each program's path and whether it has the privilege that it takes; null: it is not there.</param>
/// <param name="Uids">How many ids /etc/subuid has for the caller or, for the root of a user namespace, that has.</param>
internal sealed record IdRangeSubject(
    Caller Caller, IReadOnlyDictionary<string, (string Path, bool IsPrivileged)?> Helpers, long Uids, long Gids)
{
    private const long Enough = 65_536;

    private const string Name = "id ranges", Lost = "containers with more than one user, as most images have";

    private static readonly string[] Programs = ["newuidmap", "newgidmap"];

    /// <summary>What nsswitch.conf(5) has for subid where that is not the files; null: they are.</summary>
    public string? Source { get; init; }

    /// <summary>The first id from which on none is set aside for anybody.</summary>
    public long Free { get; init; }

    public static IdRangeSubject Examine(Caller caller)
    {
        Dictionary<string, (string, bool)?> helpers = Programs.ToDictionary(program => program,
            program => IdMapHelper.Find(program) is { } path ? ((string, bool)?)(path, IsPrivileged(path)) : null);
        if (!caller.IsOrdinary) return new IdRangeSubject(caller, helpers, Mapped("/proc/self/uid_map"), Mapped("/proc/self/gid_map"));
        string uids = Text("/etc/subuid"), gids = Text("/etc/subgid");
        return new IdRangeSubject(caller, helpers, Count(uids, caller), Count(gids, caller))
        {
            Source = OtherSource(Text("/etc/nsswitch.conf")),
            Free = FirstFree(uids + "\n" + gids),
        };
    }

    public Finding Judge()
    {
        if (Caller.IsHostsRoot) return new Finding(Name, Grade.Ok, "all: root maps ids itself");
        if (!Caller.IsOrdinary)
            return Math.Min(Uids, Gids) >= Enough ? new Finding(Name, Grade.Ok, $"those of this user namespace: {Uids} uids, {Gids} gids")
                : new Finding(Name, Grade.Limited, $"those of this user namespace: {Uids} uids, {Gids} gids",
                    "containers whose images have higher ids", "a user namespace with more ids");
        foreach (string program in Programs)
        {
            if (Helpers[program] is not { } helper)
                return new Finding(Name, Grade.Missing, $"{program} is not installed", Lost,
                    "as root: install the package uidmap (shadow-utils)");
            if (!helper.IsPrivileged)
                return new Finding(Name, Grade.Missing, $"{helper.Path} is neither set-user-ID root nor has file capabilities", Lost,
                    $"as root: chmod u+s {helper.Path}");
        }

        if (Source != null)
            return new Finding(Name, Grade.Limited, $"not known: subid in /etc/nsswitch.conf is {Source}, which rt doctor does not ask",
                Lost, $"nothing, if getsubids {Caller.Name} prints some");
        return Math.Min(Uids, Gids) switch
        {
            0 => new Finding(Name, Grade.Missing, $"/etc/{(Uids == 0 ? "subuid" : "subgid")} sets no ids aside for {Caller.Name}", Lost,
                Remedy()),
            < Enough => new Finding(Name, Grade.Limited, $"{Uids} uids, {Gids} gids", "containers whose images have higher ids", Remedy()),
            _ => new Finding(Name, Grade.Ok, $"{Uids} uids, {Gids} gids"),
        };
    }

    private string Remedy() => Caller.Name.StartsWith('#')
        ? $"as root: the line {Caller.Uid}:{Free}:{Enough} in /etc/subuid and /etc/subgid"
        : $"as root: usermod --add-subuids {Free}-{Free + Enough - 1} --add-subgids {Free}-{Free + Enough - 1} {Caller.Name}";

    /// <summary>Lines FIRST-HERE FIRST-OUTSIDE COUNT (user_namespaces(7)).</summary>
    private static long Mapped(string map) => Text(map).Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Sum(words => words.Length == 3 ? long.Parse(words[2]) : 0);

    /// <summary>A line "subid: SOURCE" (subuid(5)).</summary>
    internal static string? OtherSource(string nsswitch) => nsswitch.Split('\n').Select(line => line.Split('#')[0].Split(':'))
        .Where(sides => sides[0].Trim() == "subid" && sides.Length == 2).Select(sides => sides[1].Trim())
        .FirstOrDefault(one => one != "files");

    /// <summary>As useradd(8) counts: from 100000 on, behind the highest.</summary>
    internal static long FirstFree(string entries)
    {
        long free = 100_000;
        foreach (string line in entries.Split('\n'))
            if (line.Split(':') is [_, var first, var size] && long.TryParse(first, out long start) && long.TryParse(size, out long count))
                free = Math.Max(free, start + count);
        return free;
    }

    /// <summary>Lines NAME-OR-UID:FIRST:COUNT. Others are passed over.</summary>
    internal static long Count(string text, Caller caller)
    {
        long count = 0;
        foreach (string line in text.Split('\n'))
            if (line.Split(':') is [var who, _, var size] && (who == caller.Name || who == $"{caller.Uid}"))
                count += long.TryParse(size, out long more) ? more : 0;
        return count;
    }

    private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private static unsafe bool IsPrivileged(string program)
    {
        const uint S_ISUID = 0x800;
        fixed (byte* path = FileContent.Terminated(program), attribute = "security.capability\0"u8)
            return (Statx.At(Files.AT_FDCWD, path, 0, out Statx stat) >= 0 && stat is { Uid: 0 } && (stat.Mode & S_ISUID) != 0)
                || Files.AttributeSize(path, attribute) > 0;
    }
}
