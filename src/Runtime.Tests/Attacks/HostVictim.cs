using Rt.Tests.Integration;

namespace Rt.Tests.Attacks;

/// <summary>A directory of the host's that a container is not to reach. It has what the attacks look for, by the same names.</summary>
internal sealed class HostVictim : IDisposable
{
    /// <summary>What is in its files, and must never be seen inside.</summary>
    public const string Secret = "known-to-the-host-alone";

    private readonly string before;

    /// <param name="names">Directories that it has, each with a file "secret".</param>
    public HostVictim(params string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(System.IO.Path.Combine(Path, name));
            File.WriteAllText(System.IO.Path.Combine(Path, name, "secret"), Secret);
        }

        File.WriteAllText(System.IO.Path.Combine(Path, "file"), Secret);
        before = Listing();
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("rt-victim-").FullName;

    /// <summary>What a symbolic link in an image may look like that leads there: as seen from the host, and climbing out of the root.</summary>
    public IEnumerable<string> Links => [Path, string.Concat(Enumerable.Repeat("../", 24)) + Path.TrimStart('/')];

    /// <summary>Nothing was made, removed, changed or mounted here.</summary>
    public void ShouldBeUntouched()
    {
        Listing().Should().Be(before);
        File.ReadAllText("/proc/self/mountinfo").Should().NotContain(Path);
    }

    /// <summary>Names, types, modes, owners, sizes, times of change, and contents.</summary>
    private string Listing() => Command.Shell("""
        cd "$1" && find . -printf '%P %y %m %U:%G %s %C@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort
        """, Path).ShouldEndWith(0).Out;

    public void Dispose() => Command.Run("rm", "-rf", "--one-file-system", Path);
}
