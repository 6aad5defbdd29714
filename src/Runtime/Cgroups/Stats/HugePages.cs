using System.Globalization;

namespace Rt.Cgroups;

/// <summary>The sizes of huge pages that this kernel has, as the hugetlb controller writes them into its files' names.</summary>
internal static class HugePages
{
    private const string Place = "/sys/kernel/mm/hugepages", Prefix = "hugepages-", Suffix = "kB";

    public static IEnumerable<string> Sizes() =>
        Directory.Exists(Place) ? Sizes(Directory.GetDirectories(Place).Select(path => Path.GetFileName(path))) : [];

    /// <summary>"2MB" for "hugepages-2048kB" (hugetlb_cgroup_file_init of mm/hugetlb_cgroup.c).</summary>
    internal static IEnumerable<string> Sizes(IEnumerable<string> directories)
    {
        foreach (string name in directories)
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal) || !name.EndsWith(Suffix, StringComparison.Ordinal)) continue;
            if (!ulong.TryParse(name[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out ulong size)) continue;
            yield return size >= 1 << 20 ? $"{size >> 20}GB" : size >= 1 << 10 ? $"{size >> 10}MB" : $"{size}KB";
        }
    }
}
