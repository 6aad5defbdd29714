using Rt.Kernel;

namespace Rt.Shim;

/// <summary>Writes a log (<see cref="LogFormat"/>). Runs in the shim: never waits, and never fails the container.</summary>
internal unsafe struct LogWriter
{
    private readonly int evenFile, oddFile;

    /// <summary>Where the next byte goes.</summary>
    private long position;

    public LogWriter(int evenFile, int oddFile)
    {
        this.evenFile = evenFile;
        this.oddFile = oddFile;
    }

    /// <summary>What no room is found for, on a full disk, is left out.</summary>
    public void Append(byte* data, nint length)
    {
        bool triedNext = false;
        while (length > 0)
        {
            int file = LogFormat.FileOf(position) == 0 ? evenFile : oddFile;
            if (position % LogFormat.SegmentSize == 0) Files.Truncate(file, 0);
            nint room = (nint)(LogFormat.SegmentSize - position % LogFormat.SegmentSize);
            nint written = Files.WriteAt(file, data, length < room ? length : room, (nint)position);
            if (written > 0)
            {
                position += written;
                data += written;
                length -= written;
                continue;
            }

            // No room: the next segment's file is emptied, which may make some.
            if (triedNext) return;
            triedNext = true;
            position += room;
        }
    }
}
