using System.Globalization;

namespace Rt.Systemd;

/// <summary>
/// A value together with its D-Bus type. Its text is in the format of GVariant, as gdbus(1) prints it and annotations have it:
/// <c>uint64 5</c>, <c>'a text'</c>, <c>['a', 'b']</c>.
/// </summary>
internal abstract record BusValue
{
    public abstract string Signature { get; }

    public abstract void Write(BusWriter writer);

    public static BusValue Of(bool value) => new BusNumber('b', value ? 1u : 0u);

    public static BusValue Of(uint value) => new BusNumber('u', value);

    public static BusValue Of(ulong value) => new BusNumber('t', value);

    public static BusValue Of(string value) => new BusText('s', value);

    public static BusValue Of(ReadOnlySpan<byte> bytes)
    {
        BusValue[] values = new BusValue[bytes.Length];
        for (int i = 0; i < values.Length; i++) values[i] = new BusNumber('y', bytes[i]);
        return new BusArray("y", values);
    }
}

/// <param name="Type">y, b, n, q, i, u, x, t or d.</param>
/// <param name="Bits">The number in two's complement of 64 bits, or as IEEE 754 has it.</param>
internal sealed record BusNumber(char Type, ulong Bits) : BusValue
{
    public override string Signature => Type.ToString();

    public double AsDouble => Type switch
    {
        'd' => BitConverter.UInt64BitsToDouble(Bits),
        'n' or 'i' or 'x' => (long)Bits,
        _ => Bits,
    };

    public override void Write(BusWriter writer) => writer.Number(BusSignature.NumberSize((byte)Type), Bits);

    public override string ToString() => Type switch
    {
        'b' => Bits != 0 ? "true" : "false",
        'y' => $"byte 0x{Bits:x2}",
        'n' => $"int16 {(short)Bits}",
        'q' => $"uint16 {Bits}",
        'i' => $"{(int)Bits}",
        'u' => $"uint32 {Bits}",
        'x' => $"int64 {(long)Bits}",
        't' => $"uint64 {Bits}",
        _ => AsDouble.ToString("0.0###############", CultureInfo.InvariantCulture),
    };
}

/// <param name="Type">s (string), o (object path) or g (signature).</param>
internal sealed record BusText(char Type, string Value) : BusValue
{
    public override string Signature => Type.ToString();

    public override void Write(BusWriter writer)
    {
        if (Type == 'g') writer.Signature(Value);
        else writer.String(Value);
    }

    public override string ToString()
    {
        string quoted = $"'{Value.Replace("\\", "\\\\").Replace("'", "\\'").Replace("\n", "\\n")}'";
        return Type switch { 'o' => $"objectpath {quoted}", 'g' => $"signature {quoted}", _ => quoted };
    }
}

internal sealed record BusArray(string ElementSignature, IReadOnlyList<BusValue> Values) : BusValue
{
    public override string Signature => "a" + ElementSignature;

    public override void Write(BusWriter writer)
    {
        BusWriter.ArrayPlace place = writer.BeginArray((byte)ElementSignature[0]);
        foreach (BusValue value in Values) value.Write(writer);
        writer.EndArray(place);
    }

    public override string ToString() => Values.Count == 0 ? $"@{Signature} []" : $"[{string.Join(", ", Values)}]";
}
