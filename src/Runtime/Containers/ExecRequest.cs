using Rt.Spec;

namespace Rt.Containers;

/// <summary>What exec is asked for.</summary>
internal sealed record ExecRequest
{
    public required string Id { get; init; }

    /// <summary>Makes the process out of that of the container's configuration, or takes one that was given as a whole.</summary>
    public required Func<ContainerProcess, ContainerProcess> Process { get; init; }

    /// <summary>Where to write the process's pid; empty: nowhere.</summary>
    public string PidFile { get; init; } = "";

    /// <summary>Where to send the terminal's master; empty: nowhere.</summary>
    public string ConsoleSocket { get; init; } = "";

    /// <summary>Where to send a pidfd of the process; empty: nowhere.</summary>
    public string PidfdSocket { get; init; } = "";

    /// <summary>This process does not stay until the other one's end.</summary>
    public bool Detach { get; init; }
    public bool IgnorePaused { get; init; }
    public int PreserveFds { get; init; }

    /// <summary>Cgroups below the container's (<see cref="Cgroups.ExecCgroup.Open"/>).</summary>
    public IReadOnlyList<string> Cgroups { get; init; } = [];

    /// <summary>As <see cref="CreateRequest.Rootless"/>.</summary>
    public bool? Rootless { get; init; }

    /// <summary>As <see cref="CreateRequest.Inbox"/>.</summary>
    public required int Inbox { get; init; }
}
