using System.Text;
using FsCheck.Fluent;
using Rt.Cgroups;
using Rt.Containers;
using Rt.Spec;

namespace Rt.Tests.Fuzz;

/// <summary>The other JSON documents that rt reads.</summary>
internal static class JsonTargets
{
    private const string State = """
        {"ociVersion":"1.3.0","id":"box","pid":4242,"startTime":123456,"bundle":"/b","rootfs":"/b/rootfs",
        "created":"2026-11-21T17:00:00.123456700Z",
        "owner":0,"cgroup":"/sys/fs/cgroup/box","cgroupIdentity":12345,"unit":"a.scope","unitOfUser":true,
        "legacyCgroups":[{"controllers":"cpu,cpuacct","path":"/sys/fs/cgroup/cpu/box","identity":7}],
        "resctrl":"/sys/fs/resctrl/box","rootUnder":3,"rootMount":4,
        "ownPidNamespace":true,"noNewKeyring":true,"annotations":{"a":"b"},
        "hooks":{"poststart":[{"path":"/a","args":["a"],"env":["A=1"],"timeout":3}],"poststop":[{"path":"/b"}]}}
        """;

    private static readonly HashSet<string> Controllers = ["memory", "cpu", "cpuset", "pids", "blkio", "hugetlb", "rdma"];

    public static IEnumerable<FuzzTarget> All =>
    [
        new("state.json", 8, Edits.Of(Gen.Constant(Json.Parse(Encoding.UTF8.GetBytes(State)))), ReadState, typeof(SpecException)),
        new("process.json", 6, Edits.Of(Corpus.Parts("process", ConfigGrammar.Processes)), ReadProcess, typeof(SpecException)),
        new("resources.json", 8, Edits.Of(Corpus.Parts("linux.resources", ConfigGrammar.Resources)), ReadResources, typeof(SpecException)),
    ];

    private static bool ReadState(byte[] document)
    {
        byte[] written = ContainerState.FromJson(document).ToJson();
        ContainerState.FromJson(written).ToJson().Should().Equal(written, "a state is read as it was written");
        return true;
    }

    private static bool ReadProcess(byte[] document)
    {
        ContainerProcess process = ProcessReader.Read(document);
        process.InheritFrom(new ContainerProcess { Args = ["sh"], Env = ["A=1"], Cwd = "/" });
        ProcessValidation.Check(process);
        return true;
    }

    /// <summary>For a container that has limits already, on a host of either version of cgroups.</summary>
    private static bool ReadResources(byte[] document)
    {
        Resources resources = UpdateRequest.Read(document);
        ResourcesValidation.Check(resources);
        ScopeCompiler.Properties(UnifiedLimits.Compile(resources, null, Now));
        LegacyLimits.Compile(resources, Controllers, Now);
        (DeviceProgram.Compile(resources.Devices).Length % 8).Should().Be(0, "instructions have 8 bytes");
        LegacyDevices.Compile(resources.Devices);
        return true;
    }

    private static string? Now(string file) => file switch
    {
        "cpu.max" => "max 100000",
        "memory.max" or "memory.limit_in_bytes" => "1073741824",
        "memory.swap.max" => "0",
        "cpu.max.burst" => "500",
        _ => null,
    };
}
