using FsCheck.Fluent;
using Rt.Cgroups;
using Rt.Launch;
using Rt.Security;
using Rt.Spec;

namespace Rt.Tests.Fuzz;

/// <summary>config.json, and what is made of one that is right: all that create does before it touches the host.</summary>
internal static class ConfigTargets
{
    private static readonly string[] LegacyControllers = ["memory", "cpu,cpuacct", "cpuset", "pids", "blkio", "devices", "name=systemd"];

    private static readonly Host Unified = new(new CgroupHierarchy("/sys/fs/cgroup", "/user.slice"), 40);

    private static readonly Host Legacy = new(new CgroupHierarchy(null, "/")
    {
        Legacy = [.. LegacyControllers.Select(name => new LegacyHierarchy(name, $"/sys/fs/cgroup/{name}", "/user.slice"))],
    }, 40);

    public static IEnumerable<FuzzTarget> All =>
    [
        new("config.json", 30, Edits.Of(Corpus.Configurations), document => Plan(document, Unified), typeof(SpecException)),
        new("config.json, cgroup v1", 4, Edits.Of(Corpus.Configurations), document => Plan(document, Legacy), typeof(SpecException)),
        new("config.json, systemd", 4, Edits.Of(Corpus.Configurations), document =>
            Plan(document, Unified, systemd: true), typeof(SpecException)),
        new("linux.seccomp", 4, Edits.Of(Corpus.Parts("linux.seccomp", ConfigGrammar.Seccomp)), CompileSeccomp, typeof(SpecException)),
    ];

    private static bool Plan(byte[] document, Host host, bool systemd = false)
    {
        Config config = ConfigReader.Read(document);
        Validation.Check(config);
        CgroupManager manager = systemd ? CgroupManager.Systemd : CgroupManager.Cgroupfs;
        LaunchOptions options = new() { Id = "box", Bundle = "/bundle", Gate = true, CgroupManager = manager };
        LaunchPlan plan = Compiler.Compile(config, options, host, _ => new SeccompFilter(new byte[8], 0));
        List<PlanLine> lines = PlanListing.Of(plan);
        PlanListing.Text(lines).Count(c => c == '\n').Should().Be(lines.Count, "a step is one line");
        return true;
    }

    private static bool CompileSeccomp(byte[] section)
    {
        byte[] document = [.. "{\"linux\":{\"seccomp\":"u8, .. section, .. "}}"u8];
        if (ConfigReader.Read(document).Linux.Seccomp is not { } seccomp) return false;
        (SeccompCompiler.Compile(SeccompReader.Read(seccomp)).Program.Length % 8).Should().Be(0, "instructions have 8 bytes");
        return true;
    }
}
