using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Rt.Plan;

/// <summary>Lays out steps one after the other, in the order in which they are added.</summary>
internal sealed class PlanWriter
{
    private readonly List<byte> steps = new(4096);
    private readonly List<byte> data = new(8192) { 0 }; // so that no text has offset 0
    private readonly Dictionary<string, PlanText> texts = new(StringComparer.Ordinal);
    private int stepCount;

    /// <summary>Namespaces to create with the init (CLONE_NEW flags).</summary>
    public ulong CloneFlags { get; set; }

    /// <inheritdoc cref="PlanHeader.PidNamespaceOf"/>
    public Slot PidNamespaceOf { get; set; } = Slot.None;

    /// <summary>Descriptors below are the container's.</summary>
    public int FirstDescriptor { get; set; } = 3;

    /// <summary>Until it is ready: see <see cref="PlanHeader.StaysDumpable"/>.</summary>
    public bool StaysDumpable { get; set; }

    /// <summary>What rt has to open before the fork.</summary>
    public List<Opening> Openings { get; } = [];

    /// <summary>The slot for the next of the <see cref="Openings"/>.</summary>
    public Slot NextSlot => Slot.FirstOpening + Openings.Count;

    private int SlotCount => (int)NextSlot;

    /// <summary>Adds a step; <paramref name="origin"/> is the JSON path of the property that asked for it, or "".</summary>
    public void Add<T>(T step, string origin = "")
        where T : unmanaged, IStep
    {
        int size = Unsafe.SizeOf<StepHeader>() + Align(Unsafe.SizeOf<T>());
        int end = steps.Count + size;
        Append(steps, new StepHeader { Kind = T.Kind, Size = size, Origin = origin.Length == 0 ? default : Text(origin) });
        Append(steps, step);
        CollectionsMarshal.SetCount(steps, end);
        stepCount++;
    }

    /// <summary>Puts a text into the plan, the same one only once.</summary>
    public PlanText Text(string text)
    {
        if (!texts.TryGetValue(text, out PlanText place))
        {
            place = new PlanText(data.Count);
            int length = Encoding.UTF8.GetByteCount(text);
            CollectionsMarshal.SetCount(data, data.Count + length + 1);
            Span<byte> room = CollectionsMarshal.AsSpan(data)[place.Offset..];
            Encoding.UTF8.GetBytes(text, room);
            room[length] = 0;
            texts.Add(text, place);
        }

        return place;
    }

    public PlanList Texts(List<string> items) => Texts(items.ConvertAll(Text));

    public PlanList Texts(List<PlanText> items) => new(Bytes(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(items))).Offset, items.Count);

    /// <summary>Key, value, key, value...; a null value stays null.</summary>
    public PlanList Pairs(IEnumerable<(string Key, string? Value)> pairs)
    {
        List<PlanText> items = [];
        foreach ((string key, string? value) in pairs)
        {
            items.Add(Text(key));
            items.Add(value == null ? default : Text(value));
        }

        return Texts(items);
    }

    public PlanList Numbers(List<uint> items) => new(Bytes(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(items))).Offset, items.Count);

    /// <summary>Raw bytes, aligned to 8.</summary>
    public PlanText Bytes(ReadOnlySpan<byte> bytes)
    {
        while (data.Count % 8 != 0) data.Add(0);
        PlanText place = new(data.Count);
        data.AddRange(bytes);
        return place;
    }

    /// <summary>The finished block, at an address that stays.</summary>
    public byte[] Finish()
    {
        int slots = Align(Unsafe.SizeOf<PlanHeader>());
        int firstStep = slots + Align(SlotCount * sizeof(int));
        int firstText = firstStep + steps.Count;
        PlanHeader header = new()
        {
            Size = Align(firstText + data.Count),
            FirstStep = firstStep,
            StepCount = stepCount,
            FirstText = firstText,
            CloneFlags = CloneFlags,
            PidNamespaceOf = PidNamespaceOf,
            FirstDescriptor = FirstDescriptor,
            StaysDumpable = StaysDumpable,
            SlotCount = SlotCount,
        };

        byte[] block = GC.AllocateArray<byte>(header.Size, pinned: true);
        MemoryMarshal.Write(block, in header);
        MemoryMarshal.Cast<byte, int>(block.AsSpan(slots, SlotCount * sizeof(int))).Fill((int)Slot.None);
        CollectionsMarshal.AsSpan(steps).CopyTo(block.AsSpan(firstStep));
        CollectionsMarshal.AsSpan(data).CopyTo(block.AsSpan(firstText));
        return block;
    }

    private static void Append<T>(List<byte> to, T value)
        where T : unmanaged => to.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    private static int Align(int size) => (size + 7) & ~7;
}
