using System.Text;
using Rt.Kernel;

namespace Rt.Tests.Attacks;

/// <summary>
/// Exchanges two names for one another (renameat2(2), RENAME_EXCHANGE) as fast as it can, until it is disposed: what an attacker does
/// who has the directory in another container.
/// </summary>
internal sealed unsafe class Swap : IDisposable
{
    private const int RENAME_EXCHANGE = 2;

    private readonly Thread thread;
    private volatile bool ends;

    public Swap(string one, string other)
    {
        byte[] first = Encoding.UTF8.GetBytes(one + '\0'), second = Encoding.UTF8.GetBytes(other + '\0');
        thread = new Thread(() =>
        {
            while (!ends)
                if (Exchange(first, second) >= 0)
                    Count++;
        });
        thread.Start();
    }

    /// <summary>How often they have been exchanged.</summary>
    public long Count { get; private set; }

    private static nint Exchange(byte[] one, byte[] other)
    {
        fixed (byte* from = one, to = other)
            return Syscall.Invoke(SyscallNumber.renameat2, Files.AT_FDCWD, (nint)from, Files.AT_FDCWD, (nint)to, RENAME_EXCHANGE);
    }

    public void Dispose()
    {
        ends = true;
        thread.Join();
    }
}
