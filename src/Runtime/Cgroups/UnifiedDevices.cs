using Rt.Kernel;
using Rt.Spec;

namespace Rt.Cgroups;

/// <summary>
/// The device filter on a cgroup v2 directory: one program of ours, found again by its name. Programs of others, such as
/// systemd's, stand beside it; an access must please all of them.
/// </summary>
internal static unsafe class UnifiedDevices
{
    private const string Origin = "linux.resources.devices";

    /// <summary>
    /// Puts the filter on a new cgroup. It takes the kernel 0.3 ms to verify and compile it, in which the init can be at its
    /// mounts already.
    /// </summary>
    public static void Attach(UnifiedPlan plan, int directory)
    {
        int program = Load(plan.DeviceProgram);
        int result = Bpf.AttachToCgroup(directory, program);
        Files.close(program);
        Check(result, $"attach device filter to {plan.Directory}");
    }

    /// <summary>
    /// Puts another filter in the place of the one that is there, so that there is no moment without: an access is judged by
    /// the one or by the other. Returns what puts the old one back: 0 or -errno.
    /// </summary>
    public static Func<int> Replace(string path, byte[] instructions)
    {
        // Open as long as this process is there, for the way back.
        int directory = FileContent.Open(path, Files.O_RDONLY | Files.O_DIRECTORY);
        int before = Find(path, directory), program = Load(instructions);
        // A container that was made without one gets its first.
        int result = before < 0 ? Bpf.AttachToCgroup(directory, program) : Bpf.ReplaceOnCgroup(directory, program, before);
        Check(result, $"replace device filter of {path}");
        return () => before < 0 ? Bpf.DetachFromCgroup(directory, program) : Bpf.ReplaceOnCgroup(directory, before, program);
    }

    /// <summary>A descriptor of our program on the cgroup; -1: there is none.</summary>
    private static int Find(string path, int directory)
    {
        const int Most = 64; // BPF_CGROUP_MAX_PROGS
        uint* ids = stackalloc uint[Most];
        int count = Bpf.QueryCgroup(directory, ids, Most);
        Check(count, $"list the device filters of {path}");
        for (int i = 0; i < count; i++)
        {
            int program = Bpf.OpenById(ids[i]);
            if (program == -Errno.ENOENT) continue; // replaced meanwhile, by its owner
            Check(program, $"open a device filter of {path}");
            if (Bpf.IsNamedAsOurs(program)) return program;
            Files.close(program);
        }

        return -1;
    }

    private static int Load(byte[] program)
    {
        const int RLIMIT_MEMLOCK = 8;
        fixed (byte* instructions = program)
        {
            int descriptor = Bpf.LoadDeviceProgram(instructions, program.Length / 8);
            // Before Linux 5.11 programs count as memory that the user has locked, root too.
            if (descriptor == -Errno.EPERM && Credentials.GetLimit(RLIMIT_MEMLOCK, out ulong soft, out ulong hard) >= 0
                && soft != ulong.MaxValue && Credentials.SetLimit(RLIMIT_MEMLOCK, ulong.MaxValue, ulong.MaxValue) >= 0)
            {
                descriptor = Bpf.LoadDeviceProgram(instructions, program.Length / 8);
                Credentials.SetLimit(RLIMIT_MEMLOCK, soft, hard);
            }

            Check(descriptor, "load device filter");
            return descriptor;
        }
    }

    private static void Check(int result, string operation)
    {
        if (result < 0) throw new SpecException(Origin, $"{operation}: {Errno.Describe(-result)}");
    }
}
