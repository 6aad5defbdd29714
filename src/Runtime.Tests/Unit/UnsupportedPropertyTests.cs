using Rt.Spec;

namespace Rt.Tests.Unit;

/// <summary>What the spec knows and rt can't do yet is refused rather than left out, unless it asks for nothing.</summary>
public sealed class UnsupportedPropertyTests
{
    private const string Object = """{"a": 1}""", List = "[{}]", Text = "\"x\"";

    public static TheoryData<string, string> Properties => new()
    {
        { "linux.resources.hugepageLimits", List },
        { "linux.resources.network", Object },
        { "linux.resources.rdma", Object },
        { "linux.resources.memory.disableOOMKiller", "true" },
        { "linux.resources.memory.checkBeforeUpdate", "true" },
        { "linux.resources.cpu.realtimeRuntime", "950000" },
        { "linux.resources.cpu.realtimePeriod", "1000000" },
        { "linux.resources.blockIO.weight", "10" },
        { "linux.resources.blockIO.leafWeight", "10" },
        { "linux.resources.blockIO.weightDevice", List },
        { "linux.resources.blockIO.throttleReadBpsDevice", List },
        { "linux.resources.blockIO.throttleWriteBpsDevice", List },
        { "linux.resources.blockIO.throttleReadIOPSDevice", List },
        { "linux.resources.blockIO.throttleWriteIOPSDevice", List },
    };

    [Theory]
    [MemberData(nameof(Properties))]
    public void A_property_that_is_not_supported_yet_is_refused(string path, string value)
    {
        SpecException error = FluentActions.Invoking(() => Configs.Read(Nest(path, value))).Should().Throw<SpecException>().Which;
        error.Path.Should().Be(path);
        error.Message.Should().Be($"{path}: is not supported yet (line 1)");
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void It_may_stand_there_if_it_asks_for_nothing(string path, string value)
    {
        string empty = value[0] switch { '[' => "[]", '{' => "{}", '"' => "\"\"", 't' => "false", _ => "0" };

        foreach (string nothing in new[] { empty, "null" })
            Configs.Read(Nest(path, nothing, """, "after": {}""")).Hostname.Should().Be("box", "{0} is {1}", path, nothing);
    }

    /// <summary>{"a": {"b": value, ...}, "hostname": "box"} for "a.b".</summary>
    private static string Nest(string path, string value, string after = "")
    {
        string[] names = path.Split('.');
        string json = $"\"{names[^1]}\": {value}{after}";
        foreach (string name in names[..^1].Reverse()) json = $"\"{name}\": {{{json}}}";
        return $"{{{json}, \"hostname\": \"box\"}}";
    }
}
