using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Which users and groups an ordinary user's containers can have.</summary>
[BeyondTheSpec("the specification does not say whose ids a container may have")]
public sealed class RootlessIdTests : IDisposable
{
    private readonly OrdinaryUser user = new();

    public void Dispose() => user.Dispose();

    [Fact]
    public void A_container_with_a_range_of_ids_that_is_the_users_runs()
    {
        user.Prepare("cat /proc/self/uid_map /proc/self/gid_map; touch /dev/shm/f; chown 5:6 /dev/shm/f && stat -c %u:%g /dev/shm/f; id -u",
            config =>
            {
                OrdinaryUser.MapAll(config);
                foreach (string set in (string[])["bounding", "effective", "permitted"])
                    config["process"]!["capabilities"]![set]!.AsArray().Add("CAP_CHOWN");
            });
        user.RunBundle().ShouldEndWith(0).Out.Should()
            .MatchRegex($"^( +0 +{OrdinaryUser.Id} +1\n +1 +300000 +65536\n){{2}}5:6\n0\n$");
    }

    [Fact]
    public void With_a_range_a_program_can_have_other_users_and_groups()
    {
        user.Prepare("id -u; id -g; id -G; exec sleep 100", config =>
        {
            OrdinaryUser.MapAll(config);
            config["process"]!["user"] = JsonNode.Parse("""{"uid": 5, "gid": 6, "additionalGids": [7]}""");
        });
        user.RunBundle("--detach", "--stdio", "log").ShouldEndWith(0);
        SpinWait.SpinUntil(() => user.Rt("logs", "mine").Out.Length > 8, Command.Patience);
        user.Rt("logs", "mine").ShouldEndWith(0).Out.Should().Be("5\n6\n6 7\n");
        user.Rt("exec", "--user", "8:9", "--additional-gids", "10", "mine", "sh", "-c", "id -u; id -g; id -G").ShouldEndWith(0)
            .Out.Should().Be("8\n9\n9 7 10\n");
    }

    [Fact]
    public void A_range_that_is_not_the_users_is_refused_by_its_path()
    {
        user.Prepare("true", config => OrdinaryUser.Map(config, """[{"containerID": 0, "hostID": 200000, "size": 65536}]"""));
        user.RunBundle().ShouldFailWith("linux.uidMappings: ");
        user.ShouldHaveLeftNothing();
    }

    [Fact]
    public void With_his_own_id_alone_there_are_no_other_users_or_groups()
    {
        user.Prepare("exec sleep 100");
        user.RunBundle("--detach").ShouldEndWith(0);
        user.Rt("exec", "--user", "1000", "mine", "id").ShouldEndWith(255)
            .Error.Should().Be("rt: exec failed: process.user: user 1000:0: invalid argument (an id that the user namespace does not map)\n");
        user.Rt("exec", "--additional-gids", "0", "mine", "id").ShouldEndWith(255).Error.Should().Contain("cannot set any additional groups");
    }

    /// <summary>Where setgroups(2) is denied, they can't be given up either, and no harm is done: they give no more than before.</summary>
    [Theory]
    [InlineData("")] // as Podman has it for a user without other ids
    [InlineData("""[{"containerID": 0, "hostID": 0, "size": 1}]""")]
    [InlineData("""[{"containerID": 5, "hostID": 0, "size": 1}]""")]
    public void The_root_of_a_user_namespace_with_a_single_id_starts_containers(string mapping)
    {
        user.Prepare("id -u; cat /proc/self/setgroups; exec sleep 100", config =>
        {
            JsonObject linux = config["linux"]!.AsObject();
            if (mapping.Length > 0) OrdinaryUser.Map(config, mapping);
            else
            {
                linux.Remove("uidMappings");
                linux.Remove("gidMappings");
                JsonArray namespaces = linux["namespaces"]!.AsArray();
                namespaces.Remove(namespaces.Single(one => one!["type"]!.GetValue<string>() == "user"));
            }

            if (mapping.Contains('5')) config["process"]!["user"] = JsonNode.Parse("""{"uid": 5, "gid": 5}""");
        });
        Result result = user.Run("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", """
            "$0" --root "$1" run --detach --stdio log --bundle "$2" mine || exit
            "$0" --root "$1" exec mine id -u
            for i in 1 2 3 4 5 6 7 8 9; do "$0" --root "$1" logs mine | grep -q deny && break; sleep 0.2; done
            "$0" --root "$1" logs mine
            "$0" --root "$1" delete --force mine
            """, user.Binary, user.State, user.Bundle).ShouldEndWith(0);
        string id = mapping.Contains('5') ? "5" : "0";
        result.Out.Should().Be($"{id}\n{id}\ndeny\n");
        user.ShouldHaveLeftNothing();
    }
}
