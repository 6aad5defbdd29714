using Rt.Kernel;
using Rt.Shim;
using Rt.Spec;
using Rt.Terminal;

namespace Rt.Containers;

/// <summary>What rt's caller has around it that is for the container: a terminal, sockets, somebody to be notified.</summary>
/// <param name="ServesTerminal">The container has a terminal, and rt stays with it.</param>
/// <param name="Descriptors">How many from 3 on the container inherits.</param>
internal sealed record Surroundings(bool ServesTerminal, int Descriptors, NotifySocket? Notify)
{
    /// <summary>What newlines are to be in the terminal's output (<see cref="OpenTerminal.PlainNewlines"/>).</summary>
    public bool PlainNewlines => ServesTerminal && !Terminals.IsTerminal(1);

    /// <summary>Looks at them, and puts into the configuration what the container is to know.</summary>
    public static Surroundings Apply(Config config, CreateRequest request, string notifyDirectory)
    {
        ContainerProcess process = config.Process!;
        ConsoleSocket.Check(process.Terminal, request.Detach, request.ConsoleSocket, request.HasShim);
        ShimStreams.Check(request.Stdio, request.HasShim, process.Terminal);
        bool servesTerminal = process.Terminal && !request.Detach;
        if (servesTerminal) process.ConsoleSize = ForegroundTerminal.HostSize() ?? process.ConsoleSize;

        int sockets = SocketActivation.Count();
        PreservedDescriptors.Require(3, sockets, $"LISTEN_FDS={sockets}");
        PreservedDescriptors.Require(3 + sockets, request.PreserveFds, $"--preserve-fds {request.PreserveFds}");
        SocketActivation.AddTo(process, sockets);

        NotifySocket? notify = NotifySocket.Of(notifyDirectory);
        notify?.AddTo(config);
        return new Surroundings(servesTerminal, sockets + request.PreserveFds, notify);
    }
}

/// <summary>A container that has just been created, and what of it is this process's to serve.</summary>
/// <param name="Directory">Locked; not if poststart hooks have run.</param>
internal sealed record Created(ContainerDirectory Directory, ContainerState State, ForegroundTerminal? Terminal, NotifySocket? Notify);
