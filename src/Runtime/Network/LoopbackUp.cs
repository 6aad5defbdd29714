using Rt.Kernel;
using Rt.Plan;

namespace Rt.Network;

/// <summary>Brings up "lo" in a new network namespace, where it starts down (netdevice(7)).</summary>
internal unsafe struct LoopbackUp : IStep
{
    public static StepKind Kind => StepKind.LoopbackUp;

    public readonly int Run(ref Execution run)
    {
        const uint SIOCGIFFLAGS = 0x8913, SIOCSIFFLAGS = 0x8914;
        const short IFF_UP = 1;
        const int IFNAMSIZ = 16, IfreqSize = 40;

        int socket = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_DGRAM);
        if (socket < 0) return socket;
        byte* ifreq = stackalloc byte[IfreqSize];
        for (int i = 0; i < IfreqSize; i++) ifreq[i] = 0;
        ifreq[0] = (byte)'l';
        ifreq[1] = (byte)'o';
        int result = Sockets.ioctl(socket, SIOCGIFFLAGS, ifreq);
        if (result >= 0)
        {
            *(short*)(ifreq + IFNAMSIZ) |= IFF_UP;
            result = Sockets.ioctl(socket, SIOCSIFFLAGS, ifreq);
        }

        Files.close(socket);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("link-up", "lo");
}
