namespace Rt.Spec;

/// <summary>A configuration that can't be used, worded "JSON.path: what is wrong".</summary>
internal sealed class SpecException(string path, string problem)
    : Exception(OneLine.Message(path.Length == 0 ? problem : $"{path}: {problem}"))
{
    public string Path { get; } = path;

    public string Problem { get; } = problem;
}
