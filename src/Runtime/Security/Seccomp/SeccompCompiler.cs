using System.Text;
using Rt.Kernel;
using Rt.Spec;
using static Rt.Security.Libseccomp;

namespace Rt.Security;

/// <summary>Compiles linux.seccomp to a classic BPF program, by libseccomp.</summary>
internal static unsafe class SeccompCompiler
{
    private const uint EPERM = 1;

    /// <summary>"2.5.4"</summary>
    public static string LibraryVersion
    {
        get
        {
            Libseccomp.Version* version = seccomp_version();
            return $"{version->Major}.{version->Minor}.{version->Micro}";
        }
    }

    public static SeccompFilter Compile(Seccomp seccomp)
    {
        uint defaultAction = Action(seccomp.DefaultAction, seccomp.DefaultErrnoRet,
            "linux.seccomp.defaultAction", "linux.seccomp.defaultErrnoRet");
        uint flags = Flags(seccomp.Flags);
        SeccompListener? listener = Listener(seccomp, defaultAction, ref flags);
        nint context = seccomp_init(defaultAction);
        if (context == 0)
            throw new SpecException("linux.seccomp.defaultAction", $"libseccomp takes no default action {seccomp.DefaultAction}");
        try
        {
            // A tree instead of a list: the kernel runs the filter for every call number when it is loaded, and later for
            // every call. An older libseccomp that knows no trees makes a list.
            _ = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
            List<uint> architectures = AddArchitectures(context, seccomp.Architectures);
            for (int i = 0; i < seccomp.Syscalls.Count; i++)
                AddRule(context, seccomp.Syscalls[i], defaultAction, $"linux.seccomp.syscalls[{i}]");
            return new SeccompFilter(NewSyscalls.Prepend(seccomp, defaultAction, architectures, Export(context)), flags, listener);
        }
        finally
        {
            seccomp_release(context);
        }
    }

    /// <summary>Without the property the field sets SPEC_ALLOW: the filter is not to slow the program by speculation mitigations.</summary>
    private static uint Flags(List<string>? names)
    {
        if (names == null) return SeccompWords.Flags["SECCOMP_FILTER_FLAG_SPEC_ALLOW"];
        uint flags = 0;
        for (int i = 0; i < names.Count; i++)
            flags |= SeccompWords.Flags.TryGetValue(names[i], out uint flag)
                ? flag
                : throw Unsupported($"linux.seccomp.flags[{i}]", names[i]);
        return flags;
    }

    /// <summary>The agent of a filter that leaves calls to one; null: it does not.</summary>
    private static SeccompListener? Listener(Seccomp seccomp, uint defaultAction, ref uint flags)
    {
        const string Notify = "SCMP_ACT_NOTIFY";
        if (seccomp.ListenerPath.Length == 0 && seccomp.ListenerMetadata.Length > 0)
            throw new SpecException("linux.seccomp.listenerMetadata", "needs linux.seccomp.listenerPath beside it");
        if (defaultAction == SCMP_ACT_NOTIFY)
            throw new SpecException("linux.seccomp.defaultAction", $"{Notify} cannot be used as default action");
        bool notifies = false;
        for (int i = 0; i < seccomp.Syscalls.Count; i++)
        {
            if (seccomp.Syscalls[i].Action != Notify) continue;
            notifies = true;
            // rt itself writes, filtered already, to say which descriptor the listener is.
            int write = seccomp.Syscalls[i].Names.IndexOf("write");
            if (write >= 0)
                throw new SpecException($"linux.seccomp.syscalls[{i}].names[{write}]", $"{Notify} cannot be used for the write syscall");
        }

        if (notifies && seccomp.ListenerPath.Length == 0)
            throw new SpecException("linux.seccomp.listenerPath", $"is required with {Notify}");
        if (!notifies && (flags & SeccompWords.WaitKillable) != 0)
            throw new SpecException("linux.seccomp.flags", $"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is for filters with {Notify}");
        if (!notifies) return null;
        flags |= LoadSeccomp.NewListener;
        return new SeccompListener(seccomp.ListenerPath, seccomp.ListenerMetadata);
    }

