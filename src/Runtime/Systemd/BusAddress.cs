using System.Text;

namespace Rt.Systemd;

/// <summary>The Unix socket of a bus (D-Bus specification, "Server Addresses").</summary>
/// <param name="Name">A path, or a name in the abstract namespace (unix(7)), without its NUL.</param>
internal sealed record BusAddress(string Name, bool IsAbstract = false)
{
    public override string ToString() => $"unix:{(IsAbstract ? "abstract" : "path")}={Name}";

    /// <summary>
    /// The Unix sockets among several addresses, as "unix:path=/run/bus,guid=1;unix:abstract=bus": clients try them in this order.
    /// </summary>
    /// <param name="runtimeDirectory">$XDG_RUNTIME_DIR, which "unix:runtime=yes" stands for; null: there is none.</param>
    /// <exception cref="FormatException">One is malformed.</exception>
    public static List<BusAddress> Parse(string addresses, string? runtimeDirectory)
    {
        List<BusAddress> sockets = [];
        foreach (string address in addresses.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = address.IndexOf(':');
            if (colon < 0) throw new FormatException($"\"{address}\" is no D-Bus address");
            if (address[..colon] == "unix" && Socket(address[(colon + 1)..], runtimeDirectory) is { } socket) sockets.Add(socket);
        }

        return sockets;
    }

    private static BusAddress? Socket(string pairs, string? runtimeDirectory)
    {
        foreach (string pair in pairs.Split(','))
        {
            int equals = pair.IndexOf('=');
            if (equals < 0) throw new FormatException($"\"unix:{pairs}\" is no D-Bus address");
            string value = Unescaped(pair[(equals + 1)..]);
            switch (pair[..equals])
            {
                case "path":
                    return new BusAddress(value);
                case "abstract":
                    return new BusAddress(value, IsAbstract: true);
                case "runtime" when runtimeDirectory != null:
                    return new BusAddress(runtimeDirectory + "/bus");
            }
        }

        return null;
    }

    /// <summary>"%2f" stands for a byte.</summary>
    private static string Unescaped(string value)
    {
        if (!value.Contains('%')) return value;
        List<byte> bytes = [];
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] != '%')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(value, i, 1));
                continue;
            }

            if (i + 2 >= value.Length || !char.IsAsciiHexDigit(value[i + 1]) || !char.IsAsciiHexDigit(value[i + 2])
                || value.AsSpan(i + 1, 2) is "00")
                throw new FormatException($"\"{value}\" has a % that stands for no byte of a name");
            bytes.Add(Convert.ToByte(value.Substring(i + 1, 2), 16));
            i += 2;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
