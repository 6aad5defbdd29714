using Rt.Resctrl;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>linux.intelRdt: the group that a container is put into, on a file system that behaves as resctrl does.</summary>
public sealed class ResctrlTests : IDisposable
{
    private readonly FakeResctrl resctrl = new();

    public void Dispose() => resctrl.Dispose();

    private static IntelRdt Read(string json) => Configs.Read(Configs.With("linux.intelRdt", json)).Linux.IntelRdt!;

    private ResctrlGroup Create(string json, string id = "box") => ResctrlGroup.Create(Read(json), id, 4711, resctrl);

    private SpecException Refused(string json, string path, string id = "box")
    {
        string[] before = [.. resctrl.Groups];
        SpecException error = FluentActions.Invoking(() => Create(json, id)).Should().Throw<SpecException>().Which;
        error.Path.Should().Be(path);
        resctrl.Groups.Should().Equal(before, "what was made must be gone again");
        return error;
    }

    [Fact]
    [Proves("config-linux-rdt-01", "config-linux-rdt-14", "config-linux-rdt-15", "config-linux-rdt-20")]
    public void Without_a_closID_the_group_is_named_by_the_container_and_removed_with_it()
    {
        Create("{}").ToRemove.Should().Be(resctrl.Mount + "/box");
        resctrl.Groups.Should().Equal("box");
        resctrl.Written.Should().Equal("box/tasks: 4711");
    }

    [Fact]
    [Proves("config-linux-rdt-21")]
    public void A_group_of_the_containers_name_that_was_there_is_not_removed_with_it()
    {
        resctrl.Prepare("box", "");
        Create("{}").ToRemove.Should().BeNull();
        resctrl.Tasks("box").Should().Be("4711");
    }

    [Theory]
    [InlineData("info")]
    [InlineData("mon_groups")]
    [InlineData("mon_data")]
    public void A_container_that_is_named_as_a_part_of_resctrl_needs_a_closID(string id)
    {
        Refused("{}", "linux.intelRdt.closID", id);
        Create("""{"closID": "/", "enableMonitoring": true}""", id).ToRemove.Should().Be($"{resctrl.Mount}/mon_groups/{id}");
    }

    [Fact]
    [Proves("config-linux-rdt-01", "config-linux-rdt-16", "config-linux-rdt-21")]
    public void A_group_named_by_a_closID_is_made_if_there_are_limits_and_stays()
    {
        Create("""{"closID": "gold", "memBwSchema": "MB:0=50"}""").ToRemove.Should().BeNull();
        resctrl.Groups.Should().Equal("gold");
        resctrl.Written.Should().Equal("gold/schemata: MB:0=50\n", "gold/tasks: 4711");
    }

    [Fact]
    [Proves("config-linux-rdt-18")]
    public void A_group_named_by_a_closID_must_be_there_if_there_are_no_limits() =>
        Refused("""{"closID": "gold"}""", "linux.intelRdt.closID").Message.Should().Contain("/gold does not exist");

    [Fact]
    [Proves("config-linux-rdt-01", "config-linux-rdt-14", "config-linux-rdt-19", "config-linux-rdt-21")]
    public void A_group_that_is_there_is_joined_and_its_schemata_are_not_written()
    {
        resctrl.Prepare("gold", "L3:0=f\n");
        Create("""{"closID": "gold"}""").ToRemove.Should().BeNull();
        resctrl.Written.Should().Equal("gold/tasks: 4711");
    }

    [Fact]
    [Proves("config-linux-rdt-01", "config-linux-rdt-04", "config-linux-rdt-14")]
    public void The_closID_slash_is_the_root_itself()
    {
        Create("""{"closID": "/"}""").ToRemove.Should().BeNull();
        resctrl.Written.Should().Equal("tasks: 4711");
        resctrl.Groups.Should().BeEmpty();
    }

    [Fact]
    [Proves("config-linux-rdt-10", "config-linux-rdt-11", "config-linux-rdt-12", "config-linux-rdt-13")]
    public void Schemata_are_written_in_order_before_the_process_is_in_the_group()
    {
        Create("""{"schemata": ["L2:0=3", "L3:1=f"], "memBwSchema": "MB:0=50", "l3CacheSchema": "L3:0=ff"}""");
        resctrl.Written.Should().Equal(
            "box/schemata: L3:0=ff\n", "box/schemata: MB:0=50\n", "box/schemata: L2:0=3\nL3:1=f\n", "box/tasks: 4711");
    }