    /// <summary>Returns the tokens of all architectures that the filter is for: the native one is always among them.</summary>
    private static List<uint> AddArchitectures(nint context, List<string> architectures)
    {
        List<uint> tokens = [seccomp_arch_native()];
        for (int i = 0; i < architectures.Count; i++)
        {
            string path = $"linux.seccomp.architectures[{i}]";
            if (!SeccompWords.Architectures.TryGetValue(architectures[i], out string? name)) throw Unsupported(path, architectures[i]);
            uint token = NullTerminated(name, static text => (int)seccomp_arch_resolve_name((byte*)text)) is var resolved and not 0
                ? (uint)resolved
                : throw Unsupported(path, architectures[i]);
            int result = seccomp_arch_add(context, token);
            if (result is < 0 and not -Errno.EEXIST)
                throw new SpecException(path, $"libseccomp can't filter {architectures[i]}: {Errno.Describe(-result)}");
            if (!tokens.Contains(token)) tokens.Add(token);
        }

        return tokens;
    }

    private static void AddRule(nint context, SeccompRule rule, uint defaultAction, string path)
    {
        uint action = Action(rule.Action, rule.ErrnoRet, path + ".action", path + ".errnoRet");
        if (rule.Names.Count == 0) throw new SpecException(path + ".names", "names no system call");
        if (action == defaultAction) return; // nothing that the default does not do

        for (int i = 0; i < rule.Names.Count; i++)
        {
            int number = NullTerminated(rule.Names[i], static text => seccomp_syscall_resolve_name((byte*)text));
            if (number == -1) continue; // config-linux.md: profiles name calls that this version does not know, which are left out

            int result = 0;
            foreach (ArgCmp[] args in Comparisons(rule.Args, path))
            {
                fixed (ArgCmp* first = args) result = seccomp_rule_add_array(context, action, number, (uint)args.Length, first);
                if (result < 0) break;
            }

            // EDOM and EFAULT: the call does not exist on one of the architectures, or has no rule there.
            if (result is < 0 and not (-33 or -Errno.EFAULT))
                throw new SpecException($"{path}.names[{i}]",
                    $"libseccomp takes no such rule for {rule.Names[i]}: {Errno.Describe(-result)}");
        }
    }

    /// <summary>
    /// All comparisons must hold together, but libseccomp takes one per argument only: when an argument is named twice, each
    /// comparison becomes a rule of its own, as the field reads it.
    /// </summary>
    private static List<ArgCmp[]> Comparisons(List<SeccompArg> args, string path)
    {
        List<ArgCmp> comparisons = [];
        for (int i = 0; i < args.Count; i++)
        {
            SeccompArg arg = args[i];
            if (arg.Index > 5) throw new SpecException($"{path}.args[{i}].index", $"a system call has arguments 0 to 5, not {arg.Index}");
            if (!SeccompWords.Operators.TryGetValue(arg.Op, out int op)) throw Unsupported($"{path}.args[{i}].op", arg.Op);
            comparisons.Add(new ArgCmp { Arg = arg.Index, Op = op, A = arg.Value, B = arg.ValueTwo });
        }

        bool repeated = comparisons.DistinctBy(comparison => comparison.Arg).Count() < comparisons.Count;
        return repeated ? comparisons.ConvertAll(comparison => new[] { comparison }) : [[.. comparisons]];
    }

    private static uint Action(string name, uint? errnoRet, string path, string errnoPath)
    {
        if (!SeccompWords.Actions.TryGetValue(name, out uint action)) throw Unsupported(path, name);
        if (action is not (SCMP_ACT_ERRNO or SCMP_ACT_TRACE))
            return errnoRet is null ? action : throw new SpecException(path, $"{name} takes no errnoRet");
        uint value = errnoRet ?? EPERM;
        return value <= 0xffff ? action | value : throw new SpecException(errnoPath, $"{value} is over 65535");
    }

    private static byte[] Export(nint context)
    {
        int file = NullTerminated("seccomp", static text => Files.memfd_create((byte*)text, Files.MFD_CLOEXEC));
        KernelException.Check(file, "memfd_create");
        try
        {
            int result = seccomp_export_bpf(context, file);
            if (result < 0) throw new SpecException("linux.seccomp", $"compile filter: {Errno.Describe(-result)}");
            Files.Rewind(file);
            return FileContent.Read(file, 4096 * 8, "seccomp filter");
        }
        finally
        {
            Files.close(file);
        }
    }

    private static int NullTerminated(string text, Func<nint, int> call)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text + '\0');
        fixed (byte* first = bytes) return call((nint)first);
    }

    private static SpecException Unsupported(string path, string word) => new(path, $"\"{word}\" is not known");
}
