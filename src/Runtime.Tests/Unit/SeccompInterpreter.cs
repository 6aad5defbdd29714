using System.Buffers.Binary;

namespace Rt.Tests.Unit;

/// <summary>Asks a compiled filter about a system call, as the kernel does: classic BPF over struct seccomp_data (seccomp(2)).</summary>
internal static class SeccompInterpreter
{
    public const uint X86_64 = 0xc000003e, I386 = 0x40000003; // AUDIT_ARCH_
    public const uint SECCOMP_RET_KILL_THREAD = 0, SECCOMP_RET_TRAP = 0x30000, SECCOMP_RET_ERRNO = 0x50000, SECCOMP_RET_TRACE = 0x7ff00000,
        SECCOMP_RET_LOG = 0x7ffc0000, SECCOMP_RET_ALLOW = 0x7fff0000, SECCOMP_RET_KILL_PROCESS = 0x80000000;

    /// <summary>The action that the filter takes, with the errno in its lower half.</summary>
    public static uint Run(byte[] program, int syscall, uint architecture = X86_64, params ulong[] args)
    {
        byte[] data = new byte[64];
        BinaryPrimitives.WriteInt32LittleEndian(data, syscall);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), architecture);
        for (int i = 0; i < args.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + (8 * i)), args[i]);

        uint accumulator = 0;
        for (int at = 0; at < program.Length / 8; at++)
        {
            ReadOnlySpan<byte> one = program.AsSpan(at * 8, 8);
            uint operand = BinaryPrimitives.ReadUInt32LittleEndian(one[4..]);
            switch (BinaryPrimitives.ReadUInt16LittleEndian(one))
            {
                case 0x20: // BPF_LD | BPF_W | BPF_ABS
                    accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)operand));
                    break;
                case 0x54: // BPF_ALU | BPF_AND | BPF_K
                    accumulator &= operand;
                    break;
                case 0x05: // BPF_JMP | BPF_JA
                    at += (int)operand;
                    break;
                case 0x15: // BPF_JEQ
                    at += accumulator == operand ? one[2] : one[3];
                    break;
                case 0x25: // BPF_JGT
                    at += accumulator > operand ? one[2] : one[3];
                    break;
                case 0x35: // BPF_JGE
                    at += accumulator >= operand ? one[2] : one[3];
                    break;
                case 0x45: // BPF_JSET
                    at += (accumulator & operand) != 0 ? one[2] : one[3];
                    break;
                case 0x06: // BPF_RET | BPF_K
                    return operand;
                case ushort other:
                    throw new InvalidOperationException($"instruction 0x{other:x4} is not one of a seccomp filter");
            }
        }

        throw new InvalidOperationException("the filter does not end");
    }
}
