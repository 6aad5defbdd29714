using Rt.Systemd;

namespace Rt.Tests.Unit;

/// <summary>Messages as the other side of a bus makes them.</summary>
internal static class BusMessages
{
    public static byte[] Build(BusMessageType type, uint serial, byte[] body, params (byte Code, BusValue Value)[] fields)
    {
        BusWriter message = new();
        message.Append([(byte)'l', (byte)type, 1, 1]);
        message.UInt32((uint)body.Length);
        message.UInt32(serial);
        BusWriter.ArrayPlace array = message.BeginArray((byte)'(');
        foreach ((byte code, BusValue value) in fields)
        {
            message.Align(8);
            message.Byte(code);
            message.Variant(value);
        }

        message.EndArray(array);
        message.Align(8);
        message.Append(body);
        return message.Written.ToArray();
    }

    public static byte[] Body(Action<BusWriter> write)
    {
        BusWriter writer = new();
        write(writer);
        return writer.Written.ToArray();
    }
}
