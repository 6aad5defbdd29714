namespace Rt.Tests;

/// <summary>Where the tests find what the build made and what the repository holds.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The static native binary under test.</summary>
    public static string Binary => Path.Combine(Root, "bin/rt");

    /// <summary>Bundles' config.json files and what they must compile to.</summary>
    public static string Bundles => Path.Combine(Root, "testdata/bundles");

    /// <summary>Configurations that are to be refused, as changes to a good one.</summary>
    public static string BadConfigs => Path.Combine(Root, "testdata/bad-configs");

    private static string FindRoot()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Runtime.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("Runtime.sln is nowhere above the tests");
        return directory;
    }
}
