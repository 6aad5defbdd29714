namespace Rt.Spec;

/// <summary>Reads process (config.md, "Process").</summary>
internal static class ProcessReader
{
    /// <summary>A document that is a process and nothing else.</summary>
    /// <exception cref="SpecException">By the path in the document.</exception>
    public static ContainerProcess Read(byte[] document)
    {
        JsonCursor json = new(document);
        ContainerProcess process = Read(ref json) ?? throw new SpecException("", "the process is null");
        json.End();
        return process;
    }

    public static ContainerProcess? Read(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        ContainerProcess process = new();
        JsonCursor size = default; // on consoleSize, which counts only with terminal, wherever that stands
        bool hasSize = false;
        while (json.Property(out var name))
        {
            if (name.Is("terminal"u8)) process.Terminal = json.Bool();
            else if (name.Is("consoleSize"u8))
            {
                size = json;
                hasSize = true;
                json.Skip();
            }
            else if (name.Is("user"u8)) process.User = ReadUser(ref json);
            else if (name.Is("args"u8)) process.Args = json.Strings();
            else if (name.Is("env"u8)) process.Env = json.Strings();
            else if (name.Is("cwd"u8)) process.Cwd = json.String();
            else if (name.Is("capabilities"u8)) process.Capabilities = ReadCapabilities(ref json);
            else if (name.Is("rlimits"u8)) process.Rlimits = json.List(ReadRlimit);
            else if (name.Is("noNewPrivileges"u8)) process.NoNewPrivileges = json.Bool();
            else if (name.Is("oomScoreAdj"u8)) process.OomScoreAdj = json.Int32OrNull();
            else if (name.Is("apparmorProfile"u8)) process.ApparmorProfile = json.String();
            else if (name.Is("selinuxLabel"u8)) process.SelinuxLabel = json.String();
            else if (name.Is("scheduler"u8)) process.Scheduler = ReadScheduler(ref json);
            else if (name.Is("ioPriority"u8)) process.IoPriority = ReadIoPriority(ref json);
            else if (name.Is("execCPUAffinity"u8)) process.ExecCpuAffinity = ReadAffinity(ref json);
            else json.Skip();
        }

        if (process.Terminal && hasSize) process.ConsoleSize = ReadConsoleSize(ref size);
        return process;
    }

    private static ConsoleSize? ReadConsoleSize(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        ConsoleSize size = new();
        while (json.Property(out var name))
        {
            if (name.Is("height"u8)) size.Height = json.UInt32();
            else if (name.Is("width"u8)) size.Width = json.UInt32();
            else json.Skip();
        }

        return size;
    }

    private static User ReadUser(ref JsonCursor json)
    {
        User user = new();
        if (!json.Object()) return user;
        while (json.Property(out var name))
        {
            if (name.Is("uid"u8)) user.Uid = json.UInt32();
            else if (name.Is("gid"u8)) user.Gid = json.UInt32();
            else if (name.Is("umask"u8)) user.Umask = json.UInt32OrNull();
            else if (name.Is("additionalGids"u8)) user.AdditionalGids = json.UInt32s();
            else json.Skip();
        }

        return user;
    }

    private static Capabilities? ReadCapabilities(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        Capabilities capabilities = new();
        while (json.Property(out var name))
        {
            if (name.Is("bounding"u8)) capabilities.Bounding = json.Strings();
            else if (name.Is("effective"u8)) capabilities.Effective = json.Strings();
            else if (name.Is("inheritable"u8)) capabilities.Inheritable = json.Strings();
            else if (name.Is("permitted"u8)) capabilities.Permitted = json.Strings();
            else if (name.Is("ambient"u8)) capabilities.Ambient = json.Strings();
            else json.Skip();
        }

        return capabilities;
    }

    private static Rlimit ReadRlimit(ref JsonCursor json)
    {
        Rlimit limit = new();
        if (!json.Object()) return limit;
        while (json.Property(out var name))
        {
            if (name.Is("type"u8)) limit.Type = json.String();
            else if (name.Is("soft"u8)) limit.Soft = json.UInt64();
            else if (name.Is("hard"u8)) limit.Hard = json.UInt64();
            else json.Skip();
        }

        return limit;
    }

    private static Scheduler? ReadScheduler(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        Scheduler scheduler = new();
        while (json.Property(out var name))
        {
            if (name.Is("policy"u8)) scheduler.Policy = json.String();
            else if (name.Is("nice"u8)) scheduler.Nice = json.Int32();
            else if (name.Is("priority"u8)) scheduler.Priority = json.Int32();
            else if (name.Is("flags"u8)) scheduler.Flags = json.Strings();
            else if (name.Is("runtime"u8)) scheduler.Runtime = json.UInt64();
            else if (name.Is("deadline"u8)) scheduler.Deadline = json.UInt64();
            else if (name.Is("period"u8)) scheduler.Period = json.UInt64();
            else json.Skip();
        }

        return scheduler;
    }

    private static IoPriority? ReadIoPriority(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        IoPriority priority = new();
        while (json.Property(out var name))
        {
            if (name.Is("class"u8)) priority.Class = json.String();
            else if (name.Is("priority"u8)) priority.Priority = json.Int32();
            else json.Skip();
        }

        return priority;
    }

    private static ExecCpuAffinity? ReadAffinity(ref JsonCursor json)
    {
        if (!json.Object()) return null;
        ExecCpuAffinity affinity = new();
        while (json.Property(out var name))
        {
            if (name.Is("initial"u8)) affinity.Initial = json.String();
            else if (name.Is("final"u8)) affinity.Final = json.String();
            else json.Skip();
        }

        return affinity;
    }
}
