using System.Runtime.InteropServices;
using Rt.Kernel;

namespace Rt.Launch;

/// <summary>
/// Turns this process into one that was started from another file of the same content, without starting anything: it maps
/// its program segments anew from there, and has /proc/self/exe point there (PR_SET_MM_MAP). A second start would cost ten
/// times as much.
/// </summary>
/// <remarks>
/// The kernel changes a process's executable only when nothing is mapped from the old one any more, so that all of them must
/// go: code is mapped over in place, byte for byte the same; of data, pages that were written to are carried over. Constants are
/// data too: the stack guard that functions check on their return (__security_cookie) is among them, and is made up at start-up.
/// Only the main thread may be at work meanwhile: the finalizer's is asleep until there is a finalizer to run. Needs
/// a kernel with CONFIG_CHECKPOINT_RESTORE, and CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
/// </remarks>
internal static unsafe class ExecutableSwap
{
    private const uint PT_LOAD = 1, PT_GNU_RELRO = 0x6474e552;
    private const uint PF_X = 1, PF_W = 2;
    private const int PageSize = 4096;

    /// <summary>Elf64_Phdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ProgramHeader
    {
        public uint Type, Flags;
        public nint Offset, Address, PhysicalAddress, FileSize, MemorySize, Align;

        public readonly nint Start => Address & ~(nint)(PageSize - 1);
        public readonly nint Length => ((Address + FileSize + PageSize - 1) & ~(nint)(PageSize - 1)) - Start;
        public readonly nint FileOffset => Offset & ~(nint)(PageSize - 1);
    }

    /// <summary>struct prctl_mm_map (include/uapi/linux/prctl.h): the fields in order, as /proc/self/stat shows them.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MemoryMap
    {
        public ulong StartCode, EndCode, StartData, EndData, StartBrk, Brk, StartStack, ArgStart, ArgEnd, EnvStart, EnvEnd;
        public ulong Auxv;
        public uint AuxvSize, ExeFd;
    }

    /// <summary>
    /// False if the kernel won't have it. The process then runs on as before, from its old file or in part already from the new
    /// one, which makes no difference to it.
    /// </summary>
    public static bool To(int file)
    {
        if (Environment.SystemPageSize != PageSize || ReadMap(file) is not { } map) return false;
        int pagemap = FileContent.TryOpen("/proc/self/pagemap", Files.O_RDONLY);
        if (pagemap < 0) return false;
        bool mapped = MapAll(file, pagemap);
        Files.close(pagemap);
        if (!mapped) return false;
        const int PR_SET_MM = 35, PR_SET_MM_MAP = 14;
        int result = Credentials.prctl(PR_SET_MM, PR_SET_MM_MAP, (nint)(&map), sizeof(MemoryMap));
        if (result < 0) Log.Debug($"change /proc/self/exe: {Errno.Describe(-result)}: starting anew instead");
        return result >= 0;
    }

    private static bool MapAll(int file, int pagemap)
    {
        const int AT_PHDR = 3, AT_PHNUM = 5;
        ProgramHeader* headers = (ProgramHeader*)getauxval(AT_PHDR);
        int count = (int)getauxval(AT_PHNUM);
        nint longest = 0;
        for (int i = 0; i < count; i++)
            if (headers[i].Type == PT_LOAD)
                longest = Math.Max(longest, headers[i].Length);
        ulong[] states = new ulong[longest / PageSize];
        for (int i = 0; i < count; i++)
            if (headers[i].Type == PT_LOAD && !Map(file, pagemap, headers[i], states))
                return false;

        // The dynamic linker's, or here the C library's, promise about relocated data.
        for (int i = 0; i < count; i++)
            if (headers[i].Type == PT_GNU_RELRO)
                Memory.Protect(headers[i].Start,
                    (headers[i].Address + headers[i].MemorySize & ~(nint)(PageSize - 1)) - headers[i].Start, Memory.PROT_READ);

        return true;
    }

    private static bool Map(int file, int pagemap, in ProgramHeader segment, ulong[] states)
    {
        const int Code = Memory.PROT_READ | Memory.PROT_EXEC;
        if ((segment.Flags & PF_X) != 0)
            return Memory.MapFile(file, segment.FileOffset, segment.Start, segment.Length, Code) == segment.Start;
        nint copy = Memory.MapFile(file, segment.FileOffset, 0, segment.Length, Memory.PROT_READ | Memory.PROT_WRITE);
        if (copy < 0 || !CarryOver(segment.Start, copy, segment.Length, pagemap, states)) return false;
        if ((segment.Flags & PF_W) == 0) Memory.Protect(segment.Start, segment.Length, Memory.PROT_READ);
        return true;
    }

    /// <summary>From the look at the pages to the move, nothing may be allocated or written to a static field: it would be lost.</summary>
    private static bool CarryOver(nint from, nint copy, nint length, int pagemap, ulong[] states)
    {
        nint pages = length / PageSize;
        fixed (ulong* room = states)
        {
            nint size = pages * sizeof(ulong);
            if (Files.ReadAt(pagemap, room, size, from / PageSize * sizeof(ulong)) != size) return false;
            for (nint page = 0; page < pages; page++)
                if (IsOwn(room[page]))
                    Buffer.MemoryCopy((void*)(from + page * PageSize), (void*)(copy + page * PageSize), PageSize, PageSize);
        }

        return Memory.Move(copy, length, from) == from;
    }

    /// <summary>
    /// A page of this process's own: written to, so that it is no longer the file's (pagemap: bit 63 present, 62 swapped, 61 file).
    /// </summary>
    private static bool IsOwn(ulong state) => (state & 3UL << 62) != 0 && (state & 1UL << 61) == 0;

    /// <summary>The process's present layout, which stays as it is, with the new executable.</summary>
    private static MemoryMap? ReadMap(int file)
    {
        fixed (byte* path = "/proc/self/stat\0"u8)
        {
            // Numbered as in proc_pid_stat(5).
            if (!ProcStat.TryRead(path, out ProcStat stat)) return null;
            return new MemoryMap
            {
                StartCode = stat[26],
                EndCode = stat[27],
                StartStack = stat[28],
                StartData = stat[45],
                EndData = stat[46],
                StartBrk = stat[47],
                ArgStart = stat[48],
                ArgEnd = stat[49],
                EnvStart = stat[50],
                EnvEnd = stat[51],
                Brk = (ulong)Memory.Break(),
                ExeFd = (uint)file,
            };
        }
    }

    [DllImport("libc")]
    private static extern nint getauxval(nint type);
}