    [Theory]
    [InlineData("""{"l3CacheSchema": "L3:0=ff"}""", "L3:0=ff\n")]
    [InlineData("""{"memBwSchema": "MB:0=50"}""", "MB:0=50\n")]
    [InlineData("""{"schemata": ["L2:0=3"]}""", "L2:0=3\n")]
    [Proves("config-linux-rdt-10", "config-linux-rdt-12")]
    public void One_kind_of_schema_is_written_by_itself(string json, string value)
    {
        Create(json);
        resctrl.Written.Should().Equal($"box/schemata: {value}", "box/tasks: 4711");
    }

    [Theory]
    [InlineData("""{"closID": "gold", "l3CacheSchema": "L3:0=7f0;1=1f"}""")]
    [InlineData("""{"closID": "gold", "l3CacheSchema": "L3: 1 = 01F ; 0 = 0x7F0"}""")]
    [InlineData("""{"closID": "gold", "l3CacheSchema": "L3:1=1f"}""")]
    [InlineData("""{"closID": "gold", "memBwSchema": "MB:0=20;1=70"}""")]
    [InlineData("""{"closID": "gold", "memBwSchema": "MB:1=70", "l3CacheSchema": "L3:0=7f0"}""")]
    [InlineData("""{"closID": "gold", "schemata": ["MB:0=30"]}""")] // not compared, but written
    [Proves("config-linux-rdt-17")]
    public void Limits_that_a_group_has_already_may_be_asked_for(string json)
    {
        resctrl.Prepare("gold", "    MB:0=20;1=70\n    L3:0=7f0;1=1f\n");
        Create(json);
        resctrl.Tasks("gold").Should().Be("4711");
    }

    [Theory]
    [InlineData("""{"closID": "gold", "l3CacheSchema": "L3:0=7ff"}""", "l3CacheSchema")]
    [InlineData("""{"closID": "gold", "l3CacheSchema": "L3:2=1f"}""", "l3CacheSchema")]
    [InlineData("""{"closID": "gold", "l3CacheSchema": "L3CODE:0=7f0"}""", "l3CacheSchema")]
    [InlineData("""{"closID": "gold", "memBwSchema": "MB:0=7f0"}""", "memBwSchema")]
    [InlineData("""{"closID": "gold", "memBwSchema": "MB:0=30", "l3CacheSchema": "L3:0=7f0"}""", "memBwSchema")]
    [InlineData("""{"closID": "gold", "memBwSchema": "MB:0=30", "schemata": ["MB:0=30"]}""", "memBwSchema")]
    [Proves("config-linux-rdt-17")]
    public void Limits_that_a_group_does_not_have_are_an_error(string json, string property)
    {
        const string Schemata = "    MB:0=20;1=70\n    L3:0=7f0;1=1f\n";
        resctrl.Prepare("gold", Schemata);
        Refused(json, "linux.intelRdt." + property).Message.Should().Contain("gold/schemata has already: MB:0=20;1=70, L3:0=7f0;1=1f");
        resctrl.Written.Should().BeEmpty();
    }

    [Fact]
    [Proves("config-linux-rdt-17")]
    public void The_root_has_limits_to_compare_with_too()
    {
        File.WriteAllText(resctrl.Mount + "/schemata", "MB:0=100\n");
        Refused("""{"closID": "/", "memBwSchema": "MB:0=50"}""", "linux.intelRdt.memBwSchema");
    }

    [Theory]
    [InlineData("""{"enableMonitoring": true}""", "box/mon_groups/box", "box")]
    [InlineData("""{"enableMonitoring": true, "closID": "gold", "memBwSchema": "MB:0=50"}""", "gold/mon_groups/box", "gold/mon_groups/box")]
    [InlineData("""{"enableMonitoring": true, "closID": "/"}""", "mon_groups/box", "mon_groups/box")]
    [Proves("config-linux-rdt-22", "config-linux-rdt-23", "config-linux-rdt-24")]
    public void A_monitoring_group_is_the_containers_own_and_goes_with_it(string json, string made, string removed)
    {
        Create(json).ToRemove.Should().Be($"{resctrl.Mount}/{removed}");
        resctrl.Tasks(made).Should().Be("4711");
    }

    [Theory]
    [InlineData("""{"enableMonitoring": false}""")]
    [InlineData("{}")]
    public void There_is_no_monitoring_group_unless_it_is_asked_for(string json)
    {
        Create(json);
        resctrl.Groups.Should().Equal("box");
    }

    [Fact]
    [Proves("config-linux-rdt-25")]
    public void No_more_monitoring_groups_are_an_error_that_undoes_the_rest()
    {
        resctrl.IsFullOfMonitors = true;
        foreach (string group in (string[])["", ""","closID": "gold", "memBwSchema": "MB:0=50" """])
            Refused($$"""{"enableMonitoring": true{{group}}}""", "linux.intelRdt.enableMonitoring")
                .Message.Should().Contain("can't monitor more groups");
    }

