using System.Buffers.Binary;

namespace Rt.Tests.Unit;

/// <summary>Runs a device program as the kernel would: the few eBPF instructions that it is made of, and nothing else.</summary>
internal static class DeviceInterpreter
{
    public const int Mknod = 1, Read = 2, Write = 4;
    private const int Block = 1, Character = 2;

    public static bool Allows(byte[] program, char type, uint major, uint minor, int access)
    {
        uint[] context = [(uint)(access << 16 | (type == 'b' ? Block : Character)), major, minor]; // struct bpf_cgroup_dev_ctx
        ulong?[] registers = new ulong?[11];
        registers[1] = 0;

        for (int at = 0, steps = 0; steps < program.Length / 8; at++, steps++)
        {
            ReadOnlySpan<byte> one = program.AsSpan(at * 8, 8);
            int to = one[1] & 15, from = one[1] >> 4;
            short offset = BinaryPrimitives.ReadInt16LittleEndian(one[2..]);
            int immediate = BinaryPrimitives.ReadInt32LittleEndian(one[4..]);
            switch (one[0])
            {
                case 0x61: // r = *(u32 *)(context + offset)
                    registers[to] = context[(Value(from) + (ulong)offset) / 4];
                    break;
                case 0xb7: // r = immediate, its sign extended
                    registers[to] = (ulong)immediate;
                    break;
                case 0xbf:
                    registers[to] = Value(from);
                    break;
                case 0x54: // the 32-bit operations clear the upper half
                    registers[to] = (uint)Value(to) & (uint)immediate;
                    break;
                case 0x74:
                    registers[to] = (uint)Value(to) >> immediate;
                    break;
                case 0x16:
                    if ((uint)Value(to) == (uint)immediate) at += offset;
                    break;
                case 0x56:
                    if ((uint)Value(to) != (uint)immediate) at += offset;
                    break;
                case 0x5e:
                    if ((uint)Value(to) != (uint)Value(from)) at += offset;
                    break;
                case 0x95:
                    return Value(0) == 1;
                default:
                    throw new InvalidOperationException($"instruction 0x{one[0]:x2} is not one of a device program");
            }
        }

        throw new InvalidOperationException("the program does not end");

        ulong Value(int register) => registers[register] ?? throw new InvalidOperationException($"r{register} is read before it is set");
    }

    /// <summary>
    /// Instructions that no path leads to: the kernel's verifier refuses a program that has any, or a path that leads out of it.
    /// </summary>
    public static IEnumerable<int> Unreachable(byte[] program)
    {
        HashSet<int> seen = [];
        Stack<int> open = new([0]);
        while (open.TryPop(out int at))
        {
            if (at >= program.Length / 8)
                throw new InvalidOperationException($"a path leads out of the program, to instruction {at} of {program.Length / 8}");
            if (!seen.Add(at)) continue;
            byte code = program[at * 8];
            if (code == 0x95) continue;
            open.Push(at + 1);
            if (code is 0x16 or 0x56 or 0x5e) open.Push(at + 1 + BinaryPrimitives.ReadInt16LittleEndian(program.AsSpan((at * 8) + 2)));
        }

        return Enumerable.Range(0, program.Length / 8).Except(seen);
    }
}
