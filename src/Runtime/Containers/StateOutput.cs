using System.Buffers;
using System.Text.Json;
using Rt.Kernel;
using Rt.Shim;

namespace Rt.Containers;

/// <summary>A container as state and list show it: the members and their order are runc's.</summary>
/// <param name="Exit">How it ended, if it has stopped and that was recorded.</param>
internal sealed record StateOutput(ContainerState State, ContainerStatus Status, ExitStatus? Exit)
{
    /// <summary>0 once the container has stopped, as runtime.md allows: the number may be another's by then.</summary>
    public int Pid => Status == ContainerStatus.Stopped ? 0 : State.Pid;

    public string Owner => UserNames.Of(State.Owner);

    public static StateOutput Read(ContainerDirectory directory)
    {
        ContainerState state = directory.Read();
        ContainerStatus status = directory.StatusOf(state);
        return new StateOutput(state, status, status == ContainerStatus.Stopped ? directory.ReadExit() : null);
    }

    public byte[] ToJson(bool indented)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = indented, NewLine = "\n" })) WriteTo(json);
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("ociVersion", State.OciVersion);
        json.WriteString("id", State.Id);
        json.WriteNumber("pid", Pid);
        json.WriteString("status", Status.Word());
        json.WriteString("bundle", State.Bundle);
        json.WriteString("rootfs", State.Rootfs);
        json.WriteString("created", ContainerState.FormatTime(State.Created));
        if (State.Annotations.Count > 0)
        {
            json.WriteStartObject("annotations");
            foreach ((string key, string value) in State.Annotations) json.WriteString(key, value);
            json.WriteEndObject();
        }

        json.WriteString("owner", Owner);
        if (Exit is { } exit)
        {
            json.WriteNumber("exitCode", exit.Code);
            json.WriteString("finished", ContainerState.FormatTime(exit.Finished));
        }

        json.WriteEndObject();
    }
}
