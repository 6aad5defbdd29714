using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>To whom a container's cgroup belongs.</summary>
public sealed class CgroupOwnerTests
{
    private static readonly string[] Delegated = File.ReadAllLines("/sys/kernel/cgroup/delegate");

    /// <summary>The cgroup mount of the default configuration.</summary>
    private static JsonNode Cgroups(JsonNode config) => config["mounts"]![6]!;

    private static void Writable(JsonNode config) => Cgroups(config)["options"] = new JsonArray("nosuid", "noexec", "nodev");

    private static void As(JsonNode config, int uid) => config["process"]!["user"]!["uid"] = uid;

    public static TheoryData<string, int, Action<JsonNode>> Owned => new()
    {
        { "a user", 1000, config => As(config, 1000) },
        { "the root of a user namespace", 100000, config => UserNamespaceTests.User(config) },
        {
            "a user in a user namespace", 100005, config =>
            {
                UserNamespaceTests.User(config);
                As(config, 5);
            }
        },
        { "root", 0, _ => { } },
    };

    public static TheoryData<string, Action<JsonNode>> NotOwned => new()
    {
        { "read-only", config => Cgroups(config)["options"]!.AsArray().Add("ro") },
        { "elsewhere", config => Cgroups(config)["destination"] = "/tmp" },
        { "another source", config => Cgroups(config)["source"] = "cgroup2" },
        { "none", config => config["mounts"]!.AsArray().RemoveAt(6) },
        { "no namespace", config => config["linux"]!["namespaces"]!.AsArray().RemoveAt(5) },
    };

    [Theory]
    [MemberData(nameof(Owned))]
    [Proves("config-linux-ownership-03", "config-linux-ownership-05", "config-linux-ownership-06", "config-linux-ownership-07",
        "config-linux-ownership-09")]
    public void It_is_the_containers_users_if_mounted_writable_in_a_namespace_of_its_own(string _, int owner, Action<JsonNode> change) =>
        Create(config =>
        {
            Writable(config);
            change(config);
        }).Use(container => OwnerShouldBe(container, owner, Delegated));

    [Theory]
    [MemberData(nameof(NotOwned))]
    [Proves("config-linux-ownership-02", "config-linux-ownership-04")]
    public void Else_it_stays_roots(string _, Action<JsonNode> change) => Create(config =>
    {
        config["linux"]!["namespaces"]![5]!["type"]!.GetValue<string>().Should().Be("cgroup");
        Writable(config);
        As(config, 1000);
        change(config);
    }).Use(container => OwnerShouldBe(container, 0, []));

    [Theory]
    [InlineData(0, 100000)]
    [InlineData(7, 100007)]
    [Proves("config-linux-ownership-03")]
    public void A_user_namespace_that_is_joined_says_who_that_is(int uid, int owner)
    {
        using NamespaceHolder holder = new("user");
        Create(config =>
        {
            Writable(config);
            As(config, uid);
            config["linux"]!["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user", ["path"] = holder.Path("user") });
        }).Use(container => OwnerShouldBe(container, owner, Delegated));
    }

    [Theory]
    [InlineData("echo cgroup.threads >/sys/kernel/cgroup/delegate; echo no.such.file >>/sys/kernel/cgroup/delegate;", "cgroup.threads")]
    [InlineData("", "cgroup.procs cgroup.subtree_control cgroup.threads")]
    [Proves("config-linux-ownership-05", "config-linux-ownership-06", "config-linux-ownership-07", "config-linux-ownership-08")]
    public void The_kernels_list_holds_or_if_there_is_none_the_specifications(string list, string files)
    {
        using Container container = Container.Script("exec sleep 100", config =>
        {
            Writable(config);
            As(config, 1000);
        });
        Command.Run("unshare", "--mount", "sh", "-c", $"mount -t tmpfs none /sys/kernel/cgroup; {list} exec \"$@\"", "sh",
            Repository.Binary, "--root", container.StateRoot, "create", "--bundle", container.Bundle, container.Id).ShouldEndWith(0);
        OwnerShouldBe(container, 1000, files.Split(' '));
    }

    private static Container Create(Action<JsonNode> change)
    {
        Container container = Container.Script("exec sleep 100", change);
        container.Create().ShouldEndWith(0);
        return container;
    }

    private static void OwnerShouldBe(Container container, int owner, string[] files)
    {
        string[] all = Directory.GetFiles(container.Cgroup);
        string[] lines = Command.Run(["stat", "-c", "%n %u:%g", container.Cgroup, .. all]).ShouldEndWith(0).Out.TrimEnd().Split('\n');
        lines.Should().BeEquivalentTo(all.Prepend(container.Cgroup).Select(path =>
            $"{path} {(path == container.Cgroup || files.Contains(Path.GetFileName(path)) ? owner : 0)}:0"));
    }
}
