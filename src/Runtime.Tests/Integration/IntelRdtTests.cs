using System.Text.Json.Nodes;

namespace Rt.Tests.Integration;

/// <summary>linux.intelRdt on hosts without resctrl. What is done with it is proven by the unit tests of the group.</summary>
public sealed class IntelRdtTests
{
    private static Result OnHost(Container container, string setup) => Command.Run("unshare", "--mount", "sh", "-c",
        $"set -e; umount -a -t resctrl; {setup}\nexec {Repository.Binary} --root $0 run --bundle $1 $2",
        container.StateRoot, container.Bundle, container.Id);

    private static Container WithIntelRdt() => Container.Script("true", config => config["linux"]!["intelRdt"] = new JsonObject());

    [Fact]
    public void Without_a_mounted_resctrl_it_is_an_error()
    {
        using Container container = WithIntelRdt();
        OnHost(container, "true").ShouldFailWith("linux.intelRdt: there is no resctrl file system mounted");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
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

    [Fact]
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
