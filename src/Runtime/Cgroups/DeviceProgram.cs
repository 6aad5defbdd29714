using System.Buffers.Binary;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>
/// Compiles device rules to an eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE, which the kernel asks at every open and
/// mknod of a device. The last rule that speaks of an access decides it, and no rule means no, as when the rules were written
/// to cgroup v1's files one after the other.
/// </summary>
internal static class DeviceProgram
{
    /// <summary>struct bpf_cgroup_dev_ctx: what is accessed how.</summary>
    private const short AccessTypeOffset = 0, MajorOffset = 4, MinorOffset = 8;
    private const int TypeBlock = 1, TypeCharacter = 2;
    private const int AccessMknod = 1, AccessRead = 2, AccessWrite = 4, AccessAll = 7;

    private const byte R0 = 0, R1 = 1, Type = 2, Access = 3, Major = 4, Minor = 5;

    /// <summary>
    /// What every container may do whatever its rules say, as under runc: the default devices, ttys, /dev/net/tun, and mknod of anything.
    /// </summary>
    internal static readonly DeviceRule[] Always =
    [
        new() { Allow = true, Type = "c", Access = "m" },
        new() { Allow = true, Type = "b", Access = "m" },
        Character(1, 3), Character(1, 5), Character(1, 7), Character(1, 8), Character(1, 9), Character(5, 0), Character(5, 1),
        Character(5, 2), Character(136, null), Character(10, 200),
    ];

    /// <summary>The program's instructions, 8 bytes each (struct bpf_insn).</summary>
    public static byte[] Compile(IReadOnlyList<DeviceRule> rules)
    {
        Assembler program = new();
        program.Load(Type, R1, AccessTypeOffset);
        program.Copy(Access, Type);
        program.ShiftRight(Access, 16);
        program.And(Type, 0xffff);
        program.Load(Major, R1, MajorOffset);
        program.Load(Minor, R1, MinorOffset);

        foreach (DeviceRule rule in Always) Emit(program, rule);
        for (int i = rules.Count - 1; i >= 0; i--)
        {
            if (IsForAll(rules[i]))
            {
                // Nothing before it can still matter.
                program.Return(rules[i].Allow ? 1 : 0);
                return program.Finish();
            }

            Emit(program, rules[i]);
        }

        program.Return(0);
        return program.Finish();
    }

    /// <summary>Each kind of access (read, write, mknod) is decided by itself; <see cref="Access"/> holds those not decided yet.</summary>
    private static void Emit(Assembler program, DeviceRule rule)
    {
        int access = AccessBits(rule.Access);
        List<int> toNext = [];
        if (rule.Type is "c" or "b" or "u") toNext.Add(program.JumpUnlessEqual(Type, rule.Type == "b" ? TypeBlock : TypeCharacter));
        if (Number(rule.Major) is { } major) toNext.Add(program.JumpUnlessEqual(Major, major));
        if (Number(rule.Minor) is { } minor) toNext.Add(program.JumpUnlessEqual(Minor, minor));
        if (rule.Allow)
        {
            // All that is left to decide is allowed: so is the whole.
            program.And(Access, ~access & AccessAll);
            toNext.Add(program.JumpUnlessEqual(Access, 0));
            program.Return(1);
        }
        else
        {
            // Some of what is left to decide is denied: so is the whole.
            program.Copy(R0, Access);
            program.And(R0, access);
            toNext.Add(program.JumpIfEqual(R0, 0));
            program.Return(0);
        }

        toNext.ForEach(program.LandHere);
    }

    private static bool IsForAll(DeviceRule rule) =>
        rule.Type == "a" && Number(rule.Major) == null && Number(rule.Minor) == null && AccessBits(rule.Access) == AccessAll;

    /// <summary>Absent and negative both mean any; numbers are 32 bits wide.</summary>
    private static int? Number(long? number) => number is >= 0 ? unchecked((int)number) : null;

    private static int AccessBits(string access) => access.Length == 0
        ? AccessAll
        : (access.Contains('m') ? AccessMknod : 0) | (access.Contains('r') ? AccessRead : 0) | (access.Contains('w') ? AccessWrite : 0);

    private static DeviceRule Character(long major, long? minor) =>
        new() { Allow = true, Type = "c", Major = major, Minor = minor, Access = "rwm" };

    /// <summary>The handful of eBPF instructions that the program needs (bpf(2), Documentation/bpf/standardization).</summary>
    private sealed class Assembler
    {
        private readonly List<(byte Code, byte Registers, short Offset, int Immediate)> code = [];

        public void Load(byte to, byte from, short offset) => Add(0x61, to, from, offset, 0); // BPF_LDX | BPF_MEM | BPF_W

        public void Copy(byte to, byte from) => Add(0xbf, to, from, 0, 0); // BPF_ALU64 | BPF_MOV | BPF_X

        public void And(byte register, int mask) => Add(0x54, register, 0, 0, mask); // BPF_ALU | BPF_AND | BPF_K

        public void ShiftRight(byte register, int bits) => Add(0x74, register, 0, 0, bits); // BPF_ALU | BPF_RSH | BPF_K

        /// <summary>The 32-bit comparison, BPF_JMP32: a 64-bit one would extend the sign of a minor number past 2^31.</summary>
        public int JumpUnlessEqual(byte register, int value) => Add(0x56, register, 0, 0, value); // BPF_JMP32 | BPF_JNE | BPF_K

        public int JumpIfEqual(byte register, int value) => Add(0x16, register, 0, 0, value); // BPF_JMP32 | BPF_JEQ | BPF_K


        public void Return(int value)
        {
            Add(0xb7, R0, 0, 0, value); // BPF_ALU64 | BPF_MOV | BPF_K
            Add(0x95, 0, 0, 0, 0); // BPF_JMP | BPF_EXIT
        }

        /// <summary>Lets a jump go to the next instruction.</summary>
        public void LandHere(int jump) => code[jump] = code[jump] with { Offset = (short)(code.Count - jump - 1) };

        public byte[] Finish()
        {
            byte[] bytes = new byte[code.Count * 8];
            for (int i = 0; i < code.Count; i++)
            {
                Span<byte> one = bytes.AsSpan(i * 8, 8);
                one[0] = code[i].Code;
                one[1] = code[i].Registers;
                BinaryPrimitives.WriteInt16LittleEndian(one[2..], code[i].Offset);
                BinaryPrimitives.WriteInt32LittleEndian(one[4..], code[i].Immediate);
            }

            return bytes;
        }

        private int Add(byte operation, byte destination, byte source, short offset, int immediate)
        {
            code.Add((operation, (byte)(source << 4 | destination), offset, immediate));
            return code.Count - 1;
        }
    }
}
