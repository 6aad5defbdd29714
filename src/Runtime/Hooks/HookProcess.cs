using Rt.Kernel;

namespace Rt.Hooks;

/// <summary>
/// Runs a program beside the container: state on its stdin, output kept, time limited. For rt and for the container's init
/// alike, so that nothing here allocates, throws or locks; and by system calls that the field's seccomp profiles allow, since
/// the init may have its filter already.
/// </summary>
internal unsafe struct HookProcess
{
    /// <summary>How much of the end of its output is kept.</summary>
    public const int OutputSize = 256;

    public byte* Path;
    public byte** Args, Env;

    /// <summary>The working directory; null: the caller's.</summary>
    public byte* Directory;
    public byte* Input;
    public nint InputLength;

    /// <summary>The file that its output goes to; null: one of its own, of which the end is kept.</summary>
    public int? Output;

    /// <summary>0: none.</summary>
    public int TimeoutSeconds;

    /// <summary>
    /// Whether rt waits for it, and not the init, whose seccomp filter may not know pidfd_open(2).
    /// </summary>
    public bool OfRuntime;

    /// <summary>What else ends it, for a hook of the runtime: <see cref="SignalInbox.OpenInterruptions"/>; -1: nothing.</summary>
    public int Interruptions;

    /// <summary>A <see cref="HookStatus"/> number, or -errno; <paramref name="said"/> gets the end of the output, terminated.</summary>
    public readonly int Run(byte* said)
    {
        said[0] = 0;
        int input, output, result;
        int* execPipe = stackalloc int[2];
        fixed (byte* name = "hook\0"u8)
        {
            input = Files.memfd_create(name, Files.MFD_CLOEXEC);
            output = Output ?? Files.memfd_create(name, Files.MFD_CLOEXEC);
        }

        result = input < 0 ? input : output < 0 ? output : Fill(input);
        if (result >= 0) result = Files.pipe2(execPipe);
        if (result >= 0)
        {
            ulong mask = Signals.SetMask(ulong.MaxValue); // no handler of rt's may run in the child
            int pid = Processes.Fork();
            if (pid == 0) Become(input, output, execPipe[1]);
            Signals.SetMask(mask);
            Files.close(execPipe[1]);
            result = pid < 0 ? pid : Watch(pid, execPipe[0]);
            Files.close(execPipe[0]);
            KeepEnd(output, said);
        }

        if (input >= 0) Files.close(input);
        if (Output == null && output >= 0) Files.close(output);
        return result;
    }

    private readonly int Fill(int input)
    {
        for (nint written = 0; written < InputLength;)
        {
            nint result = Files.write(input, Input + written, InputLength - written);
            if (result < 0) return (int)result;
            written += result;
        }

        return Files.Rewind(input);
    }

    /// <summary>In the child: the hook's program, or its errno for the parent.</summary>
    private readonly void Become(int input, int output, int execPipe)
    {
        Processes.setpgid(0, 0); // so that a timeout takes along what it has started
        Files.dup3(input, 0);
        Files.dup3(output, 1); // kept in memory, for the error of a hook that fails
        Files.dup3(output, 2);
        int result = Directory == null ? 0 : Files.chdir(Directory);
        // The root of a user namespace may not be let into the bundle. No hook is promised that it starts there.
        if (result == -Errno.EACCES)
            fixed (byte* root = "/\0"u8)
                result = Files.chdir(root);
        if (result >= 0)
        {
            // Above the standard streams, the hook gets nothing; the pipe is close-on-exec.
            if (execPipe > 3) Files.close_range(3, (uint)execPipe - 1);
            Files.close_range((uint)execPipe + 1, uint.MaxValue);
            Signals.ResetAll();
            result = Processes.execve(Path, Args, Env);
        }

        int errno = -result;
        Files.write(execPipe, &errno, sizeof(int));
        Processes.exit_group(127);
    }

    /// <summary>Waits for the hook's end, and no longer than its time.</summary>
    private readonly int Watch(int pid, int execPipe)
    {
        Processes.setpgid(pid, pid);
        int errno;
        nint read;
        do read = Files.read(execPipe, &errno, sizeof(int)); // ends when execve closes the other end
        while (read == -Errno.EINTR);
        if (read == sizeof(int))
        {
            Processes.Reap(pid, block: true);
            return HookStatus.NotExecuted(errno);
        }

        return OfRuntime ? WatchByPoll(pid) : WatchByClock(pid);
    }

    private readonly int WatchByPoll(int pid)
    {
        Processes.pollfd* polls = stackalloc Processes.pollfd[2];
        int pidfd = Processes.pidfd_open(pid);
        polls[0] = new Processes.pollfd { fd = pidfd, events = Processes.POLLIN };
        polls[1] = new Processes.pollfd { fd = Interruptions, events = Processes.POLLIN };
        int ready = pidfd < 0 ? pidfd : Processes.poll(polls, 2, TimeoutSeconds > 0 ? TimeoutSeconds * 1000L : -1);
        bool ended = ready > 0 && polls[0].revents != 0;
        if (!ended) Processes.kill(-pid, Signals.SIGKILL);
        Processes.Exit exit = Processes.Reap(pid, block: true);
        if (pidfd >= 0) Files.close(pidfd);
        return ended ? StatusOf(exit)
            : ready > 0 ? HookStatus.Interrupted(SignalInbox.Take(Interruptions))
            : ready == 0 ? HookStatus.TimedOut : ready;
    }

    /// <summary>A second child is the clock.</summary>
    private readonly int WatchByClock(int pid)
    {
        int clock = TimeoutSeconds > 0 ? StartClock(pid) : 0;
        if (clock < 0) Processes.kill(-pid, Signals.SIGKILL);
        bool late = false;
        if (clock > 0)
        {
            // Any child, since a hook may have left its group. Orphans that it leaves behind may come to this process and end first.
            Processes.Exit first;
            do first = Processes.Reap(0, block: true);
            while (first.Pid > 0 && first.Pid != pid && first.Pid != clock);
            if (first.Pid == pid)
            {
                Processes.kill(clock, Signals.SIGKILL);
                Processes.Reap(clock, block: true);
                return StatusOf(first);
            }

            late = true;
            Processes.kill(-pid, Signals.SIGKILL);
        }

        Processes.Exit exit = Processes.Reap(pid, block: true);
        return clock < 0 ? clock : late ? HookStatus.TimedOut : StatusOf(exit);
    }

    private static int StatusOf(Processes.Exit exit) => exit.Pid < 0 ? exit.Pid
        : exit.Signal != 0 ? HookStatus.Killed(exit.Signal) : HookStatus.Exited(exit.Code);

    private readonly int StartClock(int group)
    {
        int pid = Processes.Fork();
        if (pid == 0)
        {
            // It must not outlive whoever waits for it, nor hold open what that has: a lock, a socket, the gate.
            Processes.setpgid(0, group);
            Credentials.prctl(Credentials.PR_SET_PDEATHSIG, Signals.SIGKILL);
            Files.close_range(0, uint.MaxValue);
            Clock.Sleep(TimeoutSeconds);
            Processes.exit_group(0);
        }

        if (pid > 0) Processes.setpgid(pid, group);
        return pid;
    }

    private static void KeepEnd(int output, byte* said)
    {
        long size = Files.Size(output);
        nint from = size > OutputSize - 1 ? (nint)size - (OutputSize - 1) : 0;
        nint length = Files.ReadAt(output, said, OutputSize - 1, from);
        said[length < 0 ? 0 : length] = 0;
    }
}
