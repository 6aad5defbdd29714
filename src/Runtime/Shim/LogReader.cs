using Rt.Kernel;

namespace Rt.Shim;

/// <summary>Reads a log (<see cref="LogFormat"/>) while it is being written.</summary>
internal sealed unsafe class LogReader : IDisposable
{
    private readonly int[] files;

    private LogReader(int[] files) => this.files = files;

    /// <summary>Null: there is no log in this directory.</summary>
    public static LogReader? TryOpen(string directory)
    {
        LogReader log = new(Array.ConvertAll(ShimFiles.Logs, name => FileContent.TryOpen($"{directory}/{name}", Files.O_RDONLY)));
        int failure = Array.Find(log.files, file => file < 0);
        if (failure == 0) return log;
        log.Dispose();
        return failure == -Errno.ENOENT ? null : throw new KernelException($"open log in {directory}", -failure);
    }

    /// <summary>Where the next byte will be.</summary>
    public long End => Math.Max(Size(files[0]), Size(files[1]));

    /// <summary>A descriptor that is readable when something was written since <see cref="Inotify.Clear"/>.</summary>
    public int OpenChanges() => Inotify.Open(files);

    /// <summary>
    /// Reads what comes next and moves <paramref name="position"/> on; 0: there is nothing yet. What is gone by now, since others have
    /// written more than two segments meanwhile, is left out.
    /// </summary>
    public int Read(ref long position, Span<byte> room)
    {
        while (true)
        {
            int length = ReadAt(position, room);
            if (length == 0)
            {
                if (NextSegment(position) is not { } next) return 0;
                // As there is a later one, this one has all that it will ever have.
                length = ReadAt(position, room);
                if (length == 0) position = next;
            }

            position += length;
            if (length > 0) return length;
        }
    }

    /// <summary>0: there is nothing at the position, or something else by now.</summary>
    private int ReadAt(long position, Span<byte> room)
    {
        int file = files[LogFormat.FileOf(position)];
        long size = Size(file), start = LogFormat.StartOf(size);
        if (position < start || position >= size) return 0;
        nint length;
        fixed (byte* bytes = room) length = Files.ReadAt(file, bytes, (nint)Math.Min(room.Length, size - position), (nint)position);
        KernelException.Check(length, "read log");
        long sizeNow = Size(file);
        return sizeNow >= size && LogFormat.StartOf(sizeNow) == start ? (int)length : 0;
    }

    /// <summary>The first segment that begins behind the position.</summary>
    private long? NextSegment(long position)
    {
        long? next = null;
        foreach (int file in files)
            if (LogFormat.StartOf(Size(file)) is var start && start > position && !(start > next))
                next = start;
        return next;
    }

    private static long Size(int file) => KernelException.Check(Files.Size(file), "seek in log");

    public void Dispose()
    {
        foreach (int file in files)
            if (file >= 0)
                Files.close(file);
    }
}
