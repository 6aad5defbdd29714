using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// Overwriting the host's rt from inside (CVE-2019-5736). The field fell for it because a runtime's init can be made to execute
/// /proc/self/exe, the runtime itself, which another process of the container then opens by /proc/PID/exe, to write to it once
/// it has ended.
/// </summary>
[BeyondTheSpec("the protection of rt's binary from the container")]
public sealed class RuntimeBinaryTests : IDisposable
{
    private readonly string host = Directory.CreateTempSubdirectory("rt-test-").FullName;

    public void Dispose() => Directory.Delete(host, recursive: true);

    /// <summary>A copy of rt that may be lost.</summary>
    private string Victim()
    {
        string victim = Path.Combine(host, "rt");
        File.Copy(Repository.Binary, victim, overwrite: true);
        return victim;
    }

    private static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));

    /// <summary>
    /// Opens what /proc/$1/exe leads to while that process lives, waits for its end, and then tries to write by way of the
    /// descriptor. $2 is a FIFO on which the process hangs until it is read.
    /// </summary>
    private const string Attack = """
        exec 3</proc/$1/exe || exit 9
        cat "$2" >/dev/null
        while [ -d /proc/$1 ] && ! grep -q '^State:.Z' /proc/$1/status; do sleep 0.01; done
        (printf overwritten >/proc/self/fd/3) 2>&1
        """;

    [Theory]
    [InlineData("/proc/self/exe")]
    [InlineData("/link")]
    [InlineData("/script")]
    public void Rt_executed_inside_the_container_can_not_be_overwritten(string program)
    {
        string victim = Victim(), before = Hash(victim), fifo = Path.Combine(host, "fifo");
        using Container container = new(config =>
        {
            config["process"]!["args"] = new JsonArray(program);
            config["linux"]!["namespaces"]!.AsArray().RemoveAt(0); // the attack needs a process that survives the init
        }, ownRoot: true);
        PutIn(container);
        HangingOn(fifo, victim, "--root", container.StateRoot, "run", "--detach", "--bundle", container.Bundle, container.Id);
        ShouldNotBeOverwritten(container.Pid, fifo);
        Hash(victim).Should().Be(before);
    }

    [Theory]
    [InlineData("/proc/self/exe")]
    [InlineData("/link")]
    [InlineData("/script")]
    public void Nor_can_one_that_exec_has_executed_inside(string program)
    {
        string victim = Victim(), before = Hash(victim), fifo = Path.Combine(host, "fifo"), pidFile = Path.Combine(host, "pid");
        using Container container = Container.Script("sleep 100", ownRoot: true);
        PutIn(container);
        container.Run("--detach").ShouldEndWith(0);
        HangingOn(fifo, victim, "--root", container.StateRoot, "exec", "--detach", "--pid-file", pidFile, container.Id, program);
        ShouldNotBeOverwritten(int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture), fifo);
        Hash(victim).Should().Be(before);
    }

    /// <summary>What an image may have that leads to the binary of whoever executes it.</summary>
    private static void PutIn(Container container)
    {
        File.CreateSymbolicLink(Path.Combine(container.Root, "link"), "/proc/self/exe");
        string script = Path.Combine(container.Root, "script");
        File.WriteAllText(script, "#!/proc/self/exe\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>The process executes rt, which has something to say, and hangs saying it: its output is a pipe that is full.</summary>
    private static void HangingOn(string fifo, params string[] command) => Command.Shell(
        "mkfifo \"$1\"; exec 9<>\"$1\"; head -c 65536 /dev/zero >&9; shift; exec \"$@\" >&9 2>&9", [fifo, .. command]).ShouldEndWith(0);

    private static void ShouldNotBeOverwritten(int pid, string fifo)
    {
        File.ReadAllText($"/proc/{pid}/comm").Trim().Should().BeOneOf("exe", "link", "script");
        Command.Shell(Attack, $"{pid}", fifo).Out.Should().Contain("Read-only file system");
    }

    [Fact]
    public void The_attack_is_a_real_one_against_a_program_without_the_guard()
    {
        string victim = Path.Combine(host, "busybox"), fifo = Path.Combine(host, "fifo");
        File.Copy(Path.Combine(Repository.Root, "artifacts/test/rootfs/bin/busybox"), victim);
        Command.Run("mkfifo", fifo).ShouldEndWith(0);
        using Command.Running program = Command.Start("sh", "-c", "exec \"$0\" sh -c 'echo x >\"$0\"' \"$1\"", victim, fifo);
        SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{program.Pid}/comm") != "sh\n"
            || new FileInfo($"/proc/{program.Pid}/exe").LinkTarget == victim, Command.Patience).Should().BeTrue();
        Command.Shell(Attack, program.Pid.ToString(), fifo);
        File.ReadAllText(victim).Should().StartWith("overwritten");
    }

    [Fact]
    public void The_init_that_waits_at_the_gate_runs_from_a_file_that_can_not_be_written()
    {
        using Container container = Container.Script("true");
        container.Create().ShouldEndWith(0);
        Command.Shell("(printf x >/proc/$1/exe) 2>&1", container.Pid.ToString()).Out.Should().Contain("Read-only file system");
    }

    [Fact]
    public void Without_overlays_a_sealed_copy_serves()
    {
        // Next to the root there is no directory that could be an overlay's layer.
        string copy = "/rt-test-" + Environment.ProcessId;
        File.Copy(Repository.Binary, copy);
        try
        {
            using Container container = Container.Script("true");
            Command.Run(copy, "--root", container.StateRoot, "create", "--bundle", container.Bundle, container.Id).ShouldEndWith(0);
            new FileInfo($"/proc/{container.Pid}/exe").LinkTarget.Should().StartWith("/memfd:rt");
            Command.Shell("(printf x >/proc/$1/exe) 2>&1", container.Pid.ToString()).Out.Should().NotBeEmpty();
            Hash(copy).Should().Be(Hash(Repository.Binary));
        }
        finally
        {
            File.Delete(copy);
        }
    }

    [ErofsFact]
    public void On_a_file_system_that_knows_no_writing_it_is_protected_as_it_is()
    {
        string image = Path.Combine(host, "image"), files = Path.Combine(host, "files"), mount = Path.Combine(host, "mount");
        Directory.CreateDirectory(files);
        Directory.CreateDirectory(mount);
        File.Copy(Repository.Binary, Path.Combine(files, "rt"));
        Command.Run("mkfs.erofs", image, files).ShouldEndWith(0);
        Command.Run("mount", "-t", "erofs", "-o", "loop", image, mount).ShouldEndWith(0);
        try
        {
            using Container container = Container.Script("true");
            Command.Run(mount + "/rt", "--root", container.StateRoot, "create", "--bundle", container.Bundle, container.Id).ShouldEndWith(0);
            new FileInfo($"/proc/{container.Pid}/exe").LinkTarget.Should().Be(mount + "/rt");
            Command.Shell("(printf x >/proc/$1/exe) 2>&1", $"{container.Pid}").Out.Should().Contain("Read-only file system");
        }
        finally
        {
            Command.Run("umount", "--lazy", mount).ShouldEndWith(0);
        }
    }

    [Fact]
    public void Where_the_executable_can_not_be_changed_rt_starts_anew_from_the_protected_file()
    {
        // The second prctl of `run` is PR_SET_MM_MAP; the first makes it a subreaper.
        using Container container = Container.Script("echo ran");
        Result result = Command.Run("strace", "-o", "/dev/null", "-e", "inject=prctl:error=EPERM:when=2",
            Repository.Binary, "--debug", "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id);
        result.Out.Should().Be("ran\n");
        result.Error.Should().Contain("change /proc/self/exe: operation not permitted");
    }
}
