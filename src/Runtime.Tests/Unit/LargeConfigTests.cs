using System.Diagnostics;
using System.Text;
using Rt.Containers;
using Rt.Kernel;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("that large documents are read in bounded time and memory, or refused")]
public sealed class LargeConfigTests
{
    /// <summary>Of the heap that a document's reading may take in all; rt's is limited to 64 MiB.</summary>
    private const long MaxAllocation = 56 << 20;

    [Fact]
    public void A_file_of_a_gibibyte_is_refused_without_being_read()
    {
        DirectoryInfo bundle = Directory.CreateTempSubdirectory("rt-large-");
        try
        {
            using (FileStream file = File.Create(Path.Combine(bundle.FullName, "config.json"))) file.SetLength(1 << 30);
            long before = GC.GetAllocatedBytesForCurrentThread();

            FluentActions.Invoking(() => Bundle.Load(bundle.FullName)).Should().Throw<KernelException>()
                .WithMessage($"read {bundle.FullName}/config.json: larger than 8388608 bytes: file too large");

            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1 << 20);
        }
        finally
        {
            bundle.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("""{"mounts": [""", "{},", "{}]}", "mounts")]
    [InlineData("""{"mounts": [{"options": [""", "\"a\",", "\"a\"]}]}", "mounts[0].options")]
    [InlineData("""{"process": {"env": [""", "\"A=1\",", "\"A=1\"]}}", "process.env")]
    [InlineData("""{"linux": {"resources": {"devices": [""", "{},", "{}]}}}", "linux.resources.devices")]
    [InlineData("""{"hooks": {"prestart": [""", "{},", "{}]}}", "hooks.prestart")]
    public void A_document_of_millions_of_values_is_refused_by_the_list_that_has_them(string start, string element, string end, string path)
    {
        byte[] document = Fill(start, element, end);
        long before = GC.GetAllocatedBytesForCurrentThread();

        FluentActions.Invoking(() => ConfigReader.Read(document)).Should().Throw<SpecException>()
            .WithMessage($"{path}*: the document has more than {JsonCursor.MaxTokens} names and values up to here (line 1)");

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(MaxAllocation);
    }

    [Theory]
    [InlineData("""{"unknown": [""", "{},", "{}]}")] // not looked into
    [InlineData("""{"hostname": """ + "\"", "a", "\"}")]
    [InlineData("""{"linux": {"seccomp": {"syscalls": [""", "{},", "{}]}}}")] // read when it is compiled
    public void What_takes_no_more_room_than_its_text_may_be_as_large_as_the_document(string start, string element, string end)
    {
        byte[] document = Fill(start, element, end);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ConfigReader.Read(document).Mounts.Should().BeEmpty();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(MaxAllocation);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void Deep_nesting_is_refused(string open, string close)
    {
        string value = string.Concat(Enumerable.Repeat(open, 100_000)) + "1" + string.Concat(Enumerable.Repeat(close, 100_000));
        foreach (string document in (string[])[value, $"{{\"unknown\":{value}}}", $"{{\"mounts\":{value}}}",
            $"{{\"linux\":{{\"seccomp\":{value}}}}}"])
            FluentActions.Invoking(() => ConfigReader.Read(Encoding.UTF8.GetBytes(document))).Should().Throw<SpecException>();
    }

    /// <summary>Comparing each name with all others would take minutes.</summary>
    [Fact]
    public void Many_variables_of_the_environment_take_no_longer_for_being_many()
    {
        const int Count = 100_000;
        Stopwatch time = Stopwatch.StartNew();
        string env = string.Join(',', Enumerable.Range(0, Count).Select(i => $"\"A{i}=1\""));
        Plans.Lines(Configs.With("process.env", $"[{env}]"))[^1].Details["env"].Split(' ')
            .Should().HaveCount(Count + 1, "HOME comes to them");
        time.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    /// <summary>As would setting each bit of a range by itself.</summary>
    [Fact]
    public void A_list_of_CPUs_that_has_all_of_them_again_and_again_is_read_at_once()
    {
        Stopwatch time = Stopwatch.StartNew();
        NumberList.Parse(string.Join(',', Enumerable.Repeat("0-8191", 1_000_000)))!
            .Should().HaveCount(NumberList.Max / 64).And.OnlyContain(bits => bits == ulong.MaxValue);
        time.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    /// <summary>A document just below the limit of its size.</summary>
    private static byte[] Fill(string start, string element, string end)
    {
        int count = (ConfigReader.MaxSize - start.Length - end.Length) / element.Length;
        return Encoding.UTF8.GetBytes(new StringBuilder(start).Insert(start.Length, element, count).Append(end).ToString());
    }
}
