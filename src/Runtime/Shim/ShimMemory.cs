using Rt.Kernel;

namespace Rt.Shim;

/// <summary>
/// Gives back what the shim has inherited and does not need. As long as rt is there, pages are shared with it; when it has ended, what
/// is mapped would be the shim's own.
/// </summary>
/// <remarks>
/// Everything goes that lies between the heap of brk(2), where the C library keeps this thread's data, and the stack: the collector's
/// heap, other threads' stacks. Of the stack, what is below the present frames; of the program, pages that were never written to: those
/// that the shim works with come back by themselves. Runs in the shim.
/// </remarks>
internal static unsafe class ShimMemory
{
    private const int PageSize = 4096;

    /// <summary>Left to the calls to come, below the present frame.</summary>
    private const int StackInUse = 8 * PageSize;

    public static void Release()
    {
        const int Size = 12 << 10; // a mapping takes some 50 to 100 bytes; what is cut off stays
        byte* maps = stackalloc byte[Size];
        nint length = Read("/proc/self/maps\0"u8, maps, Size);
        nint heapEnd = Memory.Break();
        int pagemap;
        fixed (byte* path = "/proc/self/pagemap\0"u8) pagemap = Files.open(path, Files.O_RDONLY);
        // From the last line to the first, so that the program's own code, which is being used, comes last.
        for (byte* end = maps + length - 1, line; end > maps; end = line - 1)
        {
            line = end;
            while (line > maps && line[-1] != '\n') line--;
            if (*end == '\n') ReleaseMapping(line, end, heapEnd, pagemap);
        }

        Files.close(pagemap);
    }

    /// <summary>A line is "START-END ACCESS OFFSET DEVICE INODE NAME" (proc_pid_maps(5)).</summary>
    private static void ReleaseMapping(byte* line, byte* lineEnd, nint heapEnd, int pagemap)
    {
        nint start = Hexadecimal(ref line);
        line++;
        nint length = Hexadecimal(ref line) - start;
        while (line < lineEnd && *line != '[') line++;
        byte name = line < lineEnd ? line[1] : (byte)0;
        if (name == 's')
        {
            byte here;
            nint unused = ((nint)(&here) & -PageSize) - StackInUse - start;
            if (unused > 0) Memory.Discard(start, unused); // [stack]
        }
        else if (start < heapEnd) DiscardFilePages(start, length, pagemap);
        else if (name != 'v') Memory.Unmap(start, length); // but not [vdso] and [vvar]
    }

    /// <summary>Pages that are still the file's (pagemap: bit 63 present, 61 file) can be had again from there.</summary>
    private static void DiscardFilePages(nint start, nint length, int pagemap)
    {
        const int Count = 256;
        const ulong PresentOfFile = 1UL << 63 | 1UL << 61;
        ulong* pages = stackalloc ulong[Count];
        for (nint end = start + length; start < end;)
        {
            nint wanted = (end - start) / PageSize < Count ? (end - start) / PageSize : Count;
            nint read = Files.ReadAt(pagemap, pages, wanted * sizeof(ulong), start / PageSize * sizeof(ulong));
            if (read <= 0) return; // no procfs: they stay
            nint count = read / sizeof(ulong);
            for (nint first = 0, next; first < count; first = next + 1)
            {
                for (next = first; next < count && (pages[next] & PresentOfFile) == PresentOfFile;) next++;
                if (next > first) Memory.Discard(start + first * PageSize, (next - first) * PageSize);
            }

            start += count * PageSize;
        }
    }

    private static nint Hexadecimal(ref byte* text)
    {
        nint number = 0;
        for (; ; text++)
        {
            if (*text is >= (byte)'0' and <= (byte)'9') number = (number << 4) + (*text - '0');
            else if (*text is >= (byte)'a' and <= (byte)'f') number = (number << 4) + (*text - 'a' + 10);
            else return number;
        }
    }

    /// <summary>Changes the command line, over the place of the arguments that rt was called with and of its environment.</summary>
    /// <param name="title">Cut if it does not fit.</param>
    public static void SetTitle(byte* title)
    {
        ProcStat stat;
        fixed (byte* path = "/proc/self/stat\0"u8)
            if (!ProcStat.TryRead(path, out stat))
                return; // no procfs
        byte* start = (byte*)stat[48], argumentsEnd = (byte*)stat[49], environmentEnd = (byte*)stat[51];
        if (start == null || argumentsEnd <= start || environmentEnd <= argumentsEnd) return; // not for this process to know

        // Beyond the arguments, it is taken to go on to its NUL if there is none at the end of their place.
        int titleLength = Text.CopyTruncated(start, (int)(environmentEnd - start), title, Text.Length(title));
        for (byte* rest = start + titleLength; rest < environmentEnd; rest++) *rest = 0;
    }

    /// <summary>Returns how many bytes there are, 0 if the file can't be read.</summary>
    private static nint Read(ReadOnlySpan<byte> path, byte* buffer, nint size)
    {
        int file;
        fixed (byte* name = path) file = Files.open(name, Files.O_RDONLY);
        if (file < 0) return 0;
        nint length = 0, read;
        while (length < size && (read = Files.read(file, buffer + length, size - length)) > 0) length += read;
        Files.close(file);
        return length;
    }
}
