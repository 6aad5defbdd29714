namespace Rt.Shim;

/// <summary>
/// The files that a shim has in its container's state directory. rt makes all of them beforehand: the shim never makes a file, which a
/// delete at the same time would trip over.
/// </summary>
internal static class ShimFiles
{
    /// <summary>How the container ended (<see cref="Shim.ExitRecord"/>). A container that has a shim has this file.</summary>
    public const string ExitRecord = "exit";

    /// <summary>Where viewers connect (<see cref="AttachMessage"/>), if the container has a terminal.</summary>
    public const string AttachSocket = "attach";

    /// <summary>The container's output (<see cref="LogFormat"/>), if that does not go elsewhere.</summary>
    public static readonly string[] Logs = ["log.0", "log.1"];

    public static readonly string[] All = [ExitRecord, AttachSocket, .. Logs];
}
