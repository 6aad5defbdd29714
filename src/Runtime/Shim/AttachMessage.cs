namespace Rt.Shim;

/// <summary>
/// What a viewer sends to the shim of a container with a terminal: packets of a byte for the kind and what belongs to it. Nothing comes
/// back: a viewer reads the container's output from its log.
/// </summary>
internal enum AttachMessage : byte
{
    /// <summary>Bytes that were typed.</summary>
    Input = (byte)'i',

    /// <summary>The window's size in characters: rows, then columns, 16 bits each in the machine's order.</summary>
    Resize = (byte)'w',
}

internal static class AttachMessages
{
    /// <summary>Bytes in the longest packet.</summary>
    public const int MaxSize = 1024;

    public const int ResizeSize = 1 + 2 * sizeof(ushort);
}
