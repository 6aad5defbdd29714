namespace Rt.Shim;

/// <summary>
/// A container's log: its output as it came, without limit in time but not in size. The stream of bytes is cut into segments, which
/// go to two files in turn: when one segment is full, the file of the one before it is emptied for the next.
/// </summary>
/// <remarks>
/// A byte has the same place in its file as in the whole stream; what is before is a hole, which takes no room. So a reader who
/// knows how far he is finds the next byte, or that it is gone, whatever was written meanwhile, and nothing has to be kept about it.
/// </remarks>
internal static class LogFormat
{
    /// <summary>Bytes. The files take up to twice as much together.</summary>
    public const long SegmentSize = 1 << 20;

    /// <summary>Which of the two files has the byte at a place in the stream.</summary>
    public static int FileOf(long position) => (int)(position / SegmentSize % 2);

    /// <summary>The place of the first byte of the segment in a file that is this long.</summary>
    public static long StartOf(long fileSize) => fileSize == 0 ? 0 : (fileSize - 1) / SegmentSize * SegmentSize;
}
