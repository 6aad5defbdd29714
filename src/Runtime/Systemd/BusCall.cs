namespace Rt.Systemd;

/// <summary>A method call to be sent.</summary>
/// <param name="Destination">The bus name of who has the method.</param>
/// <param name="Signature">The types of the arguments, "" for none.</param>
/// <param name="Arguments">The arguments, one after the other; null: none.</param>
internal sealed record BusCall(
    string Destination, string Path, string Interface, string Member, string Signature = "", BusWriter? Arguments = null)
{
    /// <summary>
    /// The message as it goes over the socket. It may wait for its destination to come, which a bus that has just been started by the
    /// connection knows before systemd is on it. No user is asked for a password.
    /// </summary>
    public void Write(BusWriter to, uint serial)
    {
        const byte NoFlags = 0, ProtocolVersion = 1;
        const byte PathField = 1, InterfaceField = 2, MemberField = 3, DestinationField = 6, SignatureField = 8;
        BusWriter header = new();
        header.Append([(byte)'l', (byte)BusMessageType.MethodCall, NoFlags, ProtocolVersion]);
        header.UInt32((uint)(Arguments?.Length ?? 0));
        header.UInt32(serial);
        BusWriter.ArrayPlace fields = header.BeginArray((byte)'(');
        Field(header, PathField, new BusText('o', Path));
        Field(header, DestinationField, new BusText('s', Destination));
        Field(header, InterfaceField, new BusText('s', Interface));
        Field(header, MemberField, new BusText('s', Member));
        if (Signature.Length > 0) Field(header, SignatureField, new BusText('g', Signature));
        header.EndArray(fields);
        header.Align(8);
        to.Append(header.Written);
        if (Arguments != null) to.Append(Arguments.Written);
    }

    private static void Field(BusWriter header, byte code, BusValue value)
    {
        header.Align(8);
        header.Byte(code);
        header.Variant(value);
    }
}
