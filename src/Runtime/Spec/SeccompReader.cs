namespace Rt.Spec;

/// <summary>Reads linux.seccomp (config-linux.md, "Seccomp").</summary>
internal static class SeccompReader
{
    public static Seccomp Read(SeccompSection section)
    {
        JsonCursor json = new(section.Json, "linux.seccomp", section.LinesBefore);
        Seccomp seccomp = new();
        if (!json.Object()) return seccomp;
        while (json.Property(out var name))
        {
            if (name.Is("defaultAction"u8)) seccomp.DefaultAction = json.String();
            else if (name.Is("defaultErrnoRet"u8)) seccomp.DefaultErrnoRet = json.UInt32OrNull();
            else if (name.Is("architectures"u8)) seccomp.Architectures = json.Strings();
            else if (name.Is("flags"u8)) seccomp.Flags = json.Strings();
            else if (name.Is("syscalls"u8)) seccomp.Syscalls = ReadRules(ref json);
            else if (name.Is("listenerPath"u8)) seccomp.ListenerPath = json.String();
            else if (name.Is("listenerMetadata"u8)) seccomp.ListenerMetadata = json.String();
            else json.Skip();
        }

        return seccomp;
    }

    private static List<SeccompRule> ReadRules(ref JsonCursor json)
    {
        List<SeccompRule> rules = [];
        if (!json.Array()) return rules;
        while (json.Element())
        {
            SeccompRule rule = new();
            rules.Add(rule);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("names"u8)) rule.Names = json.Strings();
                else if (name.Is("action"u8)) rule.Action = json.String();
                else if (name.Is("errnoRet"u8)) rule.ErrnoRet = json.UInt32OrNull();
                else if (name.Is("args"u8)) rule.Args = ReadArgs(ref json);
                else json.Skip();
            }
        }

        return rules;
    }

    private static List<SeccompArg> ReadArgs(ref JsonCursor json)
    {
        List<SeccompArg> args = [];
        if (!json.Array()) return args;
        while (json.Element())
        {
            SeccompArg arg = new();
            args.Add(arg);
            if (!json.Object()) continue;
            while (json.Property(out var name))
            {
                if (name.Is("index"u8)) arg.Index = json.UInt32();
                else if (name.Is("value"u8)) arg.Value = json.UInt64();
                else if (name.Is("valueTwo"u8)) arg.ValueTwo = json.UInt64();
                else if (name.Is("op"u8)) arg.Op = json.String();
                else json.Skip();
            }
        }

        return args;
    }
}
