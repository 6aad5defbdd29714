using Rt.Kernel;

namespace Rt.Doctor;

/// <summary>System calls and parts of them that older kernels, or a seccomp filter around rt, do not let it have.</summary>
/// <param name="Results">What a harmless call said, by the names of <see cref="Calls"/>: 0 or more, or -errno.</param>
internal sealed unsafe record KernelSubject(IReadOnlyDictionary<string, int> Results)
{
    private const string Name = "system calls";

    /// <param name="Since">The first kernel that has it.</param>
    /// <param name="IsNeeded">Without it, no container can be started.</param>
    /// <param name="Try">The call, with arguments that are refused or that change nothing.</param>
    /// <param name="TakesPrivilege">Whether the kernel itself answers EPERM; else it is a filter that does.</param>
    private sealed record Call(string Name, string Since, string Lost, bool IsNeeded, Func<int> Try, bool TakesPrivilege = false);

    private static readonly Call[] Calls =
    [
        new("clone3", "5.7", "every container", true, () => ForkedProbe.Run(0)),
        new("openat2", "5.6", "every container", true, TryOpen),
        new("fsopen", "5.2", "every container", true, () => MountApi.fsopen(null), TakesPrivilege: true),
        new("open_tree", "5.2", "every container", true, () => MountApi.open_tree_clone(-1, null, recursive: false),
            TakesPrivilege: true),
        new("close_range", "5.9", "every container", true, () => Files.close_range(1, 0)),
        new("pidfd_open", "5.3", "every container", true, () => Opened(Processes.pidfd_open(Processes.getpid()))),
        new("mount_setattr", "5.12", "recursive read-only mounts, idmapped mounts, and attributes of bind mounts in one call", false,
            () => MountApi.SetIdMap(-1, -1, recursive: false), TakesPrivilege: true),
        new("faccessat2", "5.8", "nothing but time: an older call takes its place", false, TryAccess),
        new("exit codes by pidfd", "6.15", "rt wait for containers that have no shim", false, TryExitCode),
    ];

    public static KernelSubject Examine() => new(Calls.ToDictionary(call => call.Name, call => call.Try()));

    public IEnumerable<Finding> Findings()
    {
        string there = string.Join(", ", Calls.Where(IsKnown).Select(call => call.Name));
        if (there.Length > 0) yield return new Finding(Name, Grade.Ok, there);
        foreach (Call call in Calls)
            if (!IsKnown(call))
                yield return new Finding(call.Name, Grade.Missing, "the kernel, or a seccomp filter around rt, has none", call.Lost,
                    $"Linux {call.Since} or later; in a container, a seccomp profile that allows it") { IsFatal = call.IsNeeded };
    }

    private bool IsKnown(Call call) => Results[call.Name] switch
    {
        -Errno.ENOSYS or -Errno.ENOTTY or -Errno.EOPNOTSUPP => false,
        -Errno.EPERM => call.TakesPrivilege,
        _ => true,
    };

    private static int TryOpen()
    {
        fixed (byte* path = "/\0"u8) return Opened(Files.openat2(Files.AT_FDCWD, path, Files.O_PATH, 0));
    }

    private static int Opened(int descriptor) => descriptor < 0 ? descriptor : Files.close(descriptor);

    private static int TryAccess()
    {
        fixed (byte* path = "/\0"u8)
            return (int)Syscall.Invoke(SyscallNumber.faccessat2, Files.AT_FDCWD, (nint)path, Files.X_OK, Files.AT_EACCESS);
    }

    /// <summary>Of a child that has been reaped.</summary>
    private static int TryExitCode()
    {
        int pid = Processes.Fork();
        if (pid == 0) Processes.exit_group(0);
        int pidfd = Processes.pidfd_open(pid);
        Processes.Reap(pid, block: true);
        int code = pidfd < 0 ? pidfd : Processes.ExitCodeOf(pidfd);
        if (pidfd >= 0) Files.close(pidfd);
        return code is -Errno.EINVAL or -Errno.EAGAIN or -Errno.ESRCH ? -Errno.ENOTTY : code;
    }
}
