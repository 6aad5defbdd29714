using System.Runtime.InteropServices;
using System.Text;
using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>clone3(2), clone(2), execve(2), waitid(2), pidfd_open(2), setns(2), unshare(2).</summary>
internal static unsafe class Processes
{
    public const ulong CLONE_NEWTIME = 0x80, CLONE_NEWNS = 0x20000, CLONE_NEWCGROUP = 0x2000000,
        CLONE_NEWUTS = 0x4000000, CLONE_NEWIPC = 0x8000000, CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000,
        CLONE_NEWNET = 0x40000000, CLONE_PARENT = 0x8000, CLONE_CLEAR_SIGHAND = 0x100000000, CLONE_INTO_CGROUP = 0x200000000;

    /// <summary>struct clone_args, version 2 (Linux 5.7).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct clone_args
    {
        public ulong flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
    }

    /// <summary>
    /// Forks: 0 in the child, the child's pid in the parent, -errno. The child is one thread on a copy of this stack.
    /// </summary>
    public static int clone3(ulong flags, int cgroup)
    {
        clone_args args = new()
        {
            flags = flags | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
            exit_signal = (flags & CLONE_PARENT) != 0 ? 0u : Signals.SIGCHLD, // a sibling takes over this process's own
            cgroup = cgroup >= 0 ? (ulong)cgroup : 0,
        };
        return (int)Syscall.Invoke(SyscallNumber.clone3, (nint)(&args), sizeof(clone_args));
    }

    /// <summary>Forks by the oldest call there is, clone(2): 0 in the child.</summary>
    public static int Fork() => (int)Syscall.Invoke(clone, Signals.SIGCHLD);

    public static int getpgid(int pid) => (int)Syscall.Invoke(SyscallNumber.getpgid, pid);

    public static int setpgid(int pid, int group) => (int)Syscall.Invoke(SyscallNumber.setpgid, pid, group);

    public static int execve(byte* path, byte** argv, byte** envp) =>
        (int)Syscall.Invoke(SyscallNumber.execve, (nint)path, (nint)argv, (nint)envp);

    public static void exit_group(int status) => Syscall.Invoke(SyscallNumber.exit_group, status);

    public static int unshare(ulong flags) => (int)Syscall.Invoke(SyscallNumber.unshare, (nint)flags);

    public static int setns(int fd, ulong type) => (int)Syscall.Invoke(SyscallNumber.setns, fd, (nint)type);

    public static int kill(int pid, int signal) => (int)Syscall.Invoke(SyscallNumber.kill, pid, signal);

    public static int pidfd_open(int pid) => (int)Syscall.Invoke(SyscallNumber.pidfd_open, pid);

    /// <summary>A copy of another process's descriptor (pidfd_getfd(2)).</summary>
    public static int pidfd_getfd(int pidfd, int fd) => (int)Syscall.Invoke(SyscallNumber.pidfd_getfd, pidfd, fd);

    public static int pidfd_send_signal(int pidfd, int signal) => (int)Syscall.Invoke(SyscallNumber.pidfd_send_signal, pidfd, signal);

    /// <summary>
    /// How a process ended, from a pidfd that was opened while it was there: its exit code as <see cref="Exit"/> counts (PIDFD_GET_INFO,
    /// Linux 6.15). -ENOTTY or -EINVAL: the kernel does not tell; -ESRCH or -EAGAIN: it has not been reaped yet.
    /// </summary>
    public static int ExitCodeOf(int pidfd)
    {
        const uint PIDFD_GET_INFO = 0xC040FF0B; // _IOWR(0xFF, 11, 64 bytes)
        const ulong PIDFD_INFO_EXIT = 8;
        pidfd_info info = new() { mask = PIDFD_INFO_EXIT };
        int result = Sockets.ioctl(pidfd, PIDFD_GET_INFO, &info);
        if (result < 0) return result;
        if ((info.mask & PIDFD_INFO_EXIT) == 0) return -Errno.EAGAIN;
        int signal = info.exit_code & 0x7f; // as wait(2) has it: the code above the signal
        return signal != 0 ? 128 + signal : info.exit_code >> 8 & 0xff;
    }

    /// <summary>struct pidfd_info (include/uapi/linux/pidfd.h), the first version.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct pidfd_info
    {
        public ulong mask, cgroupid;
        public uint pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
        public int exit_code;
    }

