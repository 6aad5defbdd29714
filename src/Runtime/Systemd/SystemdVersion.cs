using System.Globalization;

namespace Rt.Systemd;

/// <summary>Which version systemd is.</summary>
internal static class SystemdVersion
{
    /// <summary>In its own words, as "252.38-1~deb12u1" or "v257". Exceptions as for <see cref="BusConnection.AwaitReply"/>.</summary>
    public static string Ask(BusConnection connection)
    {
        BusWriter arguments = new();
        arguments.String(SystemdUnit.Manager);
        arguments.String("Version");
        BusMessage reply = connection.Call(
            new BusCall(SystemdUnit.Service, SystemdUnit.Object, "org.freedesktop.DBus.Properties", "Get", "ss", arguments));
        BusReader reader = reply.Read("v");
        reader.Variant("s"u8);
        return reader.String();
    }

    /// <summary>"252" of "v252.38-1~deb12u1"; 0 for a version that is no number.</summary>
    internal static int Number(string text)
    {
        string number = text.StartsWith('v') ? text[1..] : text;
        number = number[..(number.AsSpan().IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : number.Length)];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : 0;
    }
}
