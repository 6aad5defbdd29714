namespace Rt.Tests.Matrix;

/// <summary>The clauses of the specification, by their ids in spec/, that a test proves; on a class, that all its tests do.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, Inherited = false)]
public sealed class ProvesAttribute(params string[] ids) : Attribute
{
    public IReadOnlyList<string> Ids { get; } = ids;
}
