using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>The small parts of linux: what is required in them, and paths that must be absolute.</summary>
public sealed class LinuxSectionTests
{
    [Theory]
    [InlineData("""{"nodes": "0"}""", "mode")]
    [InlineData("{}", "mode")]
    [InlineData("""{"mode": "", "nodes": "0"}""", "mode")]
    [InlineData("""{"mode": "BIND", "nodes": "0"}""", "mode")]
    [InlineData("""{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES", "STATIC"]}""", "flags[1]")]
    [InlineData("""{"mode": "MPOL_BIND", "nodes": "x"}""", "nodes")]
    [InlineData("""{"mode": "MPOL_BIND"}""", "nodes")]
    [InlineData("""{"mode": "MPOL_LOCAL", "nodes": "0"}""", "nodes")]
    [Proves("config-linux-mempolicy-01")]
    public void A_memory_policy_that_breaks_the_rules_is_refused(string policy, string property) =>
        Refused("linux.memoryPolicy", policy).Should().Be("linux.memoryPolicy." + property);

    [Theory]
    [InlineData("{}", "domain")]
    [InlineData("""{"flags": []}""", "domain")]
    [InlineData("""{"domain": ""}""", "domain")]
    [InlineData("""{"domain": "linux"}""", "domain")]
    [InlineData("""{"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}""", "flags")]
    [Proves("config-linux-personality-01")]
    public void A_personality_that_breaks_the_rules_is_refused(string personality, string property) =>
        Refused("linux.personality", personality).Should().Be("linux.personality." + property);

    [Theory]
    [InlineData("maskedPaths", "proc/kcore")]
    [InlineData("maskedPaths", "./proc/kcore")]
    [InlineData("maskedPaths", "")]
    [InlineData("readonlyPaths", "proc/sys")]
    [InlineData("readonlyPaths", "../proc/sys")]
    [InlineData("readonlyPaths", "")]
    [Proves("config-linux-masked-01", "config-linux-readonlypaths-01")]
    public void A_covered_path_that_is_not_absolute_is_refused(string property, string path) =>
        Refused($"linux.{property}", $$"""["/proc", "{{path}}"]""").Should().Be($"linux.{property}[1]");

    [Theory]
    [InlineData("L3:0=f")]
    [InlineData("L3CODE:0=f")]
    [InlineData("L3DATA:0=f")]
    [Proves("config-linux-rdt-05")]
    public void A_schema_of_the_L3_cache_passes(string schema) =>
        FluentActions.Invoking(() => Check("linux.intelRdt", $$"""{"l3CacheSchema": "{{schema}}"}""")).Should().NotThrow();

    [Theory]
    [InlineData("L3")]
    [InlineData("L3=f")]
    [InlineData("L30:0=f")]
    [InlineData("L3CODE")]
    [InlineData("L3BOTH:0=f")]
    [InlineData("L2:0=f")]
    [InlineData(" L3:0=f")]
    [Proves("config-linux-rdt-05")]
    public void Any_other_is_refused(string schema) =>
        Refused("linux.intelRdt", $$"""{"l3CacheSchema": "{{schema}}"}""").Should().Be("linux.intelRdt.l3CacheSchema");

    private static void Check(string path, string value) => Validation.Check(Configs.Read(Configs.With(path, value)));

    /// <summary>The path in the error.</summary>
    private static string Refused(string path, string value) =>
        FluentActions.Invoking(() => Check(path, value)).Should().Throw<SpecException>().Which.Path;
}
