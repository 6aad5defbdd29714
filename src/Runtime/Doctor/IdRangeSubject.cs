using Rt.Kernel;
using Rt.Namespaces;

namespace Rt.Doctor;

/// <summary>newuidmap(1) and newgidmap(1), and the ids that are set aside for the caller (subuid(5), subgid(5)).</summary>
/// <param name="Helpers">Each program's path and whether it has the privilege that it takes; null: it is not there.</param>
/// <param name="Uids">How many ids /etc/subuid has for the caller.</param>
internal sealed record IdRangeSubject(
    Caller Caller, IReadOnlyDictionary<string, (string Path, bool IsPrivileged)?> Helpers, long Uids, long Gids)
{
    private const string Name = "id ranges", Lost = "containers with more than one user, as most images have";

    private static readonly string[] Programs = ["newuidmap", "newgidmap"];

    public static IdRangeSubject Examine(Caller caller) => new(caller,
        Programs.ToDictionary(program => program, program => IdMapHelper.Find(program) is { } path
            ? ((string, bool)?)(path, IsPrivileged(path)) : null),
        Count(Text("/etc/subuid"), caller), Count(Text("/etc/subgid"), caller));

    public Finding Judge()
    {
        if (!Caller.IsOrdinary) return new Finding(Name, Grade.Ok, "all: root maps ids itself");
        foreach (string program in Programs)
        {
            if (Helpers[program] is not { } helper)
                return new Finding(Name, Grade.Missing, $"{program} is not installed", Lost,
                    "as root: install the package uidmap (shadow-utils)");
            if (!helper.IsPrivileged)
                return new Finding(Name, Grade.Missing, $"{helper.Path} is neither set-user-ID root nor has file capabilities", Lost,
                    $"as root: chmod u+s {helper.Path}");
        }

        string remedy = $"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {Caller.Name}, "
            + "with ids that nobody else has";
        return Math.Min(Uids, Gids) switch
        {
            0 => new Finding(Name, Grade.Missing, $"/etc/{(Uids == 0 ? "subuid" : "subgid")} sets no ids aside for {Caller.Name}", Lost,
                remedy),
            < 65_536 => new Finding(Name, Grade.Limited, $"{Uids} uids, {Gids} gids", "containers whose images have higher ids", remedy),
            _ => new Finding(Name, Grade.Ok, $"{Uids} uids, {Gids} gids"),
        };
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
