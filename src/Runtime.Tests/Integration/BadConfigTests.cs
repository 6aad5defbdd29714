using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>
/// Every property of config.json with values that it can't have, one change away from a good configuration each
/// (testdata/bad-configs). The binary itself is to refuse them, in one line that names the JSON path, and to leave nothing behind.
/// </summary>
public sealed partial class BadConfigTests(BadConfigRun run) : IClassFixture<BadConfigRun>
{
    /// <summary>The functions that read config.json, with the JSON paths of the objects that they read.</summary>
    private static readonly Dictionary<string, string[]> Objects = new(StringComparer.Ordinal)
    {
        ["ConfigReader.Read"] = [""],
        ["ConfigReader.ReadRoot"] = ["root."],
        ["ConfigReader.ReadMount"] = ["mounts[]."],
        ["ProcessReader.Read"] = ["process."],
        ["ProcessReader.ReadConsoleSize"] = ["process.consoleSize."],
        ["ProcessReader.ReadUser"] = ["process.user."],
        ["ProcessReader.ReadCapabilities"] = ["process.capabilities."],
        ["ProcessReader.ReadRlimit"] = ["process.rlimits[]."],
        ["ProcessReader.ReadScheduler"] = ["process.scheduler."],
        ["ProcessReader.ReadIoPriority"] = ["process.ioPriority."],
        ["ProcessReader.ReadAffinity"] = ["process.execCPUAffinity."],
        ["HooksReader.Read"] = ["hooks."],
        ["HooksReader.ReadHook"] = ["hooks.createRuntime[]."],
        ["LinuxReader.Read"] = ["linux."],
        ["LinuxReader.ReadMapping"] =
            ["linux.uidMappings[].", "linux.gidMappings[].", "mounts[].uidMappings[].", "mounts[].gidMappings[]."],
        ["LinuxReader.ReadNamespace"] = ["linux.namespaces[]."],
        ["LinuxReader.ReadTimeOffset"] = ["linux.timeOffsets.*."],
        ["LinuxReader.ReadDevice"] = ["linux.devices[]."],
        ["LinuxReader.ReadNetDevice"] = ["linux.netDevices.*."],
        ["LinuxReader.ReadPersonality"] = ["linux.personality."],
        ["LinuxReader.ReadIntelRdt"] = ["linux.intelRdt."],
        ["LinuxReader.ReadMemoryPolicy"] = ["linux.memoryPolicy."],
        ["ResourcesReader.Read"] = ["linux.resources."],
        ["ResourcesReader.ReadDeviceRules"] = ["linux.resources.devices[]."],
        ["ResourcesReader.ReadMemory"] = ["linux.resources.memory."],
        ["ResourcesReader.ReadCpu"] = ["linux.resources.cpu."],
        ["ResourcesReader.ReadPids"] = ["linux.resources.pids."],
        ["ResourcesReader.ReadBlockIO"] = ["linux.resources.blockIO."],
        ["ResourcesReader.ReadDeviceWeights"] = ["linux.resources.blockIO.weightDevice[]."],
        ["ResourcesReader.ReadDeviceRates"] = Rates,
        ["ResourcesReader.ReadNumber"] = [.. Rates, "linux.resources.blockIO.weightDevice[]."],
        ["ResourcesReader.ReadHugepageLimits"] = ["linux.resources.hugepageLimits[]."],
        ["ResourcesReader.ReadRdma"] = ["linux.resources.rdma.*."],
        ["ResourcesReader.ReadNetwork"] = ["linux.resources.network."],
        ["ResourcesReader.ReadPriority"] = ["linux.resources.network.priorities[]."],
        ["SeccompReader.Read"] = ["linux.seccomp."],
        ["SeccompReader.ReadRules"] = ["linux.seccomp.syscalls[]."],
        ["SeccompReader.ReadArgs"] = ["linux.seccomp.syscalls[].args[]."],
    };

    private static string[] Rates =>
    [
        .. ((string[])["Read", "Write"]).SelectMany(way => ((string[])["Bps", "IOPS"])
            .Select(unit => $"linux.resources.blockIO.throttle{way}{unit}Device[].")),
    ];

    public static TheoryData<string> Rows => new(BadConfig.All.Select(row => row.Line));

    [Theory]
    [MemberData(nameof(Rows))]
    [Proves("config-values-01")]
    public void A_bad_value_is_refused_by_its_path_and_leaves_nothing_behind(string row)
    {
        (BadConfig bad, Result result) = run.Of(row);
        result.ShouldEndWith(1).Out.Should().BeEmpty();
        result.Error.Should().MatchRegex($@"\Art: ([^\n]*/config\.json: )?{Regex.Escape(bad.Named)}: [^\n]+\n\z");
        run.LeftBy(row).Should().BeEmpty();
    }

    [Fact]
    public void No_process_and_no_mount_is_left() => run.LeftByAll().Should().BeEmpty();

    [Fact]
    public void The_configuration_that_they_change_is_good()
    {
        using Container container = new();
        File.WriteAllText(Path.Combine(container.Bundle, "config.json"),
            BadConfig.Good(container.Config["root"]!["path"]!.GetValue<string>(), "/rt-test/" + container.Id).ToJsonString());
        container.Create().ShouldEndWith(0).Error.Should().BeEmpty();
        container.Rt("start", container.Id).ShouldEndWith(0);
        container.Rt("delete", "--force", container.Id).ShouldEndWith(0);
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void Every_property_that_is_read_has_a_row()
    {
        HashSet<string> named = [.. BadConfig.All.Select(row => General(row.Named))];
        IEnumerable<string> missing = PropertiesRead().Where(property => !named.Contains(property));
        string.Join('\n', missing).Should().BeEmpty("testdata/bad-configs has to name them");
        BadConfig.All.Should().OnlyHaveUniqueItems(row => row.Line).And.HaveCountGreaterThan(240);
    }

    /// <summary>A root file system that is not there, and what is there but no directory.</summary>
    [Theory]
    [InlineData("root.path  \"nowhere\"", "nowhere: no such file or directory")]
    [InlineData("root.path  \"config.json\"", "config.json: not a directory")]
    [Proves("config-root-03")]
    public void A_root_file_system_has_to_be_a_directory(string row, string words) =>
        run.Of(row).Result.ShouldFailWith("rt: root.path: root file system ").Error.Should().Contain(words);

    /// <summary>The properties by their general paths, as in "mounts[].type", found in the readers' source.</summary>
    private static List<string> PropertiesRead()
    {
        List<string> properties = [];
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "src/Runtime/Spec"), "*Reader.cs"))
        {
            string function = "";
            foreach (Match match in FunctionsAndNames().Matches(File.ReadAllText(file)))
            {
                string name = match.Groups["name"].Value;
                if (name.Length > 0) properties.AddRange(Objects[function].Select(prefix => prefix + name));
                else function = $"{Path.GetFileNameWithoutExtension(file)}.{match.Groups["function"].Value}";
            }
        }

        properties.Count.Should().BeGreaterThan(150, "the readers' source should be understood");
        return properties;
    }

    private static string General(string path) => Keys().Replace(Indexes().Replace(path, "[]"), "$1.*");

    [GeneratedRegex(@"static [^(;=]+ (?<function>Read\w*)\(|name\.Is\(""(?<name>\w+)""u8\)")]
    private static partial Regex FunctionsAndNames();

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Indexes();

    [GeneratedRegex(@"^(linux\.timeOffsets|linux\.netDevices|linux\.resources\.rdma)\.[^.]+")]
    private static partial Regex Keys();
}
