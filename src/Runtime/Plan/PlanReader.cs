using System.Runtime.InteropServices;
using System.Text;

namespace Rt.Plan;

/// <summary>Reads a finished block back, for listings and errors.</summary>
internal sealed class PlanReader(byte[] block)
{
    public PlanHeader Header => MemoryMarshal.Read<PlanHeader>(block);

    /// <summary>Every step, with its place in the block.</summary>
    public IEnumerable<StepPlace> Steps()
    {
        PlanHeader header = Header;
        int offset = header.FirstStep;
        for (int i = 0; i < header.StepCount; i++)
        {
            StepHeader step = MemoryMarshal.Read<StepHeader>(block.AsSpan(offset));
            yield return new StepPlace(i, offset + Marshal.SizeOf<StepHeader>(), step.Kind, Text(step.Origin));
            offset += step.Size;
        }
    }

    public T Read<T>(StepPlace place)
        where T : unmanaged, IStep => MemoryMarshal.Read<T>(block.AsSpan(place.Offset));

    /// <summary>A text; "" for a null one.</summary>
    public string Text(PlanText text)
    {
        if (text.IsNull) return "";
        ReadOnlySpan<byte> rest = block.AsSpan(Header.FirstText + text.Offset);
        return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    public IEnumerable<string> Texts(PlanList list) => Numbers(list).Select(offset => Text(new PlanText((int)offset)));

    public uint[] Numbers(PlanList list) =>
        MemoryMarshal.Cast<byte, uint>(block.AsSpan(Header.FirstText + list.Offset, list.Count * sizeof(uint))).ToArray();
}

/// <summary>Where a step stands in its plan.</summary>
internal readonly record struct StepPlace(int Index, int Offset, StepKind Kind, string Origin);
