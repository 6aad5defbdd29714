using System.Globalization;
using Rt.Kernel;

namespace Rt.Shim;

/// <summary>How a container's init ended.</summary>
/// <param name="Code">Its exit code, or 128 plus the signal that killed it.</param>
internal readonly record struct ExitStatus(int Code, DateTime Finished);

/// <summary>
/// The file in which a shim records how its container's init ended: "CODE SECONDS NANOSECONDS", the time since 1970. Blanks until
/// then, so that a full disk can't keep it from being written. Who makes it locks it (flock), and the lock is gone when the shim has
/// written, or has died.
/// </summary>
internal static unsafe class ExitRecord
{
    /// <summary>Three numbers of at most 10 digits, each with a blank or a line feed behind it.</summary>
    public const int Size = 33;

    /// <summary>A new record, locked.</summary>
    public static int Create(string path)
    {
        int file = FileContent.Open(path, Files.O_RDWR | Files.O_CREAT | Files.O_EXCL, 0x180); // 0600
        try
        {
            Span<byte> blanks = stackalloc byte[Size];
            blanks.Fill((byte)' ');
            FileContent.Write(file, blanks, path);
            KernelException.Check(Files.flock(file, Files.LOCK_EX), $"lock {path}");
            return file;
        }
        catch
        {
            Files.close(file);
            throw;
        }
    }

    /// <summary>Writes it and lets the lock go, if the caller's is the last descriptor of it. Runs in the shim.</summary>
    public static void Finish(int file, int code)
    {
        const long Second = 1_000_000_000;
        byte* text = stackalloc byte[Size];
        long now = Clock.RealtimeNanoseconds();
        int length = Append(text, 0, (uint)code);
        length = Append(text, length, (uint)(now / Second));
        length = Append(text, length, (uint)(now % Second));
        text[length - 1] = (byte)'\n';
        Files.WriteAt(file, text, length, 0); // what can't be written stays blank, which readers word
        Files.close(file);
    }

    private static int Append(byte* text, int length, uint number)
    {
        length += Text.FormatDecimal(text + length, number);
        text[length] = (byte)' ';
        return length + 1;
    }

    /// <summary>Null: nothing is recorded.</summary>
    public static ExitStatus? Parse(string text)
    {
        const int TicksPerSecond = 10_000_000, NanosecondsPerTick = 100;
        string[] fields = text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 3 || !int.TryParse(fields[0], CultureInfo.InvariantCulture, out int code)
            || !uint.TryParse(fields[1], CultureInfo.InvariantCulture, out uint seconds)
            || !uint.TryParse(fields[2], CultureInfo.InvariantCulture, out uint nanoseconds))
            return null;
        return new ExitStatus(code, DateTime.UnixEpoch.AddTicks((long)seconds * TicksPerSecond + nanoseconds / NanosecondsPerTick));
    }

    /// <summary>Waits until the record is written or its shim has died; null: it died before.</summary>
    public static ExitStatus? Await(int file)
    {
        KernelException.Check(Files.flock(file, Files.LOCK_SH), "lock exit record");
        return Read(file);
    }

    /// <summary>As <see cref="Await(int)"/>, but no longer than that: a shim may have been stopped.</summary>
    public static ExitStatus? Await(int file, long milliseconds)
    {
        if (Files.flock(file, Files.LOCK_SH | Files.LOCK_NB) == -Errno.EAGAIN)
        {
            int changes = Inotify.Open(file);
            Processes.pollfd poll = new() { fd = changes, events = Processes.POLLIN };
            if (Read(file) == null) Processes.poll(&poll, 1, milliseconds);
            Files.close(changes);
        }

        return Read(file);
    }

    /// <summary>What is recorded so far; null: nothing.</summary>
    public static ExitStatus? Read(int file)
    {
        byte* text = stackalloc byte[Size];
        nint length = KernelException.Check(Files.ReadAt(file, text, Size, 0), "read exit record");
        return Parse(System.Text.Encoding.ASCII.GetString(text, (int)length));
    }
}