    [Fact]
    [Proves("config-linux-rdt-25")]
    public void A_monitoring_group_of_another_is_not_taken()
    {
        resctrl.Prepare("mon_groups/box", "");
        Refused("""{"closID": "/", "enableMonitoring": true}""", "linux.intelRdt.enableMonitoring").Message.Should().EndWith("file exists");
    }

    [Fact]
    public void No_more_groups_are_an_error()
    {
        resctrl.IsFull = true;
        Refused("{}", "linux.intelRdt").Message.Should().Contain("no more classes of service");
    }

    [Theory]
    [InlineData("""{"l3CacheSchema": "L3:0=bad"}""", "l3CacheSchema")]
    [InlineData("""{"memBwSchema": "MB:0=bad"}""", "memBwSchema")]
    [InlineData("""{"closID": "gold", "l3CacheSchema": "L3:0=f", "schemata": ["L2:0=f", "L2:1=bad"]}""", "schemata")]
    public void What_the_kernel_refuses_is_told_in_its_words(string json, string property) =>
        Refused(json, "linux.intelRdt." + property).Message.Should().Contain("schemata: invalid argument (Refused by the test)");

    [Fact]
    public void A_group_that_was_there_survives_a_failure()
    {
        resctrl.Prepare("gold", "");
        Refused("""{"closID": "gold", "schemata": ["bad"]}""", "linux.intelRdt.schemata");
        resctrl.Groups.Should().Equal("gold");
    }

    [Fact]
    public void Undoing_removes_also_a_group_that_would_stay()
    {
        Create("""{"closID": "gold", "memBwSchema": "MB:0=50", "enableMonitoring": true}""").Undo();
        resctrl.Groups.Should().BeEmpty();
    }

    [Fact]
    public void Removing_what_is_gone_is_no_error()
    {
        string path = resctrl.Mount + "/gone";
        Directory.CreateDirectory(path);
        ResctrlGroup.Remove(path);
        Directory.Exists(path).Should().BeFalse();
        FluentActions.Invoking(() => ResctrlGroup.Remove(path)).Should().NotThrow();
    }

    [Fact]
    public void The_mount_is_found_in_mountinfo_unless_only_a_group_is_mounted()
    {
        const string Mountinfo = """
            22 1 0:20 / /sys rw - sysfs sysfs rw
            40 22 0:35 /gold /mnt/group rw shared:4 - resctrl resctrl rw
            41 22 0:35 / /mnt/with\040blank rw,nosuid shared:5 master:1 - resctrl resctrl rw
            42 22 0:36 / /mnt/- rw - tmpfs resctrl rw
            43 22 0:35 / /mnt/second rw - resctrl none rw,mba_MBps
            """;
        ResctrlFileSystem.MountPoints(Mountinfo).Should().Equal("/mnt/with blank", "/mnt/second");
    }

    [Theory]
    [InlineData("""{"closID": "gold", "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=10", "schemata": ["L2:0=f"]}""")]
    [InlineData("""{"closID": "/"}""")]
    [InlineData("""{"l3CacheSchema": "L3CODE:0=f"}""")]
    [InlineData("{}")]
    public void A_good_section_passes(string json) => FluentActions.Invoking(() => Check(json)).Should().NotThrow();

    [Theory]
    [InlineData("""{"closID": "a/b"}""", "closID")]
    [InlineData("""{"closID": ".."}""", "closID")]
    [InlineData("""{"closID": "."}""", "closID")]
    [InlineData("""{"closID": "//"}""", "closID")]
    [InlineData("""{"closID": "a\nb"}""", "closID")]
    [InlineData("""{"closID": "info"}""", "closID")]
    [InlineData("""{"closID": "mon_groups"}""", "closID")]
    [InlineData("""{"l3CacheSchema": "MB:0=10"}""", "l3CacheSchema")]
    [InlineData("""{"l3CacheSchema": "L3:0=f\nMB:0=10"}""", "l3CacheSchema")]
    [InlineData("""{"memBwSchema": "L3:0=f"}""", "memBwSchema")]
    [InlineData("""{"memBwSchema": " MB:0=10"}""", "memBwSchema")]
    [InlineData("""{"memBwSchema": "MB:0=10\nL3:0=f"}""", "memBwSchema")]
    [InlineData("""{"schemata": ["L3:0=f", "L2:0=f\n"]}""", "schemata[1]")]
    [Proves("config-linux-rdt-05", "config-linux-rdt-06", "config-linux-rdt-07", "config-linux-rdt-08", "config-linux-rdt-09")]
    public void A_section_that_breaks_the_rules_is_refused(string json, string property) =>
        FluentActions.Invoking(() => Check(json)).Should().Throw<SpecException>().Which.Path.Should().Be("linux.intelRdt." + property);

    private static void Check(string json) => Validation.Check(Configs.Read(Configs.With("linux.intelRdt", json)));
}
