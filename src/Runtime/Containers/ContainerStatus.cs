namespace Rt.Containers;

/// <summary>The statuses of runtime.md, "State", and the one that every runtime has beside them.</summary>
internal enum ContainerStatus
{
    Creating,
    Created,
    Running,
    Stopped,
    Paused,
}

internal static class ContainerStatusWords
{
    public static string Word(this ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };
}
