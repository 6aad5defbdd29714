namespace Rt.Spec;

/// <summary>Reads hooks (config.md, "POSIX-platform Hooks").</summary>
internal static class HooksReader
{
    public static Hooks Read(ref JsonCursor json)
    {
        Hooks hooks = new();
        if (!json.Object()) return hooks;
        while (json.Property(out var name))
        {
            if (name.Is("prestart"u8)) hooks.Prestart = json.List(ReadHook);
            else if (name.Is("createRuntime"u8)) hooks.CreateRuntime = json.List(ReadHook);
            else if (name.Is("createContainer"u8)) hooks.CreateContainer = json.List(ReadHook);
            else if (name.Is("startContainer"u8)) hooks.StartContainer = json.List(ReadHook);
            else if (name.Is("poststart"u8)) hooks.Poststart = json.List(ReadHook);
            else if (name.Is("poststop"u8)) hooks.Poststop = json.List(ReadHook);
            else json.Skip();
        }

        return hooks;
    }

    public static Hook ReadHook(ref JsonCursor json)
    {
        Hook hook = new();
        if (!json.Object()) return hook;
        while (json.Property(out var name))
        {
            if (name.Is("path"u8)) hook.Path = json.String();
            else if (name.Is("args"u8)) hook.Args = json.Strings();
            else if (name.Is("env"u8)) hook.Env = json.Strings();
            else if (name.Is("timeout"u8)) hook.Timeout = json.Int32OrNull();
            else json.Skip();
        }

        return hook;
    }
}
