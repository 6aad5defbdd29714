using Rt.Plan;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>Mount flags in the words of config.json.</summary>
internal static class MountWords
{
    public static string Attributes(ulong set, ulong clear = 0)
    {
        List<string> words = [];
        Add(MOUNT_ATTR_RDONLY, "ro", "rw");
        Add(MOUNT_ATTR_NOSUID, "nosuid", "suid");
        Add(MOUNT_ATTR_NODEV, "nodev", "dev");
        Add(MOUNT_ATTR_NOEXEC, "noexec", "exec");
        Add(MOUNT_ATTR_NODIRATIME, "nodiratime", "diratime");
        Add(MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow", "symfollow");
        if ((set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME) words.Add("noatime");
        else if ((set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME) words.Add("strictatime");
        else if ((clear & MOUNT_ATTR__ATIME) != 0) words.Add("relatime");
        return string.Join(',', words);

        void Add(ulong bit, string on, string off)
        {
            if ((set & bit) != 0) words.Add(on);
            else if ((clear & bit) != 0) words.Add(off);
        }
    }

    /// <summary>"size=1m,noswap", from a list of keys and values.</summary>
    public static string Options(PlanReader plan, PlanList options) => string.Join(',', plan.Numbers(options).Chunk(2).Select(pair =>
        plan.Text(new PlanText((int)pair[0])) + (pair[1] == 0 ? "" : "=" + plan.Text(new PlanText((int)pair[1])))));

    public static string Propagation(IEnumerable<uint> flags) => string.Join(',', flags.Select(Propagation));

    public static string Propagation(uint flags) => ((flags & MS_REC) != 0 ? "r" : "") + ((ulong)flags & ~MS_REC) switch
    {
        MS_PRIVATE => "private",
        MS_SLAVE => "slave",
        MS_SHARED => "shared",
        MS_UNBINDABLE => "unbindable",
        _ => "?",
    };
}
