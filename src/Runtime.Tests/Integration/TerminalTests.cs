using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>A container with a terminal: who gets which end of it, and what a hostile root file system can't do about it.</summary>
public sealed class TerminalTests
{
    private static Container WithTerminal(string script, Action<JsonNode>? change = null, bool ownRoot = false) =>
        Container.Script(script, config =>
        {
            config["process"]!["terminal"] = true;
            change?.Invoke(config);
        }, ownRoot);

    /// <summary>What a script prints on its terminal, from a detached run to its end.</summary>
    private static string Shown(string script, Action<JsonNode>? change = null)
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal(script, change);
        container.Run("--detach", "--console-socket", server.Path).ShouldEndWith(0).Out.Should().BeEmpty();
        using TerminalMaster terminal = server.Receive();
        return terminal.ToEnd();
    }

    [Fact]
    public void A_created_container_sends_its_terminal_and_talks_over_it_once_started()
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal("echo your name; read name; echo hello, $name");
        container.Create("--console-socket", server.Path).ShouldEndWith(0);
        using TerminalMaster terminal = server.Receive();
        terminal.Name.Should().Be("/dev/ptmx");
        terminal.Screen.Should().BeEmpty("nothing has been started");

        container.Rt("start", container.Id).ShouldEndWith(0).Out.Should().BeEmpty();
        terminal.ShouldShow("your name");
        terminal.Type("Ada\n");
        terminal.ToEnd().Should().Be("your name\nAda\nhello, Ada\n");
    }

    [Fact]
    public void Run_detached_leaves_the_program_on_its_terminal()
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal("read line; echo got $line");
        container.Run("--detach", "--console-socket", server.Path).ShouldEndWith(0);
        container.Status.Should().Be("running");
        using TerminalMaster terminal = server.Receive();
        terminal.Type("it\n");
        terminal.ToEnd().Should().Be("it\ngot it\n");
    }

    [Fact]
    public void It_is_the_first_terminal_of_the_containers_own_devpts() =>
        Shown("tty; echo /dev/pts/*").Should().Be("/dev/pts/0\n/dev/pts/0 /dev/pts/ptmx\n");

    [Fact]
    public void It_has_the_size_that_the_configuration_asks_for() => Shown("stty size", config =>
        config["process"]!["consoleSize"] = JsonNode.Parse("""{"height": 41, "width": 123}""")).Should().Be("41 123\n");

    [Fact]
    public void Without_a_size_it_has_none_until_the_receiver_gives_it_one()
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal("read line; stty size");
        container.Run("--detach", "--console-socket", server.Path).ShouldEndWith(0);
        using TerminalMaster terminal = server.Receive();
        terminal.Size.Should().Be((0, 0));
        terminal.Size = (50, 132);
        terminal.Type("\n");
        terminal.ToEnd().Should().Be("\n50 132\n");
    }

    [Fact]
    [Proves("config-linux-defaultdevices-02")]
    public void The_console_is_the_same_terminal() =>
        Shown("stat -c '%t:%T' /dev/console /dev/pts/0; echo on the console >/dev/console; grep -c ' /dev/console ' /proc/self/mountinfo")
            .Should().Be("88:0\n88:0\non the console\n1\n");

    [Fact]
    public void It_is_the_controlling_terminal_of_the_session()
    {
        const int FirstUnix98 = 136 << 8;
        Shown("cut -d' ' -f6,7 /proc/1/stat; echo here >/dev/tty").Should().Be($"1 {FirstUnix98}\nhere\n");
    }

    [Fact]
    public void Control_C_interrupts_what_runs_in_the_foreground()
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal("trap : INT; sh -c 'echo ready; exec sleep 100'; echo ended with $?");
        container.Run("--detach", "--console-socket", server.Path).ShouldEndWith(0);
        using TerminalMaster terminal = server.Receive();
        terminal.ShouldShow("ready");
        terminal.Type("\x03");
        terminal.ToEnd().Should().Be("ready\n^Cended with 130\n");
    }

    [Fact]
    public void It_belongs_to_the_containers_user() =>
        Shown("stat -c '%u:%g %a' $(tty); echo mine >$(tty); echo err >/dev/stderr; echo console >/dev/console",
            config => config["process"]!["user"] = JsonNode.Parse("""{"uid": 1000, "gid": 1000}"""))
            .Should().Be("1000:5 620\nmine\nerr\nconsole\n");

    [Fact]
    public void It_belongs_to_the_containers_user_in_a_user_namespace_too() =>
        Shown("stat -c '%u:%g %a' $(tty); echo console >/dev/console; cut -d' ' -f7 /proc/1/stat", config =>
        {
            config["process"]!["user"] = JsonNode.Parse("""{"uid": 1000, "gid": 1000}""");
            config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "user"}"""));
            foreach (string mappings in (string[])["uidMappings", "gidMappings"])
                config["linux"]![mappings] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 65536}]""");
        }).Should().Be("1000:5 620\nconsole\n34816\n");

    [Fact]
    public void Nothing_of_the_callers_streams_gets_in()
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal("exec sleep 100");
        container.Create("--console-socket", server.Path).ShouldEndWith(0);
        using TerminalMaster terminal = server.Receive();
        foreach (string state in (string[])["created", "running"])
        {
            container.Status.Should().Be(state);
            string[] open = [.. Directory.GetFiles($"/proc/{container.Pid}/fd").Select(file => new FileInfo(file).LinkTarget!).Order()];
            open.Count(file => file == "/dev/pts/0").Should().Be(3, "of {0}", string.Join(' ', open));
            string[] others = state == "created" ? ["gate", "socket:"] : [];
            open.Where(file => file != "/dev/pts/0").Select(file => file.Split('[')[0].Split('/')[^1]).Order().Should().Equal(others);
            if (state == "created") container.Rt("start", container.Id).ShouldEndWith(0);
        }
    }

    [Fact]
    public void A_preserved_descriptor_is_still_there_beside_it()
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal("cat <&3; echo; ls -1 /proc/$$/fd; true");
        Command.Shell("""
            exec 3<"$1/config.json"
            exec "$2" --root "$1/state" run --detach --preserve-fds 1 --console-socket "$3" --bundle "$1" id
            """, container.Bundle, Repository.Binary, server.Path).ShouldEndWith(0);
        using TerminalMaster terminal = server.Receive();
        terminal.ToEnd().Should().StartWith("{\"ociVersion\"").And.EndWith("}\n0\n1\n2\n3\n");
    }

    [Fact]
    [Proves("config-process-02")]
    public void Without_a_terminal_there_is_no_console_and_its_size_means_nothing()
    {
        using Container container = Container.Script("ls /dev/console; tty", config =>
            config["process"]!["consoleSize"] = JsonNode.Parse("""{"height": 100000, "width": 1}"""));
        Result result = container.Run().ShouldEndWith(1);
        result.Error.Should().Contain("/dev/console: No such file");
        result.Out.Should().Be("not a tty\n");
    }

    [Fact]
    public void It_is_there_with_a_read_only_dev_and_root_and_without_pivot_root()
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal("tty >/dev/console; touch /dev/x", config =>
            config["mounts"]![1]!["options"]!.AsArray().Add("ro"));
        container.Run("--detach", "--no-pivot", "--console-socket", server.Path).ShouldEndWith(0);
        using TerminalMaster terminal = server.Receive();
        terminal.ToEnd().Should().Be("/dev/pts/0\ntouch: /dev/x: Read-only file system\n");
    }

    // What is refused before anything is made.

    [Fact]
    public void Without_a_socket_and_a_shim_nobody_would_have_the_other_end() => WithTerminal("true").Use(container =>
    {
        const string Words = "cannot allocate tty if runc will detach without setting console socket";
        container.Create("--no-shim").ShouldFailWith(Words);
        container.Run("--detach", "--no-shim").ShouldFailWith(Words);
        container.Create("--pid-file", Path.Combine(container.Bundle, "pid")).ShouldFailWith(Words);
        container.ShouldHaveLeftNothing();
    });

    [Fact]
    public void A_socket_is_for_a_terminal_of_a_container_that_is_left_alone()
    {
        const string Words = "cannot use console socket if runc will not detach or allocate tty";
        using ConsoleServer server = new();
        using Container without = Container.Script("true"), with = WithTerminal("true");
        without.Create("--console-socket", server.Path).ShouldFailWith(Words);
        without.Run("--detach", "--console-socket", server.Path).ShouldFailWith(Words);
        without.Run("--console-socket", server.Path).ShouldFailWith(Words);
        with.Run("--console-socket", server.Path).ShouldFailWith(Words);
        server.HasConnection.Should().BeFalse();
        without.ShouldHaveLeftNothing();
        with.ShouldHaveLeftNothing();
    }

    [Theory]
    [InlineData("/nowhere/console", "no such file or directory")]
    [InlineData("/etc/passwd", "connection refused")]
    [InlineData("/etc/passwd/console", "not a directory")]
    [InlineData("LONG", "file name too long")]
    public void A_socket_that_can_not_be_reached_is_named(string path, string cause)
    {
        if (path == "LONG") path = "/" + new string('a', 107);
        using Container container = WithTerminal("true");
        container.Create("--console-socket", path).ShouldFailWith($"--console-socket {path}: {cause}");
        container.Run("--detach", "--console-socket", path).ShouldFailWith($"--console-socket {path}: {cause}");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void A_socket_path_of_107_bytes_is_taken()
    {
        using Container container = WithTerminal("true");
        container.Create("--console-socket", "/" + new string('a', 106)).ShouldFailWith("no such file or directory");
    }

    // What a root file system may have in store.

    /// <summary>Refused while it was made: one line, nothing left, and no terminal sent.</summary>
    private static void RefusedWithRoot(string prepare, string words, Action<JsonNode>? change = null)
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal("true", config =>
        {
            string[] removed = ["/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"];
            JsonArray mounts = config["mounts"]!.AsArray();
            foreach (JsonNode? mount in mounts.Where(mount => removed.Contains(mount!["destination"]!.GetValue<string>())).ToArray())
                mounts.Remove(mount);
            change?.Invoke(config);
        }, ownRoot: true);
        Command.Shell(prepare, container.Root).ShouldEndWith(0);
        container.Create("--console-socket", server.Path).ShouldFailWith(words);
        container.ShouldHaveLeftNothing();
        FluentActions.Invoking(server.Receive).Should().Throw<Exception>("no terminal may have been sent");
    }

    [Theory]
    [InlineData("mkdir $1/dev/pts")]
    [InlineData("mkdir $1/dev/pts; touch $1/dev/pts/ptmx")]
    [InlineData("mkdir $1/dev/pts; mkfifo $1/dev/pts/ptmx")]
    [InlineData("mkdir $1/dev/pts; mknod $1/dev/pts/ptmx c 5 2")]
    [InlineData("mkdir $1/dev/pts; ln -s /proc/self/fd/0 $1/dev/pts/ptmx")]
    [InlineData("ln -s ../../../../../../../../tmp $1/dev/pts")]
    [InlineData("ln -s /proc/sys $1/dev/pts")]
    [InlineData("touch $1/dev/pts")]
    [InlineData("true")]
    public void A_devpts_that_is_none_is_refused(string prepare) => RefusedWithRoot(prepare,
        "process.terminal: open /dev/pts/ptmx: there is no devpts at /dev/pts");

    private static readonly string DevPts =
        """{"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]}""";

    [Theory]
    [InlineData("ln -s /proc/sys/kernel/core_pattern $1/dev/console")]
    [InlineData("ln -s /nothing/there $1/dev/console")]
    [InlineData("ln -s pts/0 $1/dev/console")]
    [InlineData("mkdir $1/dev/console")]
    [InlineData("mkfifo $1/dev/console")]
    public void A_console_that_leads_elsewhere_is_refused(string prepare) => RefusedWithRoot(prepare,
        "process.terminal: bind the terminal on /dev/console: something else is there already",
        config => config["mounts"]!.AsArray().Add(JsonNode.Parse(DevPts)));

    [Fact]
    public void Something_mounted_over_ptmx_is_refused() => RefusedWithRoot("true",
        "process.terminal: open /dev/pts/ptmx: something is mounted over it", config =>
        {
            config["mounts"]!.AsArray().Add(JsonNode.Parse(DevPts));
            config["mounts"]!.AsArray().Add(JsonNode.Parse(
                """{"destination": "/dev/pts/ptmx", "type": "bind", "source": "/dev/ptmx", "options": ["bind"]}"""));
        });

    [Fact]
    public void A_dev_that_is_a_symlink_out_of_the_root_leads_nowhere_else()
    {
        using ConsoleServer server = new();
        using Container container = WithTerminal("test -t 0 && ls /dev/console", ownRoot: true);
        string outside = Directory.CreateDirectory(Path.Combine(container.Bundle, "outside")).FullName;
        Directory.Delete(Path.Combine(container.Root, "dev"));
        File.CreateSymbolicLink(Path.Combine(container.Root, "dev"), outside);
        container.Run("--detach", "--console-socket", server.Path).ShouldEndWith(0);
        using TerminalMaster terminal = server.Receive();
        terminal.ToEnd().Should().Be("/dev/console\n");
        Directory.GetFileSystemEntries(outside).Should().BeEmpty();
    }
}
