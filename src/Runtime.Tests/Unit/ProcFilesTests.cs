using Rt.Containers;
using Rt.Namespaces;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("files of procfs that are not as they should be")]
public sealed class ProcFilesTests
{
    private const string Fields = " S 1 2 3 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 123456 1000000 200";

    [Theory]
    [InlineData("4242 (sh)" + Fields)]
    [InlineData("4242 (a (b) c) S 1)" + Fields)]
    public void State_and_start_time_stand_behind_the_name(string stat) => InitProcess.ParseStat(stat).Should().Be(('S', 123456ul));

    [Theory]
    [InlineData("")]
    [InlineData(")")]
    [InlineData("4242 (sh)")]
    [InlineData("4242 (sh) S 1 2 3")]
    [InlineData("4242 (sh) S 1 2 3 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 x 1000000 200")]
    public void What_has_no_start_time_is_no_process(string stat) => InitProcess.ParseStat(stat).Should().BeNull();

    [Fact]
    public void A_map_of_ids_has_a_line_a_range()
    {
        List<IdMapping> mappings = UserNamespace.ParseMap("         0     100000      65536\n     65536 4294967294          1\n");
        mappings.Select(one => (one.ContainerId, one.HostId, one.Size)).Should().Equal((0u, 100000u, 65536u), (65536u, 4294967294u, 1u));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("0 1\n")]
    [InlineData("0 1 x\n")]
    [InlineData("0 1 2 3\n")]
    [InlineData("0 1 4294967296\n")]
    public void Lines_that_are_no_ranges_are_passed_over(string map) => UserNamespace.ParseMap(map).Should().BeEmpty();
}
