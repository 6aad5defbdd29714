using Rt.Cgroups;
using Rt.Shim;

namespace Rt.Containers;

/// <summary>What create and run are asked for.</summary>
internal sealed record CreateRequest
{
    public required string Id { get; init; }

    /// <summary>The bundle's directory; empty: the current one.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>Where to write the init's pid; empty: nowhere.</summary>
    public string PidFile { get; init; } = "";

    /// <summary>Where to send the terminal's master; empty: nowhere.</summary>
    public string ConsoleSocket { get; init; } = "";

    /// <summary>Where to send a pidfd of the init; empty: nowhere.</summary>
    public string PidfdSocket { get; init; } = "";

    /// <summary>This process does not stay until the container's end.</summary>
    public bool Detach { get; init; }

    /// <summary>No parent of rt's is to stay with the container.</summary>
    public bool NoShim { get; init; }

    /// <summary>Where the container's standard streams go, if a shim stays.</summary>
    public StdioMode Stdio { get; init; }

    /// <summary>
    /// Whether a shim stays: only if nobody says that he looks after the container himself, as every engine does by these files.
    /// </summary>
    public bool HasShim => Detach && !NoShim && PidFile.Length + ConsoleSocket.Length + PidfdSocket.Length == 0;

    public bool NoPivot { get; init; }
    public bool NoNewKeyring { get; init; }
    public int PreserveFds { get; init; }

    public CgroupManager CgroupManager { get; init; }

    /// <summary>Whether cgroups that can't be made are done without if no limits need them; null: as who the caller is suggests.</summary>
    public bool? Rootless { get; init; }

    /// <summary>
    /// Where this process's signals come in (<see cref="Kernel.SignalInbox"/>): they don't strike while something is half done.
    /// </summary>
    public required int Inbox { get; init; }

    /// <summary>Wait at the start gate (create), or go on to the program at once (run).</summary>
    public bool Gate { get; init; }
}
