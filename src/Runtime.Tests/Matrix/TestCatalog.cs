using System.Reflection;

namespace Rt.Tests.Matrix;

/// <summary>The tests of this assembly and what they say that they prove, found by reflection.</summary>
internal static class TestCatalog
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>All classes with tests.</summary>
    public static IReadOnlyList<Type> Classes { get; } =
        [.. AllTypes.Where(HasTests).OrderBy(type => type.FullName, StringComparer.Ordinal)];

    /// <summary>All that bear the attribute, whether they are tests or not.</summary>
    public static IReadOnlyList<Proof> Proofs { get; } =
        [.. AllTypes.SelectMany(ProofsOf).OrderBy(proof => proof.Name, StringComparer.Ordinal)];

    private static IEnumerable<Type> AllTypes => typeof(TestCatalog).Assembly.GetTypes();

    /// <summary>The tests column of a clause.</summary>
    public static string TestsOf(string id) => string.Join(", ", Proofs.Where(proof => proof.Ids.Contains(id)).Select(proof => proof.Name));

    private static IEnumerable<Proof> ProofsOf(Type type)
    {
        if (type.GetCustomAttribute<ProvesAttribute>() is { } ofAll) yield return new Proof(type, type.Name, HasTests(type), ofAll.Ids);
        foreach (MethodInfo method in MethodsOf(type))
        {
            if (method.GetCustomAttribute<ProvesAttribute>() is { } ofOne)
                yield return new Proof(type, $"{type.Name}.{method.Name}", IsTest(method), ofOne.Ids);
        }
    }

    private static bool HasTests(Type type) => MethodsOf(type).Any(IsTest);

    private static MethodInfo[] MethodsOf(Type type) => type.GetMethods(Declared);

    /// <summary>[Theory] and the attributes of our own derive from [Fact].</summary>
    private static bool IsTest(MethodInfo method) => method.IsPublic && method.IsDefined(typeof(FactAttribute));
}

/// <summary>A class or method that says what it proves.</summary>
internal sealed record Proof(Type Class, string Name, bool IsTest, IReadOnlyList<string> Ids);
