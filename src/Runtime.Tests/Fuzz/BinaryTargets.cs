using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Rt.Kernel;
using Rt.Network;
using Rt.Security;
using Rt.Shim;
using Rt.Spec;
using Rt.Systemd;
using Rt.Tests.Unit;

namespace Rt.Tests.Fuzz;

/// <summary>Messages and files that are no text.</summary>
internal static class BinaryTargets
{
    private const uint Sequence = 5;
    private const string Build = "1";

    private static Gen<BusValue> BasicValue { get; } = Gen.OneOf(
        Gen.Elements<BusValue>(BusValue.Of(true), BusValue.Of(7u), BusValue.Of(ulong.MaxValue), BusValue.Of("text"),
            new BusText('o', "/a/b"), new BusText('g', "a{sv}")));

    private static Gen<BusValue> Value { get; } = Gen.Frequency((4, BasicValue),
        (1, from one in BasicValue from count in Gen.Choose(0, 4) select (BusValue)new BusArray(one.Signature,
            [.. Enumerable.Repeat(one, count)])));

    /// <summary>Answers, errors and signals with arguments of all kinds, as a bus has them.</summary>
    private static Gen<byte[]> BusMessage { get; } =
        from type in Gen.Elements(BusMessageType.MethodReturn, BusMessageType.Error, BusMessageType.Signal, (BusMessageType)9)
        from values in Gen.OneOf(
            Gen.Constant<BusValue[]>([BusValue.Of(1u), new BusText('o', "/job/1"), BusValue.Of("a.scope"), BusValue.Of("done")]),
            from count in Gen.Choose(0, 3) from values in Value.ArrayOf(count) select values)
        from extra in Value
        select BusMessages.Build(type, 7, BusMessages.Body(writer => Array.ForEach(values, value => value.Write(writer))),
        [
            (1, new BusText('o', "/org/freedesktop/systemd1")), (2, BusValue.Of("org.freedesktop.systemd1.Manager")),
                (3, BusValue.Of("JobRemoved")),
            (4, BusValue.Of("org.example.Error")), (5, BusValue.Of(3u)), (7, BusValue.Of(":1.1")),
            (8, new BusText('g', string.Concat(values.Select(value => value.Signature)))), (9, extra),
        ]);

    /// <summary>Descriptions of a device and of addresses, and how a request ended, as the kernel sends them.</summary>
    private static Gen<byte[]> Netlink { get; } =
        from messages in Gen.NonEmptyListOf(Gen.Elements(
            Message(16, 2, "0000010003000000490001000000000005001000060000000700030065746830" + "0800040000000100"),
            Message(20, 2, "021880000300000008000100" + "0a00000108000200" + "0a000001" + "0b00030065746830" + "3a313100"
                + "0800080080020000"),
            Message(2, 0, "00000000" + "10000000120005000500000000000000"),
            Message(2, 0x200, "edffffff" + "10000000120005000500000000000000" + "0c000100" + "6e6f20776179" + "2100"),
            Message(3, 2, "00000000")))
        select messages.SelectMany(bytes => bytes).ToArray();

    /// <summary>The sizes of a log's two files and a reader's position, 8 bytes each.</summary>
    private static Gen<byte[]> Log { get; } =
        from numbers in Gen.Elements(0, 1, 4000, LogFormat.SegmentSize - 1, LogFormat.SegmentSize, LogFormat.SegmentSize + 1,
            3 * LogFormat.SegmentSize + 7,
            1L << 40).ArrayOf(3)
        from offset in Gen.Choose(0, 5000)
        select Array.ConvertAll<long, byte[]>(numbers, number => BitConverter.GetBytes(number + offset)).SelectMany(bytes =>
            bytes).ToArray();

    public static IEnumerable<FuzzTarget> All =>
    [
        new("D-Bus messages", 12, Edits.Of(BusMessage), ReadBusMessage, typeof(BusFormatException)),
        new("netlink messages", 10, Edits.Of(Netlink), ReadNetlink, typeof(KernelException)),
        new("log files", 1, Log, ReadLog),
        new("seccomp cache", 1, Edits.Of(Gen.Fresh(() => Kept.Value.Content)), ReadCache),
    ];

