using Rt.Kernel;
using Rt.Shim;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("the record of a container's end, and where a container's streams go")]
public sealed class ShimFormatTests
{
    [Fact]
    public void A_record_says_nothing_until_it_is_finished()
    {
        string directory = Directory.CreateTempSubdirectory("rt-exit-").FullName;
        try
        {
            string path = Path.Combine(directory, "exit");
            int file = ExitRecord.Create(path);
            int reader = FileContent.Open(path, Files.O_RDONLY);
            new FileInfo(path).Length.Should().Be(ExitRecord.Size, "a full disk must not keep it from being written");
            ExitRecord.Read(reader).Should().BeNull();
            ExitRecord.Await(reader, milliseconds: 10).Should().BeNull("its shim still has the lock");
            ExitRecord.Finish(file, 137);
            ExitStatus status = ExitRecord.Await(reader)!.Value;
            status.Code.Should().Be(137);
            status.Finished.Should().BeCloseTo(DateTime.UtcNow, TimeSpan.FromSeconds(10));
            status.Finished.Kind.Should().Be(DateTimeKind.Utc);
            Files.close(reader);
            FluentActions.Invoking(() => ExitRecord.Create(path)).Should().Throw<KernelException>("it is there already");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void A_record_whose_shim_died_ends_the_wait()
    {
        string directory = Directory.CreateTempSubdirectory("rt-exit-").FullName;
        try
        {
            string path = Path.Combine(directory, "exit");
            Files.close(ExitRecord.Create(path));
            int reader = FileContent.Open(path, Files.O_RDONLY);
            ExitRecord.Await(reader).Should().BeNull();
            Files.close(reader);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void The_time_of_a_record_has_nanoseconds_behind_its_seconds() =>
        ExitRecord.Parse("7 1795312527 84475041\n    ").Should().Be(new ExitStatus(7,
            new DateTime(2026, 11, 22, 1, 55, 27, DateTimeKind.Utc).AddTicks(844750)));

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("7 1795312527")]
    [InlineData("7 1795312527 x")]
    [InlineData("7 1 2 3")]
    public void What_is_no_record_says_nothing(string text) => ExitRecord.Parse(text).Should().BeNull();

    [Theory]
    [InlineData("", "", "Callers Callers Callers")]
    [InlineData("", "012", "Null Log Log")]
    [InlineData("", "02", "Null Callers Log")]
    [InlineData("inherit", "012", "Callers Callers Callers")]
    [InlineData("log", "", "Callers Log Log")]
    [InlineData("log", "0", "Null Log Log")]
    [InlineData("null", "1", "Null Null Null")]
    public void Streams_go_where_the_option_and_what_they_are_say(string option, string terminals, string streams) =>
        string.Join(' ', ShimStreams.Choose(ShimStreams.Parse(option)!.Value, stream => terminals.Contains($"{stream}")))
            .Should().Be(streams);

    [Fact]
    public void Other_words_are_no_mode() => ShimStreams.Parse("file").Should().BeNull();

    [Theory]
    [InlineData("log", false, false, "--stdio log: takes a shim")]
    [InlineData("null", false, false, "--stdio null: takes a shim")]
    [InlineData("null", true, true, "--stdio null: the container has a terminal")]
    [InlineData("inherit", true, true, "--stdio inherit: the container has a terminal")]
    public void A_mode_that_can_not_be_is_refused(string option, bool shim, bool terminal, string words) =>
        FluentActions.Invoking(() => ShimStreams.Check(ShimStreams.Parse(option)!.Value, shim, terminal))
            .Should().Throw<RtException>().WithMessage(words + "*");

    [Theory]
    [InlineData("", true, true)]
    [InlineData("log", true, true)]
    [InlineData("log", true, false)]
    [InlineData("null", true, false)]
    [InlineData("inherit", true, false)]
    [InlineData("inherit", false, true)]
    [InlineData("", false, false)]
    public void Others_are_taken(string option, bool shim, bool terminal) =>
        FluentActions.Invoking(() => ShimStreams.Check(ShimStreams.Parse(option)!.Value, shim, terminal)).Should().NotThrow();
}
