namespace Rt.Kernel;

/// <summary>seccomp(2): what the kernel knows, asked without loading anything.</summary>
internal static unsafe class SeccompSupport
{
    /// <summary>An SECCOMP_RET_ action. The data in its lower 16 bits does not count.</summary>
    public static bool HasAction(uint action)
    {
        const int SECCOMP_GET_ACTION_AVAIL = 2;
        return Syscall.Invoke(SyscallNumber.seccomp, SECCOMP_GET_ACTION_AVAIL, 0, (nint)(&action)) >= 0;
    }

    /// <summary>An SECCOMP_FILTER_FLAG_ bit: unknown ones are refused before the filter is looked at, of which there is none.</summary>
    public static bool HasFlag(uint flag)
    {
        const int SECCOMP_SET_MODE_FILTER = 1;
        const uint NewListener = 8, WaitKillable = 0x20; // the latter only goes with the former
        uint flags = flag | (flag == WaitKillable ? NewListener : 0);
        return Syscall.Invoke(SyscallNumber.seccomp, SECCOMP_SET_MODE_FILTER, (nint)flags, 0) == -Errno.EFAULT;
    }
}
