using System.Buffers.Binary;
using System.Text;
using Rt.Spec;
using static Rt.Security.Libseccomp;

namespace Rt.Security;

/// <summary>
/// Makes system calls that are newer than a profile fail with ENOSYS, not with the profile's default action: a libc that tries
/// a new call (clone3, faccessat2) then falls back to the old one, while EPERM would make it give up. As runc does since 1.0.
/// </summary>
internal static unsafe class NewSyscalls
{
    private const uint ENOSYS = 38, X32Bit = 0x40000000, AUDIT_ARCH_X86_64 = 0xc000003e;
    private const ushort LoadWord = 0x20, JumpIfEqual = 0x15, JumpIfGreater = 0x25, JumpIfAtLeast = 0x35, Jump = 0x05, Return = 0x06;
    private const uint NumberOffset = 0, ArchitectureOffset = 4; // struct seccomp_data

    /// <summary>The filter with a part before it that judges the calls above the highest that the profile names.</summary>
    public static byte[] Prepend(Seccomp seccomp, uint defaultAction, IReadOnlyList<uint> architectures, byte[] filter)
    {
        bool lenient = defaultAction is SCMP_ACT_ALLOW or SCMP_ACT_LOG or (SCMP_ACT_ERRNO | ENOSYS)
            || (defaultAction & 0xffff0000) == SCMP_ACT_TRACE;
        if (lenient) return filter;

        List<(ushort Code, byte IfTrue, byte IfFalse, uint Operand)> stub = [(LoadWord, 0, 0, ArchitectureOffset)];
        List<int> toFilter = [];
        foreach (uint architecture in architectures)
        {
            if (Highest(seccomp, architecture) is not { } highest) continue;
            bool x32 = architecture == AUDIT_ARCH_X86_64; // its x32 calls have numbers of their own: they are left to the filter
            stub.Add((JumpIfEqual, 0, (byte)(x32 ? 5 : 4), architecture));
            stub.Add((LoadWord, 0, 0, NumberOffset));
            if (x32) stub.Add((JumpIfAtLeast, 2, 0, X32Bit));
            stub.Add((JumpIfGreater, 0, 1, highest));
            stub.Add((Return, 0, 0, SCMP_ACT_ERRNO | ENOSYS));
            toFilter.Add(stub.Count);
            stub.Add((Jump, 0, 0, 0));
        }

        foreach (int jump in toFilter) stub[jump] = stub[jump] with { Operand = (uint)(stub.Count - jump - 1) };
        byte[] program = new byte[(stub.Count * 8) + filter.Length];
        for (int i = 0; i < stub.Count; i++)
        {
            Span<byte> one = program.AsSpan(i * 8, 8);
            BinaryPrimitives.WriteUInt16LittleEndian(one, stub[i].Code);
            one[2] = stub[i].IfTrue;
            one[3] = stub[i].IfFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(one[4..], stub[i].Operand);
        }

        filter.CopyTo(program, stub.Count * 8);
        return program;
    }

    /// <summary>The highest number among the calls that the profile names, as the architecture has them; null if it names none.</summary>
    private static uint? Highest(Seccomp seccomp, uint architecture)
    {
        int highest = -1;
        foreach (SeccompRule rule in seccomp.Syscalls)
        {
            foreach (string name in rule.Names)
            {
                fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
                    highest = Math.Max(highest, seccomp_syscall_resolve_name_arch(architecture, text));
            }
        }

        return highest < 0 ? null : (uint)highest;
    }
}
