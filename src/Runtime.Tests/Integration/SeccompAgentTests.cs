using System.Net.Sockets;
using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Calls that a filter leaves to an agent (SCMP_ACT_NOTIFY): the agent gets the filter's listener, and its answers decide.</summary>
public sealed class SeccompAgentTests
{
    private const int SysMkdir = 83, SysChmod = 90, SysMkdirat = 258, SysFchmodat = 268;
    private const int EBADFD = 77;

    /// <summary>mkdir is refused by the agent, chmod is carried out; both are said.</summary>
    private const string Both = "cd /dev/shm; mkdir x 2>&1; touch f; chmod 600 f && stat -c %a f";
    private const string BothJudged = "mkdir: can't create directory 'x': File descriptor in bad state\n600\n";

    private static readonly Func<int, int> RefuseMkdir = call => call is SysMkdir or SysMkdirat ? EBADFD : SeccompAgent.Continue;

    private static Action<JsonNode> Notify(string path, string more = "", bool noNewPrivileges = true) => config =>
    {
        config["process"]!["noNewPrivileges"] = noNewPrivileges;
        config["linux"]!["seccomp"] = JsonNode.Parse($$"""
            {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "{{path}}", {{more}}
             "syscalls": [{"names": ["mkdir", "mkdirat", "chmod", "fchmodat"], "action": "SCMP_ACT_NOTIFY"}]}
            """);
    };

