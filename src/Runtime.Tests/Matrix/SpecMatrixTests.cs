using System.Reflection;

namespace Rt.Tests.Matrix;

/// <summary>The matrix in spec/ and the tests must say the same, so that neither can claim what the other does not have.</summary>
[BeyondTheSpec("compares the conformance matrix with the tests")]
public sealed class SpecMatrixTests
{
    private static readonly bool Writes = Environment.GetEnvironmentVariable("RT_WRITE_MATRIX") == "1";

    [Fact]
    public void Every_document_has_clauses() =>
        None(SpecMatrix.Documents.Except(SpecMatrix.Read().Select(clause => clause.Document)), "spec/ has a table for each");

    [Fact]
    public void An_id_names_its_document_and_section_and_is_given_once()
    {
        None(Where(clause => !clause.HasGoodId), "an id is the document, a word and two digits");
        None(Repeated(SpecMatrix.Read().Select(clause => clause.Id)), "an id names one clause");
    }

    [Fact]
    public void A_clause_has_a_section_a_known_level_a_requirement_and_a_status()
    {
        None(Where(clause => clause.Section.Length == 0 || clause.Requirement.Length == 0), "no cell may be empty");
        None(Where(clause => !SpecMatrix.Levels.Contains(clause.Level)), "these are no levels of the specification");
        None(Where(clause => !clause.IsMet && !clause.IsDifferent && !clause.IsNotApplicable),
            "the status is \"met\", or \"differs: \" or \"not applicable: \" with a reason");
    }

    [Fact]
    public void Every_clause_that_applies_is_proven_by_a_test()
    {
        HashSet<string> proven = [.. TestCatalog.Proofs.SelectMany(proof => proof.Ids)];
        None(Where(clause => !clause.IsNotApplicable && !proven.Contains(clause.Id)), "a test has to name the clause in [Proves]");
    }

    [Fact]
    public void Every_id_that_a_test_names_is_in_the_matrix()
    {
        HashSet<string> known = [.. SpecMatrix.Read().Select(clause => clause.Id)];
        None(TestCatalog.Proofs.SelectMany(proof => proof.Ids.Where(id => !known.Contains(id)).Select(id => $"{proof.Name}: {id}")),
            "no table in spec/ has these");
    }

    [Fact]
    public void A_test_names_at_least_one_clause_and_none_twice() =>
        None(TestCatalog.Proofs.Where(proof => proof.Ids.Count == 0 || Repeated(proof.Ids).Any()).Select(proof => proof.Name),
            "[Proves] says what is proven");

    [Fact]
    public void Every_class_of_tests_is_about_the_specification_or_says_what_else()
    {
        HashSet<Type> proving = [.. TestCatalog.Proofs.Select(proof => proof.Class)];
        None(Names(type => !proving.Contains(type) && MarkOf(type) == null), "a class has [Proves], or a test of it, or [BeyondTheSpec]");
        None(Names(type => proving.Contains(type) && MarkOf(type) != null), "a class has [Proves] or [BeyondTheSpec], not both");
        None(Names(type => string.IsNullOrWhiteSpace(MarkOf(type)?.Reason ?? "none")), "[BeyondTheSpec] has a reason");
    }

    [Fact]
    public void Only_tests_prove_anything() =>
        None(TestCatalog.Proofs.Where(proof => !proof.IsTest).Select(proof => proof.Name), "[Proves] is for tests and classes of tests");

    [Fact]
    public void A_name_in_the_matrix_stands_for_one_test() =>
        None(Repeated(TestCatalog.Proofs.Select(proof => proof.Name)), "several classes of one name have such a test");

    /// <summary>RT_WRITE_MATRIX=1 writes the column instead.</summary>
    [Fact]
    public void The_tests_column_names_the_tests_that_name_the_clause()
    {
        if (Writes) SpecMatrix.Write(clause => TestCatalog.TestsOf(clause.Id));
        None(Where(clause => clause.Tests != TestCatalog.TestsOf(clause.Id)),
            "RT_WRITE_MATRIX=1 dotnet test src/Runtime.Tests --filter SpecMatrix writes the column anew");
    }

    private static BeyondTheSpecAttribute? MarkOf(Type type) => type.GetCustomAttribute<BeyondTheSpecAttribute>(inherit: false);

    private static IEnumerable<string> Where(Func<Clause, bool> wrong) =>
        SpecMatrix.Read().Where(wrong).Select(clause => clause.ToString());

    private static IEnumerable<string> Names(Func<Type, bool> wrong) => TestCatalog.Classes.Where(wrong).Select(type => type.FullName!);

    private static IEnumerable<string> Repeated(IEnumerable<string> names) =>
        names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key);

    /// <summary>All that is wrong is told, a line each; a collection's message would stop after some.</summary>
    private static void None(IEnumerable<string> wrong, string because) => string.Join('\n', wrong).Should().BeEmpty("{0}", because);
}
