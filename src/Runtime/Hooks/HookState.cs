using Rt.Spec;

namespace Rt.Hooks;

/// <summary>The container's state as hooks get it on stdin (runtime.md, "State").</summary>
internal sealed record HookState(string OciVersion, string Id, string Bundle, SortedDictionary<string, string> Annotations)
{
    /// <summary>Where the digits of the pid begin in <see cref="WithRoomForPid"/>, and how many bytes there are for them.</summary>
    public const int PidOffset = 7, PidWidth = 10;

    /// <param name="pid">As rt sees it; 0 for a container that has stopped, which is left out.</param>
    public byte[] Json(string status, int pid) => Write(status, pid == 0 ? null : $"{pid}");

    /// <summary>The pid, which the container's own namespace decides, is blank: its place is the same in every state.</summary>
    public byte[] WithRoomForPid(string status) => Write(status, new string(' ', PidWidth));

    private byte[] Write(string status, string? pid)
    {
        JsonText json = new();
        if (pid != null) json.AddRaw("pid", pid); // first, so that its offset is known
        json.Add("ociVersion", OciVersion);
        json.Add("id", Id);
        json.Add("status", status);
        json.Add("bundle", Bundle);
        if (Annotations.Count > 0) json.Add("annotations", Annotations);
        return json.Finish();
    }
}
