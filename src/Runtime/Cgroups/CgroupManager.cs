namespace Rt.Cgroups;

/// <summary>Who makes a container's cgroups.</summary>
internal enum CgroupManager
{
    /// <summary>rt itself.</summary>
    Cgroupfs,

    /// <summary>The caller's systemd: a scope.</summary>
    Systemd,

    /// <summary>Nobody: the container stays in the caller's.</summary>
    Disabled,
}
