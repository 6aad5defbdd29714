using Rt.Systemd;

namespace Rt.Cgroups;

/// <summary>A container's limits, for systemd and for the files of the cgroup.</summary>
/// <param name="Properties">What systemd is told, so that it never sets these files to anything else.</param>
/// <param name="Writes">
/// All limits, to be written by rt as well: not every one has a property, and systemd passes over what it can't apply.
/// </param>
internal sealed record ScopeLimits(IReadOnlyList<UnitProperty> Properties, IReadOnlyList<CgroupWrite> Writes);

/// <summary>The scope unit that a container's cgroup is to be made by (systemd.scope(5)).</summary>
/// <param name="Unit">"docker-1234.scope".</param>
/// <param name="OfUser">It is one of the caller's own systemd, not the host's.</param>
/// <param name="Slice">The unit that it is put under, as "system.slice".</param>
/// <param name="Properties">All but PIDs, which is known once there is a process.</param>
/// <param name="Writes">See <see cref="ScopeLimits"/>.</param>
internal sealed record ScopePlan(
    string Unit, bool OfUser, string Slice, IReadOnlyList<UnitProperty> Properties, IReadOnlyList<CgroupWrite> Writes)
{
    /// <summary>Where the cgroup will be, below that of the systemd that makes it.</summary>
    public string Path => $"{UnitName.SlicePath(Slice)}/{Unit}";
}
