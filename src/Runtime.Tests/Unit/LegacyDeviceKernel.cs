using Rt.Cgroups;

namespace Rt.Tests.Unit;

/// <summary>
/// Does with lines of devices.deny and devices.allow what the kernel does (Documentation/admin-guide/cgroup-v1/devices.rst): it
/// keeps a default and exceptions to it, the same devices only once, and takes an exception away only whole.
/// </summary>
internal sealed class LegacyDeviceKernel
{
    private readonly Dictionary<string, HashSet<char>> exceptions = [];
    private bool allows = true;

    public LegacyDeviceKernel(IEnumerable<CgroupWrite> writes)
    {
        foreach (CgroupWrite write in writes)
            foreach (string line in write.Value.Split('\n'))
                Write(write.File == "devices.allow", line);
    }

    /// <summary>
    /// Where all is denied, one exception has to allow the whole access; where all is allowed, none may deny a part of it.
    /// </summary>
    public bool Allows(char type, uint major, uint minor, string access) => allows
        ? !Matching(type, major, minor).Any(letters => letters.Overlaps(access))
        : Matching(type, major, minor).Any(letters => letters.IsSupersetOf(access));

    private IEnumerable<HashSet<char>> Matching(char type, uint major, uint minor) =>
        exceptions.Where(one => one.Key.Split(' ', ':') is [var t, var a, var i]
            && t == type.ToString() && (a == "*" || a == major.ToString()) && (i == "*" || i == minor.ToString())).Select(one => one.Value);

    private void Write(bool allow, string line)
    {
        if (line[0] == 'a')
        {
            allows = allow;
            exceptions.Clear();
            return;
        }

        string devices = line[..line.LastIndexOf(' ')], letters = line[(line.LastIndexOf(' ') + 1)..];
        letters.Should().MatchRegex("^[rwm]+$", "the kernel refuses the line otherwise");
        if (allow != allows) (exceptions.TryGetValue(devices, out var old) ? old : exceptions[devices] = []).UnionWith(letters);
        else if (exceptions.TryGetValue(devices, out var less)) less.ExceptWith(letters);
    }
}
