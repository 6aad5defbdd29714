using System.Text;
using Rt.Containers;
using Rt.Kernel;
using Rt.Shim;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("the format of containers' logs, which are limited in size")]
public sealed class LogTests : IDisposable
{
    private const int Segment = (int)LogFormat.SegmentSize;

    private readonly string directory = Directory.CreateTempSubdirectory("rt-log-").FullName;
    private readonly int[] files;
    private LogWriter writer;
    private readonly LogReader reader;

    public LogTests()
    {
        files = Array.ConvertAll(ShimFiles.Logs, name =>
            FileContent.Open(Path.Combine(directory, name), Files.O_RDWR | Files.O_CREAT | Files.O_EXCL, 0x180));
        writer = new LogWriter(files[0], files[1]);
        reader = LogReader.TryOpen(directory)!;
    }

    public void Dispose()
    {
        reader.Dispose();
        Array.ForEach(files, file => Files.close(file));
        Directory.Delete(directory, recursive: true);
    }

    private unsafe void Append(ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data) writer.Append(bytes, data.Length);
    }

    /// <summary>Bytes of which each tells its place.</summary>
    private static byte[] Numbered(long from, int count) => [.. Enumerable.Range(0, count).Select(i => (byte)((from + i) % 251))];

    private byte[] ReadAll(ref long position)
    {
        List<byte> all = [];
        byte[] room = new byte[10_000];
        while (reader.Read(ref position, room) is > 0 and var length) all.AddRange(room.AsSpan(0, length));
        return [.. all];
    }

    private long SizeOnDisk => new DirectoryInfo(directory).GetFiles()
        .Sum(file => long.Parse(Integration.Command.Run("stat", "-c", "%b", file.FullName).Out) * 512);

    [Fact]
    public void What_is_written_is_read_once()
    {
        long position = 0;
        ReadAll(ref position).Should().BeEmpty();
        Append("one "u8);
        Append("two"u8);
        Encoding.ASCII.GetString(ReadAll(ref position)).Should().Be("one two");
        Append("three"u8);
        Encoding.ASCII.GetString(ReadAll(ref position)).Should().Be("three");
        ReadAll(ref position).Should().BeEmpty();
        reader.End.Should().Be(12);
    }

    [Theory]
    [InlineData(Segment - 1)]
    [InlineData(Segment)]
    [InlineData(Segment + 1)]
    [InlineData(2 * Segment)]
    public void The_last_two_segments_are_kept_whole(int size)
    {
        for (int written = 0; written < size; written += 4096) Append(Numbered(written, Math.Min(4096, size - written)));
        long position = 0;
        ReadAll(ref position).Should().Equal(Numbered(0, size));
    }

    [Fact]
    public void Beyond_two_segments_the_oldest_goes()
    {
        const int Size = 5 * Segment + 1000;
        for (int written = 0; written < Size; written += 4000) Append(Numbered(written, Math.Min(4000, Size - written)));
        long position = 0;
        ReadAll(ref position).Should().Equal(Numbered(4 * Segment, Segment + 1000));
        position.Should().Be(Size).And.Be(reader.End);
        SizeOnDisk.Should().BeLessThan(2 * Segment + 100_000);
    }

    [Fact]
    public void One_write_may_go_over_several_segments()
    {
        Append("abc"u8);
        Append(Numbered(3, 3 * Segment));
        long position = 0;
        ReadAll(ref position).Should().Equal(Numbered(2 * Segment, Segment + 3));
    }

    [Fact]
    public void A_reader_who_is_far_behind_goes_on_with_what_is_left()
    {
        Append(Numbered(0, 1000));
        long position = 0;
        ReadAll(ref position).Should().HaveCount(1000);
        Append(Numbered(1000, 4 * Segment));
        ReadAll(ref position).Should().Equal(Numbered(3 * Segment, Segment + 1000));
    }

    [Fact]
    public void Two_segments_later_the_same_file_is_not_taken_for_what_it_was()
    {
        Append(Numbered(0, 1000));
        long position = 500;
        Append(Numbered(1000, 2 * Segment));
        byte[] room = new byte[100];
        reader.Read(ref position, room).Should().Be(100);
        position.Should().Be(Segment + 100);
        room.Should().Equal(Numbered(Segment, 100));
    }

    [Fact]
    public void Changes_are_told_until_they_are_cleared()
    {
        int changes = reader.OpenChanges();
        try
        {
            IsReadable(changes).Should().BeFalse();
            Append("a"u8);
            IsReadable(changes).Should().BeTrue();
            Inotify.Clear(changes);
            IsReadable(changes).Should().BeFalse();
            Append(Numbered(0, Segment)); // into the other file
            IsReadable(changes).Should().BeTrue();
        }
        finally
        {
            Files.close(changes);
        }
    }

    private static unsafe bool IsReadable(int descriptor)
    {
        Processes.pollfd poll = new() { fd = descriptor, events = Processes.POLLIN };
        return Processes.poll(&poll, 1, 0) == 1;
    }

    [Fact]
    public void A_directory_without_logs_has_none()
    {
        DirectoryInfo other = Directory.CreateDirectory(Path.Combine(directory, "other"));
        LogReader.TryOpen(other.FullName).Should().BeNull();
    }

    [Theory]
    [InlineData("a\nb\nc\n", 1, "c\n")]
    [InlineData("a\nb\nc\n", 2, "b\nc\n")]
    [InlineData("a\nb\nc\n", 3, "a\nb\nc\n")]
    [InlineData("a\nb\nc\n", 4, "a\nb\nc\n")]
    [InlineData("a\nb\nc\n", 0, "")]
    [InlineData("a\nb", 1, "b")]
    [InlineData("a\n\n", 1, "\n")]
    [InlineData("\n", 1, "\n")]
    [InlineData("", 1, "")]
    public void A_tail_is_so_many_lines(string text, int lines, string tail) =>
        text[LogOutput.TailOf(Encoding.ASCII.GetBytes(text), lines)..].Should().Be(tail);
}
