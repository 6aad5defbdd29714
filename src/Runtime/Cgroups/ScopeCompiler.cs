using Rt.Systemd;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>What linux.cgroupsPath, linux.resources and the annotations compile to with --systemd-cgroup. Nothing is touched.</summary>
internal static class ScopeCompiler
{
    private const string PathOrigin = "linux.cgroupsPath";

    /// <summary>The prefix of the unit's name where cgroupsPath gives none.</summary>
    private const string DefaultPrefix = "rt";

    /// <param name="ofUser">The unit is one of the caller's own systemd.</param>
    /// <exception cref="SpecException">cgroupsPath is not of systemd's form, or a limit or an annotation can't be understood.</exception>
    /// <exception cref="RtException">The host's cgroups are not systemd's kind.</exception>
    public static CgroupPlan Compile(Config config, string id, CgroupHierarchy host, bool ofUser)
    {
        if (host.Mount != CgroupHierarchy.Place)
            throw new RtException($"--systemd-cgroup takes cgroup v2 alone at {CgroupHierarchy.Place}: this host has v1 there");
        ScopePlan scope = Compile(config, id, ofUser);
        return new CgroupPlan
        {
            Scope = scope,
            Unified = new UnifiedPlan(host.Mount, scope.Path, scope.Writes, DeviceProgram.Compile(config.Linux.Resources.Devices)),
        };
    }

    internal static ScopePlan Compile(Config config, string id, bool ofUser)
    {
        (string slice, string unit) = Names(config.Linux.CgroupsPath, id, ofUser ? "user.slice" : "system.slice");
        ScopeLimits limits = Limits(config.Linux.Resources);
        List<UnitProperty> properties =
        [
            new("Description", BusValue.Of($"rt container {id}")),
            new("Slice", BusValue.Of(slice), PathOrigin),
            // systemd then leaves the files below to rt, and has all controllers there.
            new("Delegate", BusValue.Of(true)),
            new("CPUAccounting", BusValue.Of(true)),
            new("MemoryAccounting", BusValue.Of(true)),
            new("IOAccounting", BusValue.Of(true)),
            new("TasksAccounting", BusValue.Of(true)),
            // Those that it has by default stop it when the host begins to shut down, before its engine could do so in order.
            new("DefaultDependencies", BusValue.Of(false)),
            .. limits.Properties,
        ];
        foreach (UnitProperty property in PropertyAnnotations.Compile(config.Annotations))
        {
            properties.RemoveAll(own => own.Name == property.Name);
            properties.Add(property);
        }

        return new ScopePlan(unit, ofUser, slice, properties, limits.Writes);
    }

    /// <summary>Limits for a scope that there is, or is to be.</summary>
    public static ScopeLimits Limits(Resources resources)
    {
        List<CgroupWrite> writes = [.. UnifiedLimits.Compile(resources).Select(UnitLimits.Rounded)];
        return new ScopeLimits(Properties(writes), writes);
    }

    /// <summary>Those that say what writes to files of the cgroup say.</summary>
    public static IReadOnlyList<UnitProperty> Properties(IEnumerable<CgroupWrite> writes)
    {
        List<UnitProperty> properties = [];
        foreach (UnitProperty property in writes.SelectMany(UnitLimits.PropertiesOf))
        {
            // Of two writes to a file, the later holds.
            properties.RemoveAll(earlier => earlier.Name == property.Name);
            properties.Add(property);
        }

        return properties;
    }

    /// <summary>"slice:prefix:name" to the slice and "prefix-name.scope".</summary>
    internal static (string Slice, string Unit) Names(string cgroupsPath, string id, string defaultSlice)
    {
        string[] parts = cgroupsPath.Length == 0 ? ["", DefaultPrefix, UnitName.Escape(id)] : cgroupsPath.Split(':');
        if (parts.Length != 3)
            throw new SpecException(PathOrigin,
                $"expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"{cgroupsPath}\" instead");
        string slice = parts[0] switch { "" => defaultSlice, "-" => UnitName.RootSlice, string name => name };
        string unit = $"{parts[1]}-{parts[2]}{UnitName.ScopeSuffix}";
        if (!UnitName.IsSlice(slice))
            throw new SpecException(PathOrigin, $"\"{slice}\" is not the name of a slice, as \"system.slice\" or \"a-b.slice\"");
        if (parts[2].Length == 0) throw new SpecException(PathOrigin, $"\"{cgroupsPath}\" has an empty name behind the last colon");
        if (parts[2].EndsWith(UnitName.SliceSuffix, StringComparison.Ordinal))
            throw new SpecException(PathOrigin,
                $"\"{parts[2]}\" would be a slice, and systemd starts no process in one: a container's unit is a scope");
        if (!UnitName.IsValid(unit))
            throw new SpecException(PathOrigin, unit.Length > UnitName.MaxLength
                ? $"the unit's name {unit} is longer than {UnitName.MaxLength} characters"
                : $"\"{unit}\" is no name of a unit: it may have letters, digits and \":-_.\\@\"");
        return (slice, unit);
    }
}
