using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Rt.Tests.Unit;

namespace Rt.Tests.Fuzz;

/// <summary>Valid documents to begin with.</summary>
internal static class Corpus
{
    private static readonly Json[] Bundles =
    [
        .. Directory.GetFiles(Repository.Bundles, "config.json",
            SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Select(Json.Parse),
        Json.Parse(Encoding.UTF8.GetBytes(Configs.Good)),
    ];

    /// <summary>Configurations: those of testdata, and what the grammar makes.</summary>
    public static Gen<Json> Configurations { get; } = Gen.OneOf(Gen.Elements(Bundles), ConfigGrammar.Documents);

    /// <summary>What all configurations of testdata have at a path such as "linux.resources".</summary>
    public static Gen<Json> Parts(string path, Gen<Json> grammar) =>
        Gen.OneOf(Gen.Elements(Bundles.Select(bundle => Find(bundle, path)).OfType<Json>().ToArray()), grammar);

    private static Json? Find(Json document, string path)
    {
        Json? at = document;
        foreach (string name in path.Split('.')) at = at?.Items.FirstOrDefault(item => item.Name == $"\"{name}\"").Value;
        return at;
    }
}
