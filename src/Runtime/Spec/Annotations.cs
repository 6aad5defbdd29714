namespace Rt.Spec;

/// <summary>The annotations that change what rt does. All others are only shown by <c>state</c> and to hooks.</summary>
internal static class Annotations
{
    /// <summary>Podman's --group-add keep-groups, as crun has it: the container's user keeps the caller's supplementary groups.</summary>
    public const string KeepOriginalGroups = "run.oci.keep_original_groups";

    /// <summary>The mount option that linux.mountLabel is given to file systems by: context, fscontext, defcontext, rootcontext.</summary>
    public const string MountContextType = "run.oci.mount_context_type";

    /// <summary>Before the name of a property for the scope that systemd makes, as runc and crun have it.</summary>
    public const string SystemdProperty = "org.systemd.property.";

    /// <summary>For the features document: who lets others set these lets them change how the container is confined.</summary>
    public static readonly IReadOnlyList<string> Unsafe = [KeepOriginalGroups, MountContextType, SystemdProperty];

    public static bool KeepGroups(Config config) => config.Annotations.TryGetValue(KeepOriginalGroups, out string? value) && value == "1";
}
