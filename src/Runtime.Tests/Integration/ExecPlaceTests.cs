using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Where exec puts a process, and whom it gives a handle on it: cgroups below the container's, sockets.</summary>
[BeyondTheSpec("exec's cgroups and sockets")]
public sealed class ExecPlaceTests : IDisposable
{
    private readonly Container container = Container.Script("exec sleep 100");
    private readonly string socketDirectory = Directory.CreateTempSubdirectory("rt-test-").FullName;

    public ExecPlaceTests() => container.Run("--detach").ShouldEndWith(0);

    public void Dispose()
    {
        container.Dispose();
        Directory.Delete(socketDirectory, recursive: true);
    }

    private Result Exec(params string[] words) => container.Rt(["exec", .. words]);

    private static string CgroupOf(string pidFile) =>
        File.ReadAllLines($"/proc/{File.ReadAllText(pidFile)}/cgroup").Single(line => line.StartsWith("0::", StringComparison.Ordinal));

    private string Started(params string[] options)
    {
        string pidFile = Path.Combine(container.Bundle, "exec.pid");
        Exec([.. options, "--detach", "--pid-file", pidFile, container.Id, "sleep", "100"]).ShouldEndWith(0);
        return pidFile;
    }

    [Theory]
    [InlineData("sub")]
    [InlineData("/sub")]
    [InlineData("/sub/")]
    public void It_can_be_put_into_a_cgroup_below_the_containers(string path)
    {
        Directory.CreateDirectory($"{container.Cgroup}/sub");
        CgroupOf(Started("--cgroup", path)).Should().EndWith($"{container.Id}/sub");
    }

    [Theory]
    [InlineData("nowhere", "no such file or directory")]
    [InlineData("..", "it may not lead up")]
    [InlineData("a/../../b", "it may not lead up")]
    [InlineData("memory:sub", "no cgroup v1 hierarchy with the controller memory")]
    [InlineData(":sub", "empty <controller> prefix")]
    public void But_not_into_one_that_is_not_there_or_not_below(string path, string words) =>
        Exec("--cgroup", path, container.Id, "true").ShouldEndWith(255).Error.Should().Contain("cgroup").And.Contain(words);

    [Fact]
    public void Where_the_container_has_handed_controllers_down_it_goes_to_the_inits_cgroup()
    {
        string controllers = File.ReadAllText($"{container.Cgroup}/cgroup.controllers").Trim();
        controllers.Should().NotBeEmpty("the tests' cgroups have at least one controller");
        Directory.CreateDirectory($"{container.Cgroup}/init");
        File.WriteAllText($"{container.Cgroup}/init/cgroup.procs", $"{container.Pid}");
        File.WriteAllText($"{container.Cgroup}/cgroup.subtree_control", "+" + controllers.Split(' ')[0]);
        CgroupOf(Started()).Should().EndWith($"{container.Id}/init");
        Exec("--cgroup", "/", container.Id, "true").ShouldEndWith(255).Error.Should().Contain("hands controllers down");
    }

    [Fact]
    public void Its_terminal_goes_over_the_console_socket()
    {
        using ConsoleServer server = new();
        Exec("--tty", "--detach", "--console-socket", server.Path, container.Id, "sh", "-c", "tty; read line; echo got $line").ShouldEndWith(0);
        using TerminalMaster terminal = server.Receive();
        terminal.Name.Should().Be("/dev/ptmx");
        terminal.ShouldShow("/dev/pts/0\n");
        terminal.Type("it\n");
        terminal.ToEnd().Should().Be("/dev/pts/0\nit\ngot it\n");
    }

    [Theory]
    [InlineData("setns")]
    [InlineData("standard")]
    public void Whoever_asks_for_a_pidfd_gets_one(string name)
    {
        string path = Path.Combine(socketDirectory, "pidfd");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        using Container other = Container.Script("exec sleep 100");
        string pidFile = Path.Combine(container.Bundle, "pid");
        Result result = name == "setns"
            ? Exec("--detach", "--pidfd-socket", path, "--pid-file", pidFile, container.Id, "sleep", "100")
            : other.Create("--pidfd-socket", path, "--pid-file", pidFile);
        result.ShouldEndWith(0);
        using Socket connection = listener.Accept();
        (byte[] bytes, int[] descriptors) = PassedDescriptors.Receive((int)connection.Handle);
        Encoding.ASCII.GetString(bytes).Should().Be(name);
        using SafeFileHandle pidfd = new(descriptors.Should().ContainSingle().Subject, ownsHandle: true);
        File.ReadLines($"/proc/self/fdinfo/{pidfd.DangerousGetHandle()}").Should().Contain($"Pid:\t{File.ReadAllText(pidFile)}");
    }

    [Fact]
    public void Nobody_at_a_socket_is_an_error_and_leaves_no_process()
    {
        Exec("--pidfd-socket", "/nowhere", container.Id, "sleep", "100").ShouldEndWith(255).Error
            .Should().Contain("--pidfd-socket /nowhere: no such file or directory");
        Exec("--tty", "--detach", "--console-socket", "/nowhere", container.Id, "sleep", "100").ShouldEndWith(255).Error
            .Should().Contain("--console-socket /nowhere: no such file or directory");
        File.ReadAllLines($"{container.Cgroup}/cgroup.procs").Should().ContainSingle();
    }
}
