namespace Rt.Kernel;

/// <summary>/proc/PID/stat (proc_pid_stat(5)), read without the GC heap.</summary>
internal unsafe struct ProcStat
{
    private const int Size = 1024;

    /// <summary>The second field, the name, may hold anything but ends at the last ")"; the third begins two bytes behind it.</summary>
    private const int FirstAfterName = 3;

    private fixed byte text[Size];

    /// <summary>False if it can't be read.</summary>
    public static bool TryRead(byte* path, out ProcStat stat)
    {
        int file = Files.open(path, Files.O_RDONLY);
        nint length;
        fixed (byte* room = stat.text)
        {
            length = file < 0 ? file : Files.read(file, room, Size - 1);
            room[length < 0 ? 0 : length] = 0;
        }

        if (file >= 0) Files.close(file);
        return length > 0;
    }

    /// <summary>The process's or thread's state: 'S' for one that sleeps.</summary>
    public readonly byte State
    {
        get
        {
            fixed (byte* bytes = text) return *Field(bytes, FirstAfterName);
        }
    }

    /// <summary>A field by its number in the manual page, which is none of the first three; 0 if it is not there.</summary>
    public readonly ulong this[int number]
    {
        get
        {
            ulong value = 0;
            fixed (byte* bytes = text)
                for (byte* digit = Field(bytes, number); *digit is >= (byte)'0' and <= (byte)'9'; digit++)
                    value = (value * 10) + (ulong)(*digit - '0');
            return value;
        }
    }

    private static byte* Field(byte* text, int number)
    {
        byte* field = text + Text.Length(text);
        while (field > text && *field != ')') field--;
        for (int spaces = number - FirstAfterName + 1; spaces > 0 && *field != 0; field++)
            if (*field == ' ')
                spaces--;
        return field;
    }
}
