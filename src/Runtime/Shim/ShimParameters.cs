using Rt.Kernel;

namespace Rt.Shim;

/// <summary>The descriptors that a shim is given.</summary>
internal enum ShimSlot
{
    /// <summary>The socket to rt. The shim says the init's pid, or -errno; rt what <see cref="ShimProcess"/> has to say.</summary>
    Control,

    /// <summary>See <see cref="Shim.ExitRecord"/>.</summary>
    ExitRecord,

    /// <summary>The log's two files (<see cref="LogFormat"/>).</summary>
    EvenLog,
    OddLog,

    /// <summary>The pipe on which output for the log comes.</summary>
    Output,

    /// <summary>The socket on which the init sends its terminal's master.</summary>
    Console,

    /// <summary>Where viewers of the terminal connect.</summary>
    Listener,

    /// <summary>From here on, none that the shim keeps.</summary>
    DevNull,

    /// <summary>What the container gets as its standard streams, where that is not the caller's.</summary>
    Stdin,
    Stdout,
    Stderr,
}

/// <summary>What rt hands to the shim by the fork.</summary>
internal unsafe struct ShimParameters
{
    private const int Slots = (int)ShimSlot.Stderr + 1;
    private const int TitleSize = 1024;

    private fixed int descriptors[Slots];

    /// <summary>What its command line is to be, NUL-terminated.</summary>
    public fixed byte Title[TitleSize];

    /// <param name="title">Cut if it is too long.</param>
    public ShimParameters(string title)
    {
        for (int slot = 0; slot < Slots; slot++) descriptors[slot] = -1;
        fixed (byte* text = FileContent.Terminated(title), room = Title) Text.CopyTruncated(room, TitleSize, text, Text.Length(text));
    }

    /// <summary>The descriptor in a slot; -1: none.</summary>
    public int this[ShimSlot slot]
    {
        readonly get => descriptors[(int)slot];
        set => descriptors[(int)slot] = value;
    }

    /// <summary>
    /// Gives this process the container's standard streams, for the init that it is about to fork.
    /// </summary>
    public readonly void UseStreams()
    {
        for (int stream = 0; stream <= 2; stream++)
            if (this[ShimSlot.Stdin + stream] is >= 0 and var descriptor)
                Files.dup3(descriptor, stream);
    }

    /// <summary>Leaves this process nothing but what a shim keeps; not even standard streams, whose readers wait for their end.</summary>
    public void CloseOthers()
    {
        for (int stream = 0; stream <= 2; stream++) Files.dup3(this[ShimSlot.DevNull], stream);
        fixed (int* kept = descriptors) Files.CloseAllBut(3, kept, (int)ShimSlot.DevNull);
    }

    /// <summary>Closes all of them, in rt.</summary>
    public void Close()
    {
        for (int slot = 0; slot < Slots; slot++)
        {
            int descriptor = descriptors[slot];
            if (descriptor < 0) continue;
            Files.close(descriptor);
            for (int same = slot; same < Slots; same++)
                if (descriptors[same] == descriptor)
                    descriptors[same] = -1;
        }
    }
}
