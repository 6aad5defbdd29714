using System.Text.Json.Nodes;
using Rt.Spec;

namespace Rt.Tests.Integration;

/// <summary>
/// A bundle of the default configuration, changed as a test wants it, and a container made from it. Whatever the test did, all
/// of it is gone afterwards.
/// </summary>
public sealed class Container : IDisposable
{
    private static readonly string Work = Path.Combine(Repository.Root, "artifacts/test");
    private static int count;

    private readonly string directory = Path.Combine(Work, $"{Environment.ProcessId}-{Interlocked.Increment(ref count)}");

    /// <param name="change">Changes the configuration.</param>
    /// <param name="ownRoot">A root file system for this container alone, which the test may write to.</param>
    public Container(Action<JsonNode>? change = null, bool ownRoot = false)
    {
        Id = "test-" + Path.GetFileName(directory);
        Directory.CreateDirectory(directory);
        if (ownRoot) Command.Run("cp", "-a", Path.Combine(Work, "rootfs"), Root).ShouldEndWith(0);
        Config = JsonNode.Parse(DefaultConfig.Json(null))!;
        Config["process"]!["terminal"] = false;
        Config["root"]!["path"] = ownRoot ? "rootfs" : Path.Combine(Work, "rootfs");
        Config["linux"]!["cgroupsPath"] = "/rt-test/" + Id;
        change?.Invoke(Config);
        WriteConfig();
    }

    public string Id { get; }

    /// <summary>What rt is to be started by, with its arguments; empty: nothing.</summary>
    public IReadOnlyList<string> Wrapper { get; set; } = [];

    public JsonNode Config { get; }

    public string Bundle => directory;

    /// <summary>The container's own root file system.</summary>
    public string Root => Path.Combine(directory, "rootfs");

    /// <summary>The state of this test's containers alone.</summary>
    public string StateRoot => Path.Combine(directory, "state");

    public string Cgroup => "/sys/fs/cgroup/rt-test/" + Id;

    public string Status => JsonNode.Parse(Rt("state", Id).ShouldEndWith(0).Out)!["status"]!.GetValue<string>();

    public int Pid => JsonNode.Parse(Rt("state", Id).ShouldEndWith(0).Out)!["pid"]!.GetValue<int>();

    /// <summary>A container that runs a shell script.</summary>
    public static Container Script(string script, Action<JsonNode>? change = null, bool ownRoot = false) => new(config =>
    {
        config["process"]!["args"] = new JsonArray("sh", "-c", script);
        change?.Invoke(config);
    }, ownRoot);

    /// <summary>A container that is there, asleep, until it is killed.</summary>
    public static Container Sleeping(Action<JsonNode>? change = null, bool ownRoot = false)
    {
        Container container = Script("exec sleep 600", change, ownRoot);
        try
        {
            container.Run("--detach").ShouldEndWith(0);
            return container;
        }
        catch
        {
            container.Dispose();
            throw;
        }
    }

    /// <summary>Changes the configuration once more, also that of a container which is already there.</summary>
    public void Change(Action<JsonNode> change)
    {
        change(Config);
        WriteConfig();
    }

    private void WriteConfig() => File.WriteAllText(Path.Combine(Bundle, "config.json"), Config.ToJsonString());

    public Result Rt(params string[] arguments) => Start(arguments).Wait();

    public Command.Running Start(params string[] arguments) => Command.Start([.. Wrapper, Repository.Binary, "--root", StateRoot, .. arguments]);

    /// <summary>Runs it in the foreground to its end.</summary>
    public Result Run(params string[] options) => Rt(["run", "--bundle", Bundle, .. options, Id]);

    /// <summary>Runs it in the foreground, and returns when its program runs.</summary>
    public Command.Running RunInForeground()
    {
        Command.Running run = Start("run", "--bundle", Bundle, Id);
        // While rt is at work on the container, it has its lock.
        bool runs = SpinWait.SpinUntil(() => Rt("state", Id).Out.Contains("\"running\"")
            && Command.Run("flock", "--nonblock", Path.Combine(StateRoot, Id), "true").Code == 0, Command.Patience);
        if (!runs) run.Dispose();
        runs.Should().BeTrue("its program was to run in the foreground");
        return run;
    }

    public Result Create(params string[] options) => Rt(["create", "--bundle", Bundle, .. options, Id]);

    /// <summary>Runs rt without any privilege, on copies of itself and of the bundle that everyone may read.</summary>
    public Result RtAsOrdinaryUser(Func<string, string[]> arguments)
    {
        string everyones = Directory.CreateTempSubdirectory("rt-test-").FullName;
        try
        {
            string binary = Path.Combine(everyones, "rt");
            File.Copy(Repository.Binary, binary);
            File.Copy(Path.Combine(Bundle, "config.json"), Path.Combine(everyones, "config.json"));
            Command.Run("chmod", "-R", "a+rX", everyones).ShouldEndWith(0);
            return Command.Run(["setpriv", "--reuid", "65534", "--clear-groups", binary, "--root", "/nowhere", .. arguments(everyones)]);
        }
        finally
        {
            Directory.Delete(everyones, recursive: true);
        }
    }

    public void ShouldHaveLeftNothing()
    {
        Directory.Exists(Path.Combine(StateRoot, Id)).Should().BeFalse("the state must be gone");
        Directory.Exists(Cgroup).Should().BeFalse("the cgroup must be gone");
        File.ReadAllText("/proc/self/mountinfo").Should().NotContain(directory, "no mount may be left");
        // A shim ends when the container has, which delete need not wait for.
        SpinWait.SpinUntil(() => !Processes.Any(), Command.Patience).Should().BeTrue("no process may be left");
    }

    /// <summary>What in /proc stands for rt at work on this test's containers, or for an init of theirs that waits.</summary>
    public IEnumerable<string> Processes => Directory.GetDirectories("/proc").Where(process => CommandLine(process).Contains(StateRoot));

    private static string CommandLine(string process)
    {
        try
        {
            return char.IsAsciiDigit(Path.GetFileName(process)[0]) ? File.ReadAllText(process + "/cmdline") : "";
        }
        catch (IOException)
        {
            return ""; // it has ended
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(StateRoot))
            foreach (string state in Directory.GetDirectories(StateRoot))
                Rt("delete", "--force", Path.GetFileName(state));
        // What a test has cut off in the middle, rt may not know of.
        if (Directory.Exists(Cgroup))
            Command.Shell("echo 1 >$1/cgroup.kill; for i in 1 2 3 4 5 6 7 8 9; do rmdir $1 2>/dev/null && break; sleep 0.2; done", Cgroup);
        Directory.Delete(directory, recursive: true);
    }
}
