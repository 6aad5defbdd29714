using System.Text;
using Rt.Systemd;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Values and messages, byte for byte as the D-Bus specification lays them out.</summary>
[BeyondTheSpec("the encoding of D-Bus messages")]
public sealed class BusMessageTests
{
    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", ""));

    private static string Text(string ascii) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(ascii)) + "00";

    private static string Hex(Action<BusWriter> write)
    {
        BusWriter writer = new();
        write(writer);
        return Convert.ToHexStringLower(writer.Written);
    }

    public static TheoryData<string, string, string> Values => new()
    {
        { "byte 0x07", "y", "07" },
        { "true", "b", "01000000" },
        { "false", "b", "00000000" },
        { "int16 -2", "n", "feff" },
        { "uint16 65535", "q", "ffff" },
        { "-2", "i", "feffffff" },
        { "uint32 4294967295", "u", "ffffffff" },
        { "int64 -2", "x", "feffffffffffffff" },
        { "uint64 18446744073709551615", "t", "ffffffffffffffff" },
        { "1.5", "d", "000000000000f83f" },
        { "'foo'", "s", "03000000 666f6f00" },
        { "''", "s", "00000000 00" },
        { "'ä'", "s", "02000000 c3a400" },
        { "objectpath '/a/b_1'", "o", "06000000 2f612f625f3100" },
        { "signature 'a{sv}'", "g", "05 617b73767d00" },
        { "@ay []", "ay", "00000000" },
        { "[byte 0x01, byte 0x80]", "ay", "02000000 0180" },
        { "[uint32 1, uint32 2]", "au", "08000000 01000000 02000000" },
        { "['a', 'bc']", "as", "0f000000 01000000 6100 0000 02000000 626300" }, // the second aligned to 4, and no padding at the end
        { "@at []", "at", "00000000 00000000" }, // what aligns the first element is there without one
        { "[uint64 5]", "at", "08000000 00000000 0500000000000000" }, // and does not count
        { "[['a'], @as []]", "aas", "10000000 06000000 01000000 6100 0000 00000000" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_has_its_text_its_type_and_its_bytes(string text, string signature, string hex)
    {
        BusValue value = VariantText.Parse(text);
        value.Signature.Should().Be(signature);
        value.ToString().Should().Be(text);
        Hex(value.Write).Should().Be(hex.Replace(" ", ""));
        BusReader reader = new(Bytes(hex));
        reader.Skip(Encoding.ASCII.GetBytes(signature));
        reader.Position.Should().Be(hex.Replace(" ", "").Length / 2);
    }

    [Fact]
    public void Alignment_counts_from_the_message_and_not_from_the_value() =>
        Hex(writer =>
        {
            writer.Byte(1);
            writer.Variant(BusValue.Of(5UL));
            writer.Byte(2);
            writer.Variant(BusValue.Of(true));
        }).Should().Be("01" + "017400" + "00000000" + "0500000000000000" + "02" + "016200" + "01000000");

    [Fact]
    public void Hello_is_what_every_client_says_first()
    {
        BusWriter message = new();
        new BusCall("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello").Write(message, 1);
        Convert.ToHexStringLower(message.Written).Should().Be(
            "6c010001" + "00000000" + "01000000" + "6e000000" // little-endian call, no flags, version 1; body, serial, fields
            + "01016f00" + "15000000" + Text("/org/freedesktop/DBus") + "0000" // 46 bytes, and 2 to the next multiple of 8
            + "06017300" + "14000000" + Text("org.freedesktop.DBus") + "000000"
            + "02017300" + "14000000" + Text("org.freedesktop.DBus") + "000000"
            + "03017300" + "05000000" + Text("Hello") + "0000"); // what aligns the body does not count as field
    }

    [Fact]
    public void Arguments_come_behind_the_header_with_their_types_in_it()
    {
        BusWriter arguments = new();
        arguments.String("a");
        arguments.UInt32(7);
        BusWriter message = new();
        new BusCall("d", "/", "i", "m", "su", arguments).Write(message, 0x01020304);
        Convert.ToHexStringLower(message.Written).Should().Be(
            "6c010001" + "0c000000" + "04030201" + "48000000"
            + "01016f00" + "01000000" + "2f00" + "000000000000"
            + "06017300" + "01000000" + "6400" + "000000000000"
            + "02017300" + "01000000" + "6900" + "000000000000"
            + "03017300" + "01000000" + "6d00" + "000000000000"
            + "08016700" + "02" + "737500"
            + "01000000" + "6100" + "0000" + "07000000");
    }

    [Fact]
    public void A_header_is_read_whatever_else_it_has()
    {
        byte[] message = BusMessages.Build(BusMessageType.Signal, 7, BusMessages.Body(body => body.UInt32(5)),
            (1, VariantText.Parse("objectpath '/j'")), (2, BusValue.Of("i")), (3, BusValue.Of("JR")), (7, BusValue.Of(":1.1")),
            (42, VariantText.Parse("[['a', 'b'], ['c']]")), (9, BusValue.Of(0u)), (8, VariantText.Parse("signature 'u'")));
        BusMessage.SizeOf(message).Should().Be(message.Length);
        BusMessage read = BusMessage.Parse(message);
        (read.Type, read.Path, read.Interface, read.Member, read.Sender, read.Signature)
            .Should().Be((BusMessageType.Signal, "/j", "i", "JR", ":1.1", "u"));
        read.Read("u").UInt32().Should().Be(5);
    }

    private const string Error = "6c 03 01 01 08000000 02000000 1f000000"
        + "04 017300 03000000 652e6600 00000000" // ERROR_NAME e.f
        + "05 017500 02000000" // REPLY_SERIAL
        + "08 016700 01 7300 00" // SIGNATURE s
        + "03000000 6e6f2100";

    [Fact]
    public void An_error_has_a_name_and_says_something_about_it()
    {
        BusMessage error = BusMessage.Parse(Bytes(Error));
        (error.Type, error.ErrorName, error.ReplySerial, error.ErrorText()).Should().Be((BusMessageType.Error, "e.f", 2u, "no!"));
    }

    [Theory]
    [InlineData("6c 03", "42 03", "not little-endian")]
    [InlineData("01 08000000", "02 08000000", "protocol version 2")]
    [InlineData("08000000 02000000 1f", "08001000 02000000 1f", "of 1048632 bytes")]
    [InlineData("02000000 1f000000", "02000000 ffffffff", "of 4294967320 bytes")]
    [InlineData("08000000 02000000 1f", "08000000 00000000 1f", "serial number 0")]
    [InlineData("6c 03", "6c 00", "a header field that its type must have")]
    [InlineData("6c 03", "6c 01", "a header field that its type must have")]
    [InlineData("6c 03", "6c 04", "a header field that its type must have")]
    [InlineData("05 017500 02000000", "05 017500 00000000", "a header field that its type must have")] // as if there were none
    [InlineData("05 017500 02000000", "05 016900 02000000", "no \"u\"")]
    [InlineData("04 017300", "04 016f00", "no \"s\"")]
    [InlineData("04 017300 03000000", "01 016f00 03000000", "names no object")]
    [InlineData("652e6600 00000000", "652e6600 00000001", "padding")]
    [InlineData("652e6600", "652e6601", "without its end")]
    [InlineData("652e6600", "65006600", "no UTF-8")]
    [InlineData("652e6600", "65ff6600", "no UTF-8")]
    [InlineData("03000000 652e6600", "ffffffff 652e6600", "cut off")]
    [InlineData("08 016700 01 7300", "08 016700 01 7a00", "no such type")]
    [InlineData("08 016700 01 7300", "2a 017a00 01 7300", "no such type")]
    [InlineData("08 016700 01 7300", "2a 027373 00 7300", "not one value")]
    [InlineData("1f000000", "1e000000", "within a field")]
    public void What_is_malformed_is_refused(string right, string wrong, string problem)
    {
        Error.Should().Contain(right);
        byte[] message = Bytes(Error.Replace(right, wrong));
        FluentActions.Invoking(() => BusMessage.Parse(message.AsSpan(0, BusMessage.SizeOf(message))))
            .Should().Throw<BusFormatException>().WithMessage($"*{problem}*");
    }

    [Theory]
    [InlineData("b", "02000000", "neither 0 nor 1")]
    [InlineData("ai", "05000000 00000000 00000000", "within an element")]
    [InlineData("ai", "08000000 00000000", "cut off")]
    [InlineData("at", "ffffffff 00000000", "cut off")]
    [InlineData("a{sv}", "04000000 00000000 00000000", "cut off")]
    [InlineData("o", "02000000 2f2f00", "names no object")]
    [InlineData("(yu)", "01 010000 00000000", "padding")]
    [InlineData("v", "00 00", "not one value")]
    [InlineData("v", "03 28692900", "cut off")]
    [InlineData("x", "00000000", "cut off")]
    public void Values_are_looked_at_when_they_are_passed_over(string signature, string hex, string problem) =>
        FluentActions.Invoking(() => new BusReader(Bytes(hex)).Skip(Encoding.ASCII.GetBytes(signature)))
            .Should().Throw<BusFormatException>().WithMessage($"*{problem}*");

    [Fact]
    public void Variants_in_variants_have_an_end()
    {
        string nested = string.Concat(Enumerable.Repeat("017600", 100)) + "017900" + "07";
        FluentActions.Invoking(() => new BusReader(Bytes(nested)).Skip("v"u8))
            .Should().Throw<BusFormatException>().WithMessage("values too deep in one another");
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("a(sv)a(sa(sv))", true)]
    [InlineData("a{s(iiv)}", true)]
    [InlineData("a", false)]
    [InlineData("()", false)]
    [InlineData("(i", false)]
    [InlineData("i)", false)]
    [InlineData("{sv}", false)] // only in an array
    [InlineData("a{vs}", false)]
    [InlineData("a{s}", false)]
    [InlineData("a{sii}", false)]
    [InlineData("z", false)]
    [InlineData("a{sv", false)]
    public void A_signature_is_a_sequence_of_whole_types(string signature, bool valid) =>
        BusSignature.IsValid(Encoding.ASCII.GetBytes(signature)).Should().Be(valid);

    [Theory]
    [InlineData('a', "i", 32, true)]
    [InlineData('a', "i", 33, false)]
    [InlineData('a', "i", 254, false)]
    [InlineData('i', "i", 254, true)]
    [InlineData('i', "i", 255, false)]
    public void A_signature_is_neither_long_nor_deep(char repeated, string end, int count, bool valid) =>
        BusSignature.IsValid(Encoding.ASCII.GetBytes(new string(repeated, count) + end)).Should().Be(valid);

    /// <summary>Right messages with a few bytes changed, and noise behind a right beginning: refused or read, and no third thing.</summary>
    [Fact]
    public void Nothing_that_comes_over_the_bus_does_more_than_be_refused()
    {
        Random random = new(20261121);
        byte[][] seeds =
        [
            Bytes(Error),
            BusMessages.Build(BusMessageType.Signal, 1, BusMessages.Body(body =>
            {
                body.UInt32(1);
                body.String("/org/freedesktop/systemd1/job/1");
                body.String("a.scope");
                body.String("done");
            }), (1, VariantText.Parse("objectpath '/'")), (3, BusValue.Of("JobRemoved")), (8, VariantText.Parse("signature 'uoss'")),
                (42, VariantText.Parse("[['a', 'b'], ['c']]")), (43, VariantText.Parse("[uint64 1, 2, 3]"))),
        ];
        int refused = 0, understood = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] message = (byte[])seeds[round % 2].Clone();
            if (round % 3 == 0) random.NextBytes(message.AsSpan(BusMessage.FixedSize));
            for (int i = random.Next(1, 4); i > 0; i--) message[random.Next(message.Length)] = (byte)random.Next(256);
            try
            {
                int size = BusMessage.SizeOf(message);
                if (size > message.Length) continue; // as much would be waited for
                BusMessage parsed = BusMessage.Parse(message.AsSpan(0, size));
                parsed.ErrorText();
                new BusReader(parsed.Body).Skip(Encoding.ASCII.GetBytes(parsed.Signature));
                understood++;
            }
            catch (BusFormatException)
            {
                refused++;
            }
        }

        refused.Should().BeGreaterThan(2_000);
        understood.Should().BeGreaterThan(100);
    }
}
