using System.Globalization;
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
/// data too: the stack guard that functions check on their return (__security_cookie) is among them, and is made up at start-up. Only the main thread may be at work meanwhile: the finalizer's is asleep until there is a finalizer to
/// run. Needs a kernel with CONFIG_CHECKPOINT_RESTORE, and CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
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
        const int AT_PHDR = 3, AT_PHNUM = 5;
        if (Environment.SystemPageSize != PageSize || ReadMap(file) is not { } map) return false;
        ProgramHeader* headers = (ProgramHeader*)getauxval(AT_PHDR);
        int count = (int)getauxval(AT_PHNUM);
        for (int i = 0; i < count; i++)
        {
            ref ProgramHeader segment = ref headers[i];
            if (segment.Type != PT_LOAD) continue;
            bool mapped = (segment.Flags & PF_X) != 0 ? MapOver(file, segment) : CarryOver(file, segment);
            if (!mapped) return false;
        }

        // The dynamic linker's, or here the C library's, promise about relocated data.
        for (int i = 0; i < count; i++)
            if (headers[i].Type == PT_GNU_RELRO)
                Memory.Protect(headers[i].Start,
                    (headers[i].Address + headers[i].MemorySize & ~(nint)(PageSize - 1)) - headers[i].Start, Memory.PROT_READ);

        const int PR_SET_MM = 35, PR_SET_MM_MAP = 14;
        int result = Credentials.prctl(PR_SET_MM, PR_SET_MM_MAP, (nint)(&map), sizeof(MemoryMap));
        if (result < 0) Log.Debug($"change /proc/self/exe: {Errno.Describe(-result)}: starting anew instead");
        return result >= 0;
    }

    private static bool MapOver(int file, in ProgramHeader segment) =>
        Memory.MapFile(file, segment.FileOffset, segment.Start, segment.Length, Memory.PROT_READ | Memory.PROT_EXEC) == segment.Start;

    private static bool CarryOver(int file, in ProgramHeader segment)
    {
        int pages = (int)(segment.Length / PageSize);
        ulong[] states = new ulong[pages];
        nint copy = Memory.MapFile(file, segment.FileOffset, 0, segment.Length, Memory.PROT_READ | Memory.PROT_WRITE);
        int pagemap = copy < 0 ? -1 : FileContent.TryOpen("/proc/self/pagemap", Files.O_RDONLY);
        if (pagemap < 0) return false;
        bool moved = CarryOver(segment.Start, copy, pages, pagemap, states);
        Files.close(pagemap);
        if (moved && (segment.Flags & PF_W) == 0) Memory.Protect(segment.Start, segment.Length, Memory.PROT_READ);
        return moved;
    }

    /// <summary>From the look at the pages to the move, nothing may be allocated or written to a static field: it would be lost.</summary>
    private static bool CarryOver(nint from, nint copy, int pages, int pagemap, ulong[] states)
    {
        fixed (ulong* room = states)
        {
            int size = pages * sizeof(ulong);
            if (Files.ReadAt(pagemap, room, size, from / PageSize * sizeof(ulong)) != size) return false;
            for (nint page = 0; page < pages; page++)
                if (IsOwn(room[page]))
                    Buffer.MemoryCopy((void*)(from + page * PageSize), (void*)(copy + page * PageSize), PageSize, PageSize);
        }

        nint length = (nint)pages * PageSize;
        return Memory.Move(copy, length, from) == from;
    }

    /// <summary>
    /// A page of this process's own: written to, so that it is no longer the file's (pagemap: bit 63 present, 62 swapped, 61 file).
    /// </summary>
    private static bool IsOwn(ulong state) => (state & 3UL << 62) != 0 && (state & 1UL << 61) == 0;

    /// <summary>The process's present layout, which stays as it is, with the new executable.</summary>
    private static MemoryMap? ReadMap(int file)
    {
        if (FileContent.TryReadText("/proc/self/stat") is not { } stat) return null;
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        if (fields.Length < 49) return null;
        return new MemoryMap
        {
            StartCode = Field(26),
            EndCode = Field(27),
            StartStack = Field(28),
            StartData = Field(45),
            EndData = Field(46),
            StartBrk = Field(47),
            ArgStart = Field(48),
            ArgEnd = Field(49),
            EnvStart = Field(50),
            EnvEnd = Field(51),
            Brk = (ulong)Memory.Break(),
            ExeFd = (uint)file,
        };

        // Numbered as in proc_pid_stat(5); the first in the array is field 3.
        ulong Field(int number) => ulong.Parse(fields[number - 3], CultureInfo.InvariantCulture);
    }

    [DllImport("libc")]
    private static extern nint getauxval(nint type);
}
