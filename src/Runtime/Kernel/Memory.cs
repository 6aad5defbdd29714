using static Rt.Kernel.SyscallNumber;

namespace Rt.Kernel;

/// <summary>
/// mmap(2), munmap(2), mremap(2), mprotect(2), madvise(2), brk(2). Addresses come back as the kernel gives them: -errno is a
/// small negative number.
/// </summary>
internal static unsafe class Memory
{
    public const int PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4;

    /// <summary>Maps a file privately: at <paramref name="address"/>, over whatever is there, or anywhere if that is 0.</summary>
    public static nint MapFile(int file, nint offset, nint address, nint length, int protection)
    {
        const int MAP_PRIVATE = 2, MAP_FIXED = 0x10;
        return Syscall.Invoke(mmap, address, length, protection, MAP_PRIVATE | (address == 0 ? 0 : MAP_FIXED), file, offset);
    }

    /// <summary>Moves a mapping to another address, over whatever is there.</summary>
    public static nint Move(nint from, nint length, nint to)
    {
        const int MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2;
        return Syscall.Invoke(mremap, from, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    }

    public static int Unmap(nint address, nint length) => (int)Syscall.Invoke(munmap, address, length);

    /// <summary>Gives pages of private memory back (MADV_DONTNEED): they read as zeros from then on.</summary>
    public static int Discard(nint address, nint length)
    {
        const int MADV_DONTNEED = 4;
        return (int)Syscall.Invoke(madvise, address, length, MADV_DONTNEED);
    }

    public static int Protect(nint address, nint length, int protection) => (int)Syscall.Invoke(mprotect, address, length, protection);

    /// <summary>The end of the heap that brk(2) grows.</summary>
    public static nint Break() => Syscall.Invoke(brk, 0);
}