    private static bool ReadBusMessage(byte[] bytes)
    {
        if (bytes.Length < Systemd.BusMessage.FixedSize) return false;
        int size = Systemd.BusMessage.SizeOf(bytes);
        if (size > bytes.Length) return false;
        BusMessage message = Systemd.BusMessage.Parse(bytes.AsSpan(0, size));
        message.ErrorText().Should().NotContain("\0");
        BusReader reader = message.Read(message.Signature);
        reader.Skip(System.Text.Encoding.ASCII.GetBytes(message.Signature));
        return true;
    }

    private static bool ReadNetlink(byte[] bytes)
    {
        List<byte[]> replies = [];
        bool interrupted = false;
        NetlinkAnswer? answer = Kernel.Netlink.Take(bytes, Sequence, replies, ref interrupted);
        foreach (byte[] reply in replies)
        {
            Link link = Link.Decode(reply);
            LinkAddress address = LinkAddress.Decode(reply);
            address.ToString().Should().NotBeEmpty();
            address.Add(link with { Name = "eth1" }, "eth0").Finish(1).Length.Should().BePositive();
        }

        return answer is { Cause.Length: > 0 };
    }

    private static bool ReadLog(byte[] numbers) => InDirectory(directory =>
    {
        for (int i = 0; i < ShimFiles.Logs.Length; i++)
            using (FileStream file = File.Create(Path.Combine(directory, ShimFiles.Logs[i])))
                file.SetLength(BinaryPrimitives.ReadInt64LittleEndian(numbers.AsSpan(8 * i)));
        using LogReader log = LogReader.TryOpen(directory)!;
        long position = BinaryPrimitives.ReadInt64LittleEndian(numbers.AsSpan(16)), before = position, total = 0;
        byte[] room = new byte[64 << 10];
        for (int length; (length = log.Read(ref position, room)) > 0; total += length, before = position)
            position.Should().BeGreaterThan(before, "a reader gets on");
        total.Should().BeLessThanOrEqualTo(2 * LogFormat.SegmentSize, "no more is kept");
        return total > 0;
    });

    private static SeccompSection Section { get; } = Configs.Seccomp("""{"defaultAction": "SCMP_ACT_ALLOW"}""");

    /// <summary>The name and the content of the file that keeps the filter of this section.</summary>
    private static Lazy<(string Name, byte[] Content)> Kept { get; } = new(() => InDirectory(directory =>
    {
        new SeccompCache(directory, Build).Get(Section);
        string file = Directory.GetFiles(directory).Single();
        return (Path.GetFileName(file), File.ReadAllBytes(file));
    }));

    /// <summary>What is not believed is compiled anew and kept in its place.</summary>
    private static bool ReadCache(byte[] entry) => InDirectory(directory =>
    {
        string file = Path.Combine(directory, Kept.Value.Name);
        File.WriteAllBytes(file, entry);
        SeccompFilter filter = new SeccompCache(directory, Build).Get(Section);
        byte[] now = File.ReadAllBytes(file);
        now.AsSpan().EndsWith(filter.Program).Should().BeTrue("the filter is the one that is kept");
        bool believed = now.AsSpan().SequenceEqual(entry);
        if (!believed) now.Should().Equal(Kept.Value.Content);
        return believed;
    });

    private static T InDirectory<T>(Func<string, T> act)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("rt-fuzz-");
        try
        {
            return act(directory.FullName);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static byte[] Message(ushort type, ushort flags, string body)
    {
        byte[] bytes = Convert.FromHexString(body);
        byte[] message = new byte[(16 + bytes.Length + 3) & ~3];
        BinaryPrimitives.WriteInt32LittleEndian(message, 16 + bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), Sequence);
        bytes.CopyTo(message, 16);
        return message;
    }
}