    public static int getpid() => (int)Syscall.Invoke(SyscallNumber.getpid);

    public static int geteuid() => (int)Syscall.Invoke(SyscallNumber.geteuid);

    public static int getegid() => (int)Syscall.Invoke(SyscallNumber.getegid);

    /// <summary>How a child ended, as a shell counts: its exit code, or 128 plus the signal that killed it.</summary>
    /// <param name="Pid">0: none has ended yet; negative: -errno.</param>
    /// <param name="Signal">The signal that killed it, or 0.</param>
    public readonly record struct Exit(int Pid, int Code, int Signal = 0);

    /// <summary>
    /// Reaps one child that has ended; any child if <paramref name="pid"/> is 0. Pid 0 in the result: none has ended yet
    /// (only without <paramref name="block"/>). A negative pid in the result is -errno.
    /// </summary>
    public static Exit Reap(int pid, bool block) => Reap(pid == 0 ? P_ALL : P_PID, pid, block ? 0 : WNOHANG);

    /// <summary>As <see cref="Reap(int, bool)"/> without blocking; the child stays a zombie.</summary>
    public static Exit Peek(int pid) => Reap(pid == 0 ? P_ALL : P_PID, pid, WNOHANG | WNOWAIT);

    private const int P_ALL = 0, P_PID = 1, WNOHANG = 1, WNOWAIT = 0x1000000;

    private static Exit Reap(int which, int id, int options)
    {
        const int WEXITED = 4, CLD_EXITED = 1;
        int* siginfo = stackalloc int[32];
        siginfo[3] = 0;
        nint result;
        do result = Syscall.Invoke(waitid, which, id, (nint)siginfo, WEXITED | options);
        while (result == -Errno.EINTR);
        // siginfo_t on 64-bit: si_signo, si_errno, si_code, pad, si_pid, si_uid, si_status
        if (result < 0) return new Exit((int)result, 0);
        if (siginfo[0] == 0) return new Exit(0, 0);
        return siginfo[2] == CLD_EXITED
            ? new Exit(siginfo[4], siginfo[6])
            : new Exit(siginfo[4], 128 + siginfo[6], siginfo[6]);
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct pollfd
    {
        public int fd;
        public short events, revents;
    }

    public const short POLLIN = 1, POLLPRI = 2, POLLOUT = 4, POLLERR = 8, POLLHUP = 16;

    /// <summary>Waits without limit (or <paramref name="milliseconds"/>) until one of the descriptors has something to say.</summary>
    public static int poll(pollfd* fds, int count, long milliseconds = -1)
    {
        long* timeout = stackalloc long[2] { milliseconds / 1000, milliseconds % 1000 * 1_000_000 };
        return (int)Syscall.InvokeBlocking(ppoll, (nint)fds, count, milliseconds < 0 ? 0 : (nint)timeout);
    }

    /// <summary>As <see cref="poll"/>, without limit and for a forked child (<see cref="Syscall.InvokeBlocking"/>).</summary>
    public static int PollInChild(pollfd* fds, int count) => (int)Syscall.Invoke(ppoll, (nint)fds, count);

    /// <summary>execve from blocks of NUL-terminated texts, as /proc/PID/cmdline and /proc/PID/environ are.</summary>
    public static int ExecuteWith(byte* path, byte[] arguments, byte[] environment)
    {
        fixed (byte* args = arguments, variables = environment)
        fixed (byte** argv = Pointers(args, arguments), envp = Pointers(variables, environment))
            return execve(path, argv, envp);
    }

    /// <summary>A block of NUL-terminated texts.</summary>
    public static byte[] Block(List<string> texts) => Encoding.UTF8.GetBytes(string.Concat(texts.Select(text => text + '\0')));

    /// <summary>A pointer to each text of a block, and a null at the end.</summary>
    public static byte*[] Pointers(byte* first, byte[] block)
    {
        byte*[] pointers = new byte*[block.AsSpan().Count((byte)0) + 1];
        for (int i = 0, at = 0; i < pointers.Length - 1; i++)
        {
            pointers[i] = first + at;
            at += Text.Length(first + at) + 1;
        }

        return pointers;
    }
}
