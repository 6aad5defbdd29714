namespace Rt.Kernel;

/// <summary>The few things that the forked child does with bytes, where string and Span would bring in the heap or a throw.</summary>
internal static unsafe class Text
{
    public static int Length(byte* text)
    {
        int length = 0;
        while (text[length] != 0) length++;
        return length;
    }

    public static bool EndsWith(byte* text, byte* end)
    {
        int length = Length(end);
        int start = Length(text) - length;
        for (int i = 0; i < length && start >= 0; i++)
            if (text[start + i] != end[i])
                return false;
        return start >= 0;
    }

    public static void Copy(byte* to, byte* from, int count)
    {
        for (int i = 0; i < count; i++) to[i] = from[i];
    }

    /// <summary>Copies and terminates with NUL, cutting what does not fit into <paramref name="size"/> bytes.</summary>
    public static int CopyTruncated(byte* to, int size, byte* from, int count)
    {
        if (count > size - 1) count = size - 1;
        Copy(to, from, count);
        to[count] = 0;
        return count;
    }

    /// <summary>Writes an unsigned decimal, not terminated, and returns how many digits it took (at most 10).</summary>
    public static int FormatDecimal(byte* to, uint value)
    {
        int digits = 1;
        for (uint rest = value / 10; rest != 0; rest /= 10) digits++;
        for (int i = digits - 1; i >= 0; i--, value /= 10) to[i] = (byte)('0' + value % 10);
        return digits;
    }

    /// <summary>"/proc/self/fd/N" with its NUL, at most 25 bytes.</summary>
    public static void FormatProcSelfFd(byte* to, int fd)
    {
        ReadOnlySpan<byte> prefix = "/proc/self/fd/"u8;
        for (int i = 0; i < 14; i++) to[i] = prefix[i];
        to[14 + FormatDecimal(to + 14, (uint)fd)] = 0;
    }
}
