using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>mmap(2): memory that the garbage collector knows nothing of.</summary>
internal static unsafe class Memory
{
    /// <summary>Zeroed private memory, or -errno as a small negative pointer.</summary>
    public static nint Map(nint length)
    {
        const int PROT_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS = 0x22;
        return Syscall.Invoke(mmap, 0, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
    }

    public static void Unmap(nint address, nint length) => Syscall.Invoke(munmap, address, length);
}
