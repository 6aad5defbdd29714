using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What the caller of rt has decides what a container can be given: groups, capabilities, options.</summary>
[BeyondTheSpec("annotations of crun's, and how rt tells what it leaves out")]
public sealed class GrantTests
{
    private const string KeepGroups = "run.oci.keep_original_groups";

    private static string[] Warnings(string log) =>
        [.. File.ReadAllLines(log).Select(line => JsonNode.Parse(line)!).Select(line => $"{line["level"]}: {line["msg"]}")];

    [Theory]
    [InlineData("1", "0 7 8")]
    [InlineData("0", "0")]
    [InlineData("true", "0")]
    [InlineData(null, "0")]
    public void The_callers_groups_are_kept_where_an_annotation_asks_for_it(string? value, string seen)
    {
        using Container container = Container.Script("id -G", config =>
        {
            if (value != null) config["annotations"] = new JsonObject { [KeepGroups] = value };
        });
        Command.Run("setpriv", "--groups", "7,8", Repository.Binary, "--root", container.StateRoot, "run", "--bundle", container.Bundle,
            container.Id).ShouldEndWith(0).Out.Should().Be(seen + "\n");
    }

    [Fact]
    public void A_capability_that_rt_does_not_have_is_left_out_with_a_warning()
    {
        using Container container = Container.Script("grep -E 'CapPrm|CapEff|CapBnd' /proc/1/status");
        string log = Path.Combine(container.Bundle, "log");
        Command.Run("setpriv", "--bounding-set", "-kill", Repository.Binary, "--log", log, "--log-format", "json",
            "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id).ShouldEndWith(0)
            .Out.Should().Be("CapPrm:\t0000000020000400\nCapEff:\t0000000020000400\nCapBnd:\t0000000020000400\n");
        Warnings(log).Should().Equal(
            "warning: process.capabilities.permitted: CAP_KILL is not rt's to grant, left out",
            "warning: process.capabilities.effective: CAP_KILL is not permitted, left out");
    }

    [Fact]
    public void An_option_of_a_file_system_on_a_bind_mount_is_ignored_with_a_warning()
    {
        using Container container = Container.Script("ls /mnt/config.json", config => config["mounts"]!.AsArray().Add(JsonNode.Parse(
            """{"destination": "/mnt", "type": "bind", "source": ".", "options": ["bind", "mode=700", "ro", "acl", "sync"]}""")), ownRoot: true);
        string log = Path.Combine(container.Bundle, "log");
        container.Rt("--log", log, "--log-format", "json", "run", "--bundle", container.Bundle, container.Id)
            .ShouldEndWith(0).Out.Should().Be("/mnt/config.json\n");
        Warnings(log).Should().Equal(
            "warning: mounts[7].options: mode=700 is for a file system, and without effect on a bind mount",
            "warning: mounts[7].options: acl is for a file system, and without effect on a bind mount");
    }
}