    private static void AddUserNamespace(JsonNode config)
    {
        config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "user"}"""));
        foreach (string mappings in (string[])["uidMappings", "gidMappings"])
            config["linux"]![mappings] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 65536}]""");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void The_agents_answer_decides(bool noNewPrivileges, bool userNamespace)
    {
        using SeccompAgent agent = new(RefuseMkdir);
        using Container container = Container.Script(Both, config =>
        {
            Notify(agent.Path, noNewPrivileges: noNewPrivileges)(config);
            if (userNamespace) AddUserNamespace(config);
        });

        container.Run().ShouldEndWith(0).Out.Should().Be(BothJudged);
        agent.Messages(1);
        agent.Calls.Should().Contain(call => call == SysMkdir || call == SysMkdirat)
            .And.Contain(call => call == SysChmod || call == SysFchmodat);
        container.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [Proves("config-linux-seccomp-04", "config-linux-seccomp-06", "config-linux-seccomp-08", "config-linux-processstate-01",
        "config-linux-processstate-02", "config-linux-processstate-04", "config-linux-processstate-05", "config-linux-processstate-06")]
    public void One_whole_container_process_state_comes_over_a_connection_that_is_closed_then(bool noNewPrivileges, bool userNamespace)
    {
        using SeccompAgent agent = new(RefuseMkdir);
        using Container container = Container.Script(Both + "; sleep 100", config =>
        {
            config["annotations"] = JsonNode.Parse("""{"org.example.key": "a \"value\"\n"}""");
            Notify(agent.Path, "\"listenerMetadata\": \"some \\\"metadata\\\"\",", noNewPrivileges)(config);
            if (userNamespace) AddUserNamespace(config);
        });
        container.Create().ShouldEndWith(0);

        // A message is recorded at the end of its connection.
        AgentMessage message = agent.Messages(1)[0];
        message.DescriptorsOfParts.Should().Equal(1);
        JsonNode expected = JsonNode.Parse($$$"""
            {
              "ociVersion": "1.3.0", "fds": ["seccompFd"], "pid": {{{container.Pid}}}, "metadata": "some \"metadata\"",
              "state": {"ociVersion": "1.3.0", "id": "{{{container.Id}}}", "status": "creating", "pid": {{{container.Pid}}},
                "bundle": "{{{container.Bundle}}}", "annotations": {"org.example.key": "a \"value\"\n"}}
            }
            """)!;
        JsonNode.DeepEquals(message.State, expected).Should().BeTrue("it is {0}", message.Text);
        container.Status.Should().Be("created");

        container.Rt("start", container.Id).ShouldEndWith(0);
        SpinWait.SpinUntil(() => agent.Calls.Any(call => call is SysChmod or SysFchmodat), Command.Patience).Should().BeTrue("the descriptor works");
        agent.Messages(1);
    }

    [Fact]
    public void Without_metadata_there_is_no_such_member()
    {
        using SeccompAgent agent = new();
        using Container container = Container.Script("true", Notify(agent.Path));
        container.Run().ShouldEndWith(0);
        agent.Messages(1)[0].State.AsObject().ContainsKey("metadata").Should().BeFalse();
    }

    [Fact]
    [Proves("config-linux-seccomp-05")]
    public void Every_container_has_a_connection_of_its_own()
    {
        using SeccompAgent agent = new();
        using Container first = Container.Script("true", Notify(agent.Path)), second = Container.Script("true", Notify(agent.Path));
        first.Run().ShouldEndWith(0);
        second.Run().ShouldEndWith(0);
        agent.Messages(2).Select(message => message.State["state"]!["id"]!.GetValue<string>()).Should().Equal(first.Id, second.Id);
        agent.Messages(2).Should().OnlyContain(message => message.DescriptorsOfParts.Sum() == 1);
    }

    [Fact]
    [Proves("config-linux-processstate-03")]
    public void A_state_that_takes_several_messages_arrives_whole_with_the_descriptor_at_its_beginning()
    {
        using SeccompAgent agent = new();
        string value = new('x', 300_000);
        using Container container = Container.Script("true", config =>
        {
            config["annotations"] = new JsonObject { ["big"] = value };
            Notify(agent.Path)(config);
        });
        container.Run().ShouldEndWith(0);
        AgentMessage message = agent.Messages(1)[0];
        message.State["state"]!["annotations"]!["big"]!.GetValue<string>().Length.Should().Be(value.Length);
        message.DescriptorsOfParts.Should().HaveCountGreaterThan(1);
        message.DescriptorsOfParts[0].Should().Be(1);
        message.DescriptorsOfParts.Skip(1).Should().OnlyContain(count => count == 0);
    }

    [Theory]
    [InlineData("nothing", "no such file or directory")]
    [InlineData("file", "connection refused")]
    [InlineData("datagrams", "protocol wrong type for socket")]
    [InlineData("closed", "connection refused")]
    [Proves("config-linux-seccomp-03")]
    public void Where_no_agent_listens_it_is_an_error(string what, string words)
    {
        string directory = Directory.CreateTempSubdirectory("rt-test-").FullName;
        string path = Path.Combine(directory, "agent");
        using Socket datagrams = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            if (what == "file") File.WriteAllText(path, "");
            if (what == "datagrams") datagrams.Bind(new UnixDomainSocketEndPoint(path));
            if (what == "closed") MakeClosedSocket(path);
            using Container container = Container.Script("true", Notify(path));
            foreach (Result result in (Result[])[container.Create(), container.Run()])
                result.ShouldFailWith($"linux.seccomp.listenerPath: connect to the seccomp agent {path}: {words}");
            container.ShouldHaveLeftNothing();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void MakeClosedSocket(string path)
    {
        string other = path + "-moved";
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(other));
        File.Move(other, path); // closing removes what it was bound to
    }

    [Fact]
    [Proves("config-linux-seccomp-07")]
    public void An_agent_that_does_not_take_the_state_fails_the_creation()
    {
        using SeccompAgent agent = new(hangsUp: true);
        using Container container = Container.Script("true", config =>
        {
            config["annotations"] = new JsonObject { ["big"] = new string('x', 1_000_000) };
            Notify(agent.Path)(config);
        });
        container.Create().ShouldFailWith($"linux.seccomp.listenerPath: send to the seccomp agent {agent.Path}: ");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_listener_path_without_a_call_to_notify_of_is_ignored() => Container.Script("echo ran", config =>
        config["linux"]!["seccomp"] = JsonNode.Parse("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/no/such/agent"}"""))
        .Use(container => container.Run().ShouldEndWith(0).Out.Should().Be("ran\n"));

    /// <summary>A filter for an agent can't be kept: the next container would have none to judge it.</summary>
    [Fact]
    public void A_filter_with_an_agent_is_not_kept()
    {
        using SeccompAgent agent = new();
        using Container container = Container.Script("true", Notify(agent.Path));
        container.Run().ShouldEndWith(0);
        string cache = Path.Combine(container.StateRoot, "@seccomp");
        (Directory.Exists(cache) ? Directory.GetFiles(cache) : []).Should().BeEmpty();
    }

    [Fact]
    public void A_caller_that_was_heard_can_be_waited_for_as_only_a_kill_ends_it()
    {
        using SeccompAgent agent = new(RefuseMkdir);
        using Container container = Container.Script(Both,
            Notify(agent.Path, "\"flags\": [\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"],"));
        string calls = Path.Combine(container.Bundle, "calls");
        Command.Run("strace", "-f", "-e", "trace=seccomp", "-o", calls, Repository.Binary, "--root", container.StateRoot,
            "run", "--bundle", container.Bundle, container.Id).ShouldEndWith(0).Out.Should().Be(BothJudged);
        File.ReadAllText(calls).Should().MatchRegex("SECCOMP_FILTER_FLAG_NEW_LISTENER.*(WAIT_KILLABLE_RECV|0x20)");
    }

    [Fact]
    [Proves("config-linux-seccomp-09")]
    public void What_can_not_be_asked_of_an_agent_is_refused_by_its_path()
    {
        Refused("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "x"}""",
            "linux.seccomp.listenerMetadata: needs linux.seccomp.listenerPath");
        Refused("""{"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": "/x"}""", "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY");
        Refused("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}""",
            "linux.seccomp.listenerPath: is required with SCMP_ACT_NOTIFY");
        Refused("""
            {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x", "syscalls": [{"names": ["mkdir", "write"], "action": "SCMP_ACT_NOTIFY"}]}
            """, "linux.seccomp.syscalls[0].names[1]: SCMP_ACT_NOTIFY cannot be used for the write syscall");

        static void Refused(string seccomp, string words)
        {
            using Container container = Container.Script("true", config => config["linux"]!["seccomp"] = JsonNode.Parse(seccomp));
            container.Run().ShouldFailWith(words);
            container.ShouldHaveLeftNothing();
        }
    }
}
