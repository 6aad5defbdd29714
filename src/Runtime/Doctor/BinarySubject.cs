using Rt.Kernel;
using Rt.Launch;

namespace Rt.Doctor;

/// <summary>How rt's binary is protected from containers here, and what that costs at each start (<see cref="Guard"/>).</summary>
/// <param name="Way">Null: it can't be protected, and no container be started; <paramref name="Cause"/> says why.</param>
internal sealed record BinarySubject(string Path, GuardWay? Way, string Cause = "")
{
    private const string Name = "rt's binary";

    public static BinarySubject Examine()
    {
        string path = "rt";
        try
        {
            path = Guard.SelfPath();
            return new BinarySubject(path, Guard.Try(out _));
        }
        catch (Exception e) when (e is KernelException or RtException)
        {
            return new BinarySubject(path, null, e.Message);
        }
    }

    public Finding Judge() => Way switch
    {
        GuardWay.NoneNeeded => new Finding(Name, Grade.Ok, $"{Path} can't be written by anyone: a start needs no protection of it"),
        GuardWay.View => new Finding(Name, Grade.Ok, $"{Path}, protected at each start in about 0.5 ms"),
        GuardWay.Copy => new Finding(Name, Grade.Limited, $"{Path}, protected by starting rt a second time from a copy",
            "some 6 ms at each start",
            "put it where nobody can write: on erofs, squashfs, or with fs-verity (see hardening.md among rt's documents)"),
        _ => new Finding(Name, Grade.Missing, $"{Path} can't be protected: {Cause}", "every container",
            "vm.memfd_noexec below 2 by sysctl(8), memory for a copy, and /proc mounted") { IsFatal = true },
    };
}
