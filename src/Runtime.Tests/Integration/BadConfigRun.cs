namespace Rt.Tests.Integration;

/// <summary>Gives each bad configuration to <c>rt create</c>, once for all tests, in a few shells side by side.</summary>
public sealed class BadConfigRun : IDisposable
{
    private const int Shells = 4;

    private static readonly string[] OwnFiles = ["config.json", "out", "error", "code"];

    private const string Script = """
        rt=$1; shift
        for bundle; do
            "$rt" --root "$bundle/state" create --bundle "$bundle" "${bundle##*/}" >"$bundle/out" 2>"$bundle/error" </dev/null
            echo $? >"$bundle/code"
        done
        """;

    private readonly string work = Path.Combine(Repository.Root, "artifacts/test", $"bad-{Environment.ProcessId}");
    private readonly Dictionary<string, (BadConfig Bad, string Bundle)> rows = new(StringComparer.Ordinal);

    public BadConfigRun()
    {
        foreach (BadConfig bad in BadConfig.All)
        {
            string bundle = Path.Combine(work, $"{Path.GetFileName(work)}-{rows.Count}");
            Directory.CreateDirectory(bundle);
            string config = bad.ApplyTo(BadConfig.Good(Path.Combine(work, "../rootfs"), CgroupOf(bundle))).ToJsonString();
            File.WriteAllText(Path.Combine(bundle, "config.json"), config);
            rows.Add(bad.Line, (bad, bundle));
        }

        Command.Running[] shells =
        [
            .. rows.Values.Select(row => row.Bundle).Chunk(rows.Count / Shells + 1)
                .Select(bundles => Command.Start(["/bin/sh", "-c", Script, "sh", Repository.Binary, .. bundles])),
        ];
        foreach (Command.Running shell in shells) shell.Wait().ShouldEndWith(0);
    }

    internal (BadConfig Bad, Result Result) Of(string row)
    {
        var (bad, bundle) = rows[row];
        string Read(string file) => File.ReadAllText(Path.Combine(bundle, file));
        return (bad, new Result(int.Parse(Read("code")), Read("out"), Read("error")));
    }

    /// <summary>Cgroup, container's state and whatever else a refused creation has left.</summary>
    internal List<string> LeftBy(string row)
    {
        string bundle = rows[row].Bundle, state = Path.Combine(bundle, "state");
        List<string> left = [.. Directory.GetFileSystemEntries(bundle)];
        left.RemoveAll(path => path == state || OwnFiles.Contains(Path.GetFileName(path)));
        if (Directory.Exists(state)) left.AddRange(Directory.GetFileSystemEntries(state).Where(path => !path.EndsWith("/@seccomp")));
        string cgroup = "/sys/fs/cgroup" + CgroupOf(bundle);
        if (Directory.Exists(cgroup)) left.Add(cgroup);
        return left;
    }

    /// <summary>Mounts below the bundles and processes that were started for them.</summary>
    internal List<string> LeftByAll() =>
    [
        .. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(work, StringComparison.Ordinal)),
        .. Directory.GetDirectories("/proc").Where(process => IsOurs(process)),
    ];

    public void Dispose()
    {
        foreach (var (_, bundle) in rows.Values)
        {
            string id = Path.GetFileName(bundle), state = Path.Combine(bundle, "state");
            if (Directory.Exists(Path.Combine(state, id))) Command.Rt("--root", state, "delete", "--force", id);
        }

        Directory.Delete(work, recursive: true);
    }

    private static string CgroupOf(string bundle) => "/rt-test/" + Path.GetFileName(bundle);

    private bool IsOurs(string process)
    {
        try
        {
            return char.IsAsciiDigit(Path.GetFileName(process)[0])
                && File.ReadAllText(process + "/cmdline").Contains(work, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it has ended
        }
    }
}
