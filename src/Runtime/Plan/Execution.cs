using System.Runtime.CompilerServices;
using Rt.Kernel;

namespace Rt.Plan;

/// <summary>
/// What a step works with in the container's process: the plan's texts, the descriptors in its slots, and room to say more
/// about a failure than its errno.
/// </summary>
internal unsafe struct Execution
{
    public const int DetailSize = 488;

    private readonly byte* block;
    private fixed byte detail[DetailSize];

    public Execution(byte* block)
    {
        this.block = block;
    }

    public readonly PlanHeader* Header => (PlanHeader*)block;

    public readonly StepHeader* FirstStep => (StepHeader*)(block + Header->FirstStep);

    /// <summary>A text as the kernel takes it; null for a null text.</summary>
    public readonly byte* At(PlanText text) => text.IsNull ? null : block + Header->FirstText + text.Offset;

    /// <summary>A text of a list.</summary>
    public readonly byte* At(PlanList list, int index) => At(new PlanText((int)Numbers(list)[index]));

    public readonly uint* Numbers(PlanList list) => (uint*)(block + Header->FirstText + list.Offset);

    /// <summary>Fills in the pointers to the texts of a list, as execve takes them. The null at the end is there already.</summary>
    public readonly void Point(byte** pointers, PlanList list)
    {
        for (int i = 0; i < list.Count; i++) pointers[i] = At(list, i);
    }

    /// <summary>The descriptor in a slot.</summary>
    public readonly ref int this[Slot slot] => ref ((int*)(block + ((sizeof(PlanHeader) + 7) & ~7)))[(int)slot];

    /// <summary>Closes the descriptor in a slot, if there is one.</summary>
    public readonly void Close(Slot slot)
    {
        if (this[slot] >= 0) Files.close(this[slot]);
        this[slot] = -1;
    }

    /// <summary>Keeps a message for the failure that the step is about to return.</summary>
    public void Explain(byte* text, int length)
    {
        fixed (byte* room = detail) Text.CopyTruncated(room, DetailSize, text, length);
    }

    /// <summary>Keeps what the kernel has logged about a file system being configured (fsopen(2): "e fuse: Bad value for 'fd'").</summary>
    public void ExplainByLog(int fsContext)
    {
        byte* message = stackalloc byte[DetailSize];
        nint length = Files.read(fsContext, message, DetailSize);
        if (length > 2) Explain(message + 2, (int)length - 2);
    }

    /// <summary>The kept message, to be sent along with a failure.</summary>
    public void CopyDetail(byte* to)
    {
        fixed (byte* room = detail) Text.Copy(to, room, DetailSize);
    }
}
