namespace Rt.Kernel;

/// <summary>A system call of the managed side that failed, worded "operation object: cause", as in "open /x: permission denied".</summary>
internal sealed class KernelException(string operation, int errno)
    : Exception(OneLine.Message($"{operation}: {Kernel.Errno.Describe(errno)}"))
{
    public int Errno { get; } = errno;

    /// <summary>Passes a result through, or throws for -errno.</summary>
    public static nint Check(nint result, string operation) => result >= 0 ? result : throw new KernelException(operation, (int)-result);
}
