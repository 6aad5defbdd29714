using System.Buffers.Binary;
using System.Text;

namespace Rt.Systemd;

/// <summary>
/// Values as bytes on the wire (D-Bus specification, "Marshaling"), little-endian: each begins at a multiple of its type's
/// alignment, counted from the first byte that is written.
/// </summary>
internal sealed class BusWriter
{
    private byte[] buffer = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    public void Align(int multiple) => Room((multiple - (Length % multiple)) % multiple).Clear();

    public void Byte(byte value) => Room(1)[0] = value;

    public void UInt32(uint value)
    {
        Align(4);
        BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);
    }

    /// <summary>The lower 1, 2, 4 or 8 bytes.</summary>
    public void Number(int size, ulong bits)
    {
        Align(size);
        Span<byte> room = Room(size);
        for (int i = 0; i < size; i++) room[i] = (byte)(bits >> (8 * i));
    }

    /// <summary>A string or an object path.</summary>
    public void String(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        UInt32((uint)length);
        Encoding.UTF8.GetBytes(text, Room(length));
        Byte(0);
    }

    public void Signature(string signature)
    {
        Byte((byte)signature.Length);
        Encoding.ASCII.GetBytes(signature, Room(signature.Length));
        Byte(0);
    }

    public void Variant(BusValue value)
    {
        Signature(value.Signature);
        value.Write(this);
    }

    /// <summary>Begins an array. Its elements are written next, and then <see cref="EndArray"/>.</summary>
    public ArrayPlace BeginArray(byte elementType)
    {
        UInt32(0);
        int length = Length - 4;
        Align(BusSignature.Alignment(elementType));
        return new ArrayPlace(length, Length);
    }

    /// <summary>The length is that of the elements alone, without what aligns the first.</summary>
    public void EndArray(ArrayPlace place) =>
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(place.LengthAt), (uint)(Length - place.FirstAt));

    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Room(bytes.Length));

    public void Clear() => Length = 0;

    private Span<byte> Room(int count)
    {
        if (Length + count > buffer.Length) Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + count));
        Length += count;
        return buffer.AsSpan(Length - count, count);
    }

    /// <summary>Where an array's length and its first element are.</summary>
    internal readonly record struct ArrayPlace(int LengthAt, int FirstAt);
}
