using System.Text.Json;
using System.Text.Json.Nodes;
using Rt.Cgroups;
using Rt.Launch;
using Rt.Security;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>The bundles of testdata/ compile to the plans that lie beside them, line by line; RT_WRITE_PLANS=1 writes those anew.</summary>
[BeyondTheSpec("the plans of whole bundles, to see what a change of the compiler changes")]
public sealed class PlanListingTests
{
    private static readonly Host FixedHost = new(new CgroupHierarchy("/sys/fs/cgroup", "/user.slice"), 40);

    public static TheoryData<string> Bundles => new(
        Directory.GetDirectories(Repository.Bundles).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Bundles))]
    public void A_bundle_compiles_to_the_plan_beside_it(string bundle)
    {
        string directory = Path.Combine(Repository.Bundles, bundle);
        string actual = Listing(File.ReadAllBytes(Path.Combine(directory, "config.json")), bundle);
        string plan = Path.Combine(directory, "plan.txt");
        if (Environment.GetEnvironmentVariable("RT_WRITE_PLANS") == "1") File.WriteAllText(plan, actual);
        string expected = File.ReadAllText(plan);

        Assert.True(expected == actual, $"{bundle}/plan.txt has\n{expected}\nbut config.json compiles to\n{actual}");
    }

    [Fact]
    public void The_default_bundle_is_what_rt_spec_writes_without_a_terminal()
    {
        JsonNode expected = JsonNode.Parse(DefaultConfig.Json(null))!;
        expected["process"]!["terminal"] = false;
        JsonNode actual = JsonNode.Parse(File.ReadAllBytes(Path.Combine(Repository.Bundles, "default/config.json")))!;

        JsonNode.DeepEquals(actual, expected)
            .Should().BeTrue("the file should be\n{0}", expected.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    private static string Listing(byte[] json, string id)
    {
        Config config = ConfigReader.Read(json);
        Validation.Check(config);
        LaunchOptions options = new() { Id = id, Bundle = "/bundle", Gate = true };
        return PlanListing.Text(PlanListing.Of(Compiler.Compile(config, options, FixedHost, _ => new SeccompFilter(new byte[16], 2))));
    }
}
