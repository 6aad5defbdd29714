using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>linux.intelRdt on hosts without resctrl. What is done with it is proven by the unit tests of the group.</summary>
public sealed class IntelRdtTests
{
    private static Result OnHost(Container container, string setup) => Command.Run("unshare", "--mount", "sh", "-c",
        $"set -e; umount -a -t resctrl; {setup}\nexec {Repository.Binary} --root $0 run --bundle $1 $2",
        container.StateRoot, container.Bundle, container.Id);

    private static Container WithIntelRdt() => Container.Script("true", config => config["linux"]!["intelRdt"] = new JsonObject());

    [Fact]
    [Proves("config-linux-rdt-02")]
    public void Without_a_mounted_resctrl_it_is_an_error()
    {
        using Container container = WithIntelRdt();
        OnHost(container, "true").ShouldFailWith("linux.intelRdt: there is no resctrl file system mounted");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("config-linux-rdt-03")]
    public void Nobody_looks_for_resctrl_unless_it_is_asked_for()
    {
        foreach (bool asked in (bool[])[false, true])
        {
            using Container container = Container.Script("true", config =>
            {
                if (asked) config["linux"]!["intelRdt"] = new JsonObject();
            });
            string calls = Path.Combine(container.Bundle, "calls");
            Command.Run("strace", "-f", "-e", "trace=%file", "-o", calls, Repository.Binary, "--root", container.StateRoot,
                "run", "--bundle", container.Bundle, container.Id);
            File.ReadAllText(calls).Contains("resctrl", StringComparison.Ordinal).Should().Be(asked);
        }
    }

    /// <summary>What create would have recorded, and any directory in place of the group.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Proves("config-linux-rdt-20", "config-linux-rdt-21", "config-linux-rdt-24")]
    public void A_group_is_removed_with_the_container_if_it_is_on_record(bool onRecord)
    {
        using Container container = Container.Script("sleep 100");
        container.Create().ShouldEndWith(0);
        string group = Directory.CreateDirectory(Path.Combine(container.Bundle, "group")).FullName;
        string state = Path.Combine(container.StateRoot, container.Id, "state.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(state))!;
        if (onRecord) json["resctrl"] = group;
        File.WriteAllText(state, json.ToJsonString());
        container.Rt("delete", container.Id).ShouldEndWith(0);
        Directory.Exists(group).Should().Be(!onRecord);
    }

    [Fact]
    [Proves("config-linux-rdt-02")]
    public void Another_file_system_in_its_place_is_not_taken_for_it()
    {
        using Container container = WithIntelRdt();
        OnHost(container, """
            mount -t tmpfs none /sys/fs
            mkdir /sys/fs/cgroup /sys/fs/resctrl
            mount -t cgroup2 none /sys/fs/cgroup
            mount -t tmpfs resctrl /sys/fs/resctrl
            touch /sys/fs/resctrl/tasks /sys/fs/resctrl/schemata
            """).ShouldFailWith("linux.intelRdt: there is no resctrl file system mounted");
        container.ShouldHaveLeftNothing();
    }
}
