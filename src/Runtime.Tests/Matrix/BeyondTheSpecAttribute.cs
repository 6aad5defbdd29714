namespace Rt.Tests.Matrix;

/// <summary>Marks a class of tests none of which is about the specification, and says what they are about instead.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class BeyondTheSpecAttribute(string reason) : Attribute
{
    public string Reason { get; } = reason;
}
