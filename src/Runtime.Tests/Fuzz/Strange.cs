using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Rt.Tests.Fuzz;

/// <summary>Values at which parsers are known to go wrong.</summary>
internal static class Strange
{
    /// <summary>Numbers at the limits of all types, and what is hardly a number.</summary>
    public static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "2", "-2", "7", "63", "64", "127", "128", "255", "256", "1000", "1024", "4095", "4096", "8191", "8192",
        "32767",
        "32768", "65535", "65536", "1048576", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967294", "4294967295",
        "4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
        "18446744073709551615", "18446744073709551616", "79228162514264337593543950335", "340282366920938463463374607431768211456",
        "0.5", "-0.5", "1.0", "1e2", "1E+2", "1e-2", "1e308", "1e309", "1e999999999", "00", "01", "+1", "0x10", "1.", ".5", "-", "NaN",
        "Infinity", new string('9', 400), "0." + new string('0', 400) + "1",
    ];

    /// <summary>Texts, among them some that are words of one language or another that rt reads.</summary>
    public static readonly string[] Texts =
    [
        "", " ", "  ", "\t", "\n", "\r\n", "\0", "a\0b", "\u0001", "\u001b[31m", "\u007f", "\u0085", "\u009b", "\u2028", "\u2029", "\u202e",
        "\ufeff", "\ufffd",
        "e\u0301", "\u05d0\u05d1", "\ud83d\ude00", "/", "//", "/.", "/..", ".", "..", "../..", "/proc", "/proc/self/fd/../../..", "/dev",
        "/dev/null", "/sys/fs/cgroup",
        "a", "a:b", "a:b:c", ":", "::", "=", "a=", "=a", "a=b=c", ",", ",,", "-", "--", "0-3,7", "0-8191", "0-65535", "3-0", "0-", "-1",
        "max",
        "rwm", "root", "bind", "rbind", "ro", "remount", "idmap", "tmpcopyup", "tmpfs", "cgroup", "proc", "%s%n", "%d", "${HOME}", "$(id)",
        "*", "\\", "\\x", "\"", "'",
        "[", "]", "{", "}", "[[", "uint64 1", "@as []", "['a']", "system.slice:a:b", "-.slice", new string('a', 64), new string('a', 300),
        new string('/', 5000), new string('\u00e9', 3000), string.Concat(Enumerable.Repeat("../", 2000)),
        string.Concat(Enumerable.Repeat("0-8191,", 300)),
    ];

    /// <summary>Bytes that are no UTF-8, and such as JSON and text files make nothing of.</summary>
    public static readonly byte[][] Bytes =
    [
        [0], [0xff], [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xef, 0xbb, 0xbf], [0, 0, 0, 0],
        [0xff, 0xff, 0xff, 0xff],
        [0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0x80], [.. "\\ud800"u8], [.. "\\u0000"u8], [.. "\\u001b"u8], [.. "//"u8], [.. "/*"u8],
        [.. "\n"u8], [.. "\""u8], [.. ":"u8], [.. ","u8], [.. "-"u8], [.. "0"u8], [.. "9"u8], [.. " "u8],
    ];

    public static Gen<string> Number { get; } = Gen.Elements(Numbers);

    public static Gen<string> Text { get; } = Gen.Elements(Texts);

    /// <summary>A JSON string's text with its quotes, sometimes spelled with escapes, valid ones or not.</summary>
    public static Gen<string> Quoted { get; } = Gen.Frequency(
        (8, Text.Select(Json.Quote)),
        (1, Gen.Elements("\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u00\"", "\"\\x\"", "\"a", "'a'", "\"\\u0000\"", "\"\\u000a\\u001b\"",
            "\"\n\"")),
        (1, Text.Select(text => $"\"{string.Concat(text.Select(c => $"\\u{(int)c:x4}"))}\"")));

    /// <summary>Anything in the place of a JSON value.</summary>
    public static Gen<string> Value { get; } = Gen.Frequency(
        (6, Number), (6, Quoted), (3, Gen.Elements("null", "true", "false", "{}", "[]", "[null]", "[[]]", "{\"\":null}", "tru", "")),
        (1, from depth in Gen.Elements(3, 62, 63, 64, 65, 200, 20_000)
            from open in Gen.Elements("[", "{\"a\":")
            select string.Concat(Enumerable.Repeat(open, depth)) + "1" + new string(open == "[" ? ']' : '}', depth)),
        (1, from count in Gen.Elements(100, 3000)
            from one in Gen.Elements("0", "\"a\"", "{}", "[]", "\"A=1\"", "null")
            select $"[{string.Join(',', Enumerable.Repeat(one, count))}]"));

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
