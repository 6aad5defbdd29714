using System.Globalization;
using System.Runtime.InteropServices;
using Rt.Kernel;
using Rt.Plan;

namespace Rt.Launch;

/// <summary>
/// A second process of rt, started from the protected binary (<see cref="Guard"/>), that takes a plan over a socket and forks
/// the container's init. It is started before the configuration is even read, so that its start-up overlaps with that.
/// </summary>
internal sealed unsafe class GuardedInit
{
    /// <summary>The hidden command that it runs.</summary>
    public const string Command = "init";

    private GuardedInit(int pid, int socket)
    {
        Pid = pid;
        Socket = socket;
    }

    public int Pid { get; }

    /// <summary>The plan goes out here; reports come back.</summary>
    public int Socket { get; }

    /// <summary>Starts it; null if the binary needs no protection.</summary>
    public static GuardedInit? Start()
    {
        int binary = Guard.OpenProtected();
        if (binary < 0) return null;

        int* pair = stackalloc int[2];
        KernelException.Check(Sockets.socketpair(pair), "socketpair");
        byte* path = stackalloc byte[32];
        Text.FormatProcSelfFd(path, binary);
        byte* number = stackalloc byte[12];
        number[Text.FormatDecimal(number, (uint)pair[1])] = 0;
        int pid;
        fixed (byte* name = "rt\0"u8, command = "init\0"u8)
        {
            byte** argv = stackalloc byte*[4] { name, command, number, null };
            byte** envp = stackalloc byte*[1] { null };
            pid = Processes.Spawn(path, argv, envp, pair[1]);
        }

        KernelException.Check(pid, "start the protected init");
        Files.close(pair[1]);
        Files.close(binary);
        return new GuardedInit(pid, pair[0]);
    }

    /// <summary>Hands it the plan and the descriptors that the plan starts with.</summary>
    public void Send(byte[] block, ReadOnlySpan<int> descriptors)
    {
        fixed (byte* bytes = block)
        fixed (int* first = descriptors)
        {
            nint sent = KernelException.Check(Sockets.Send(Socket, bytes, block.Length, first, descriptors.Length), "hand over the plan");
            while (sent < block.Length)
                sent += KernelException.Check(Sockets.Send(Socket, bytes + sent, block.Length - sent, null, 0), "hand over the plan");
        }
    }

    /// <summary>
    /// The other side: takes the plan, forks the init as a child of the process that sent it, reports its pid and exits. A
    /// sender that went away, or an argument that is no such socket, ends it with 1.
    /// </summary>
    public static int Serve(string argument)
    {
        if (!int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out int socket)) return 1;
        Files.fcntl(socket, Files.F_SETFD, Files.FD_CLOEXEC);

        // The header tells the size; descriptors come with its first byte.
        PlanHeader header;
        int* descriptors = stackalloc int[Sockets.MaxDescriptors];
        nint have = Sockets.Receive(socket, &header, sizeof(PlanHeader), descriptors, out int count);
        if (have != sizeof(PlanHeader) || header.Size < sizeof(PlanHeader)) return 1;
        byte* block = (byte*)NativeMemory.Alloc((nuint)header.Size);
        *(PlanHeader*)block = header;
        while (have < header.Size)
        {
            nint read = Files.readBlocking(socket, block + have, header.Size - have);
            if (read <= 0) return 1;
            have += read;
        }

        Execution run = new(block);
        uint* slots = run.Numbers(header.PassedSlots);
        for (int i = 0; i < count && i < header.PassedSlots.Count; i++) run[(Slot)slots[i]] = descriptors[i];
        run[Slot.Report] = socket;

        int pid = Forker.Fork(block, sibling: true, out int failed);
        if (pid < 0) Report.Send(ref run, ReportKind.Failed, failed, -pid);
        else Report.Send(ref run, ReportKind.Cloned, pid, 0);
        Processes.exit_group(pid < 0 ? 1 : 0);
        return 0;
    }
}
