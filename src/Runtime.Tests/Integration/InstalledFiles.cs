namespace Rt.Tests.Integration;

/// <summary>What make install puts below a directory, made once for all tests of a class.</summary>
public sealed class InstalledFiles : IDisposable
{
    public InstalledFiles() => Make("install").ShouldEndWith(0);

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("rt-test-").FullName;

    public string Share => Path.Combine(Directory, "usr/local/share");

    public string[] Pages => [.. System.IO.Directory.GetFiles(Share + "/man/man8").Order(StringComparer.Ordinal)];

    public Result Make(string target, params string[] variables) =>
        Command.Run(["make", "--no-print-directory", "-C", Repository.Root, target, $"DESTDIR={Directory}", .. variables]);

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
