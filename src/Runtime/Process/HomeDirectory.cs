using Rt.Kernel;
using Rt.Plan;

namespace Rt.Process;

/// <summary>
/// Fills in HOME from the container's own /etc/passwd, as runc does when the configuration sets none; "/" if the user is not
/// in there.
/// </summary>
internal unsafe struct HomeDirectory : IStep
{
    public static StepKind Kind => StepKind.HomeDirectory;

    private const int BufferSize = 4096;

    /// <summary>Room for the value, behind "HOME=".</summary>
    public const int MaxLength = 1024;

    public uint Uid;

    /// <summary>"HOME=" in the environment, with <see cref="MaxLength"/> bytes of room after it.</summary>
    public PlanText Variable;

    public readonly int Run(ref Execution run)
    {
        byte* home = run.At(Variable) + 5;
        home[0] = (byte)'/';
        home[1] = 0;

        int file;
        // Not a FIFO to hang on, not a device: only a regular file is read. What can't be read leaves "/".
        fixed (byte* path = "etc/passwd\0"u8)
            file = Files.openat2(run[Slot.Root], path, Files.O_RDONLY | Files.O_NONBLOCK | Files.O_NOCTTY,
                Files.RESOLVE_IN_ROOT | Files.RESOLVE_NO_MAGICLINKS);
        if (file < 0) return 0;
        if (Statx.Of(file, out Statx stat) >= 0 && stat.Type == Files.S_IFREG) Search(file, home);
        Files.close(file);
        return 0;
    }

    /// <summary>Reads "name:password:uid:gid:comment:home:shell" lines (passwd(5)), a buffer at a time.</summary>
    private readonly void Search(int file, byte* home)
    {
        byte* buffer = stackalloc byte[BufferSize];
        int field = 0, length = 0;
        ulong uid = 0;
        bool numeric = false;
        nint read;
        while ((read = Files.read(file, buffer, BufferSize)) > 0)
        {
            for (int i = 0; i < read; i++)
            {
                byte c = buffer[i];
                if (c is (byte)':' or (byte)'\n')
                {
                    if (field == 5 && length > 0 && numeric && uid == Uid)
                    {
                        home[length] = 0;
                        return;
                    }

                    field = c == (byte)'\n' ? 0 : field + 1;
                    if (field is 0 or 2) (uid, numeric) = (0, false);
                    length = 0;
                }
                else if (field == 2)
                {
                    numeric = c is >= (byte)'0' and <= (byte)'9' && (length == 0 || numeric) && uid <= uint.MaxValue;
                    uid = uid * 10 + (uint)(c - '0');
                    length++;
                }
                // What is behind a NUL would be lost, and a home that begins with one would be none.
                else if (field == 5 && numeric && uid == Uid && length < MaxLength - 1 && c != 0) home[length++] = c;
            }
        }

        if (length == 0 || field != 5 || !numeric || uid != Uid)
        {
            home[0] = (byte)'/';
            length = 1;
        }

        home[length] = 0;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("home", "", ("of", Uid.ToString()));
}
