namespace Rt.Terminal;

/// <summary>What is on the other side of a <see cref="TerminalRelay"/>: a pseudoterminal's master, or a way to whoever has it.</summary>
internal interface ITerminalPeer
{
    /// <summary>Readable when there is output.</summary>
    int OutputDescriptor { get; }

    /// <summary>Writable when input is taken; -1: none is.</summary>
    int InputDescriptor { get; }

    /// <summary>Readable when it is over; -1: it is when <see cref="Read"/> says so.</summary>
    int EndDescriptor { get; }

    /// <summary>Reads output without waiting: how many bytes, 0 for none now, -errno when it is over.</summary>
    int Read(Span<byte> room);

    /// <summary>Passes input on without waiting: how many bytes were taken, or -errno (-EAGAIN: none now).</summary>
    int Write(ReadOnlySpan<byte> input);

    void Resize(ushort rows, ushort columns);

    /// <summary>It is over: returns when <see cref="Read"/> has all that was still to come.</summary>
    void Finish();

    /// <summary>Nobody takes input any more. An exception ends the relay.</summary>
    void InputClosed();
}
