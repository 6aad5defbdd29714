using System.Text.Json.Nodes;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>What each mount option comes to, as the kernel tells it in the container's mountinfo.</summary>
public sealed class MountOptionTests : IClassFixture<MountOptionTests.Trees>
{
    /// <summary>
    /// Mounts on the host with a mount below each. "plain": no flags; "flagged": every flag that can be taken back; both are shared.
    /// </summary>
    public sealed class Trees : IDisposable
    {
        public Trees()
        {
            Command.Shell("""
                cd "$1" && mkdir plain flagged
                all=ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow
                mount -t tmpfs none plain && mkdir plain/below && mount -t tmpfs none plain/below &&
                mount -t tmpfs none flagged && mkdir flagged/below && mount -t tmpfs -o $all none flagged/below &&
                mount -o remount,bind,$all flagged && mount --make-rshared plain && mount --make-rshared flagged
                """, Path).ShouldEndWith(0);
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("rt-test-").FullName;

        public void Dispose()
        {
            Command.Shell("umount -R \"$1\"/plain; umount -R \"$1\"/flagged", Path);
            Directory.Delete(Path, recursive: true);
        }
    }

    /// <summary>A line of mountinfo: the mount's flags, "sb:" and the file system's, and the names of its propagation.</summary>
    private sealed record Line(string Point, string[] Words);

    private readonly Trees trees;

    public MountOptionTests(Trees trees) => this.trees = trees;

    // Options of a new tmpfs; what must be among the mount's words, and what not, by "!".
    private static readonly string[] New =
    [
        "ro: ro sb:rw", "ro rw: rw", "rw ro: ro", "nosuid: nosuid", "nosuid suid: !nosuid", "nodev: nodev", "nodev dev: !nodev",
        "noexec: noexec", "noexec exec: !noexec", "nosymfollow: nosymfollow", "nosymfollow symfollow: !nosymfollow",
        "nodiratime: nodiratime relatime", "nodiratime diratime: !nodiratime",
        "noatime: noatime !relatime", "noatime atime: relatime !noatime", "relatime: relatime", "noatime relatime: relatime !noatime",
        "relatime norelatime: relatime", "norelatime: relatime", "noatime norelatime: noatime",
        "strictatime: !relatime !noatime", "strictatime nostrictatime: relatime", "nostrictatime: relatime",
        "sync: sb:sync", "sync async: !sb:sync", "async: !sb:sync", "dirsync: sb:dirsync", "lazytime: sb:lazytime",
        "lazytime nolazytime: !sb:lazytime", "mand nomand: !sb:mand",
        "defaults: rw relatime !nosuid !nodev !noexec !sb:defaults", "silent: rw relatime", "loud: rw relatime", "silent loud: rw relatime",
        "auto: rw relatime !sb:auto", "noauto: rw relatime !sb:noauto", "iversion: rw relatime", "noiversion: rw relatime", "iversion noiversion: rw relatime", "silent nosuid mode=711: nosuid sb:mode=711",
        "private: !shared !master !unbindable", "rprivate: !shared !master !unbindable", "shared: shared !master", "rshared: shared !master",
        "slave: !shared !master !unbindable", "rslave: !shared !master !unbindable", "unbindable: unbindable", "runbindable: unbindable",
        "size=1m nr_inodes=77: sb:size=1024k sb:nr_inodes=77", "rro rnosuid rnoexec rnodev: ro nosuid noexec nodev",
    ];

    // Tree, options; the words of the mount itself, and of the one below it ("none": there is none).
    private static readonly string[] Bound =
    [
        "plain bind: rw relatime master !shared; none", "plain rbind: rw master; rw master",
        "plain bind ro: ro sb:rw; none",
        "plain rbind ro: ro; rw", "plain rbind rro: ro; ro", "plain rbind nosuid: nosuid; !nosuid", "plain rbind rnosuid: nosuid; nosuid",
        "plain rbind nodev: nodev; !nodev", "plain rbind rnodev: nodev; nodev", "plain rbind noexec: noexec; !noexec",
        "plain rbind rnoexec: noexec; noexec", "plain rbind nodiratime: nodiratime; !nodiratime",
        "plain rbind rnodiratime: nodiratime; nodiratime", "plain rbind nosymfollow: nosymfollow; !nosymfollow",
        "plain rbind rnosymfollow: nosymfollow; nosymfollow", "plain rbind noatime: noatime; relatime", "plain rbind rnoatime: noatime; noatime",
        "plain rbind strictatime: !relatime !noatime; relatime", "plain rbind rstrictatime: !relatime !noatime; !relatime !noatime",
        "plain rbind rstrictatime rnostrictatime: relatime; relatime", "plain rbind rrelatime rnorelatime: relatime; relatime",
        "plain rbind rro rrw: rw; rw", "plain rbind rro rw: ro; ro", "plain rbind sync: rw !sb:sync; rw",
        "flagged rbind: ro nosuid nodev noexec noatime nodiratime nosymfollow; ro nosuid nodev noexec noatime nodiratime nosymfollow",
        "flagged rbind rw: rw; ro", "flagged rbind rrw: rw; rw", "flagged rbind suid: !nosuid; nosuid", "flagged rbind rsuid: !nosuid; !nosuid",
        "flagged rbind dev: !nodev; nodev", "flagged rbind rdev: !nodev; !nodev", "flagged rbind exec: !noexec; noexec",
        "flagged rbind rexec: !noexec; !noexec", "flagged rbind diratime: !nodiratime; nodiratime",
        "flagged rbind rdiratime: !nodiratime; !nodiratime", "flagged rbind symfollow: !nosymfollow; nosymfollow",
        "flagged rbind rsymfollow: !nosymfollow; !nosymfollow", "flagged rbind atime: relatime; noatime", "flagged rbind ratime: relatime; relatime",
        "flagged rbind relatime: relatime; noatime", "flagged rbind rrelatime: relatime; relatime",
        "flagged rbind nosuid: rw nosuid !nodev !noexec !nosymfollow noatime nodiratime; ro nosuid nodev noexec nosymfollow",
        "flagged bind rw: rw !nosuid !nodev !noexec !nosymfollow noatime nodiratime; none",
        "flagged bind private: ro nosuid nodev noexec nosymfollow; none", "flagged rbind rnosuid: ro nosuid nodev; ro nosuid nodev",
        "flagged rbind norelatime: noatime; noatime", "flagged rbind rnorelatime: noatime; noatime",
        "plain rbind private: !shared !master; master", "plain rbind rprivate: !shared !master; !shared !master",
        "plain rbind shared: shared master; master !shared", "plain rbind rshared: shared master; shared master",
        "plain rbind rshared slave: !shared master; shared master", "plain rbind rshared rslave: !shared master; !shared master",
        "plain rbind unbindable: unbindable; !unbindable", "plain rbind runbindable: unbindable; unbindable",
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Proves("config-options-01", "config-options-02", "config-options-04", "config-options-05", "config-options-06", "config-options-07",
        "config-options-08", "config-options-10", "config-options-11", "config-options-12", "config-options-13", "config-options-14",
        "config-options-15", "config-options-16", "config-options-17", "config-options-18", "config-options-19", "config-options-20",
        "config-options-21", "config-options-22", "config-options-27", "config-options-37", "config-options-48", "config-options-49",
        "config-options-52", "config-options-53", "config-options-54", "config-options-55", "config-options-56", "config-options-65", "config-options-66")]
    public void A_new_mount_has_what_its_options_say(bool user) => Check(user, New, row => (row, null));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Proves("config-options-03", "config-options-22", "config-options-23", "config-options-24", "config-options-25", "config-options-26",
        "config-options-29", "config-options-30", "config-options-31", "config-options-32", "config-options-33", "config-options-34",
        "config-options-35", "config-options-36", "config-options-37", "config-options-38", "config-options-39", "config-options-40",
        "config-options-41", "config-options-42", "config-options-43", "config-options-44", "config-options-45", "config-options-46",
        "config-options-47", "config-options-49", "config-options-51", "config-options-56")]
    public void A_bind_mount_has_what_its_options_say_and_so_have_those_below_if_it_is_recursive(bool user) =>
        Check(user, Bound, row => (row[(row.IndexOf(' ') + 1)..], Path.Combine(trees.Path, row[..row.IndexOf(' ')])));

    /// <summary>All rows as mounts of one container; all that is wrong is told at once.</summary>
    private static void Check(bool user, string[] rows, Func<string, (string Row, string? Source)> parse)
    {
        using Container container = Container.Script("cat /proc/self/mountinfo", config =>
        {
            if (user) UserNamespaceTests.User(config);
            JsonArray mounts = config["mounts"]!.AsArray();
            mounts.Add(JsonNode.Parse("""{"destination": "/tmp", "type": "tmpfs", "source": "t"}"""));
            for (int i = 0; i < rows.Length; i++)
            {
                (string row, string? source) = parse(rows[i]);
                mounts.Add(new JsonObject
                {
                    ["destination"] = $"/tmp/{i}",
                    ["type"] = source == null ? "tmpfs" : "bind",
                    ["source"] = source ?? "t",
                    ["options"] = new JsonArray([.. row[..row.IndexOf(':')].Split(' ').Select(word => JsonValue.Create(word))]),
                });
            }
        });
        Line[] lines = [.. container.Run().ShouldEndWith(0).Out.TrimEnd().Split('\n').Select(Parse)];
        container.ShouldHaveLeftNothing();

        List<string> wrong = [];
        for (int i = 0; i < rows.Length; i++)
        {
            string row = parse(rows[i]).Row;
            string[] wanted = row[(row.IndexOf(": ") + 2)..].Split("; ");
            for (int j = 0; j < wanted.Length; j++)
            {
                Line[] found = Array.FindAll(lines, line => line.Point == $"/tmp/{i}{(j == 0 ? "" : "/below")}");
                string[] has = found.Length == 0 ? ["none"] : found[^1].Words;
                if (found.Length > 1 || !Array.TrueForAll(wanted[j].Split(' '), word => word[0] == '!' ? !has.Contains(word[1..]) : has.Contains(word)))
                    wrong.Add($"{rows[i]}\n    has {string.Join(' ', has)}");
            }
        }

        string.Join('\n', wrong).Should().BeEmpty();
    }

    private static Line Parse(string line)
    {
        string[] halves = line.Split(" - "), first = halves[0].Split(' '), second = halves[1].Split(' ');
        return new Line(first[4],
            [.. first[5].Split(','), .. first[6..].Select(tag => tag.Split(':')[0]), .. second[2].Split(',').Select(word => "sb:" + word)]);
    }

    [Theory]
    [InlineData("silent", "MS_SILENT")]
    [InlineData("iversion", "MS_I_VERSION")]
    [InlineData("silent nosuid iversion ro", "MS_NOSUID|MS_SILENT|MS_RELATIME|MS_I_VERSION")]
    [InlineData("silent loud", "")]
    [InlineData("iversion noiversion", "")]
    [Proves("config-options-09", "config-options-11", "config-options-16", "config-options-50")]
    public void What_only_the_old_mount_call_can_ask_for_is_asked_of_it(string options, string flags)
    {
        using Container container = Container.Script("stat -c %a /tmp", config => config["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/tmp",
            ["type"] = "tmpfs",
            ["source"] = "the-source",
            ["options"] = new JsonArray([.. options.Split(' ').Select(word => JsonValue.Create(word))]),
        }));
        string log = Path.Combine(container.Bundle, "calls");
        Command.Run("strace", "-f", "-o", log, "-e", "trace=mount", Repository.Binary, "--root", container.StateRoot, "run", "--bundle",
            container.Bundle, container.Id).ShouldEndWith(0).Out.Should().Be("1777\n", "that is the mode of the directory below");
        string[] calls = [.. File.ReadLines(log).Where(line => line.Contains("the-source"))];
        if (flags.Length == 0) calls.Should().BeEmpty();
        else calls.Should().ContainSingle().Which.Should().Contain("\"tmpfs\"").And.Contain(flags);
    }

    [Fact]
    public void The_old_mandatory_locks_can_be_asked_for() => Inside(
        """{"destination": "/tmp", "type": "tmpfs", "source": "t", "options": ["mand"]}""", "grep ' /tmp ' /proc/self/mountinfo")
        .Should().Contain("mand");

    private static string Inside(string mounts, string script, Action<JsonNode>? change = null)
    {
        using Container container = Container.Script(script, config =>
        {
            foreach (JsonNode? mount in JsonNode.Parse($"[{mounts}]")!.AsArray()) config["mounts"]!.AsArray().Add(mount!.DeepClone());
            change?.Invoke(config);
        });
        string output = container.Run().ShouldEndWith(0).Out;
        container.ShouldHaveLeftNothing();
        return output.TrimEnd('\n');
    }

    [Theory]
    [InlineData("\"remount\", \"ro\", \"nosuid\"", "ro nosuid relatime sb:rw sb:size=1024k")]
    [InlineData("\"remount\", \"size=2m\", \"noatime\"", "rw noatime !relatime sb:size=2048k")]
    [InlineData("\"bind\", \"remount\", \"noexec\"", "rw noexec sb:size=1024k")]
    [InlineData("\"remount\", \"shared\"", "rw shared")]
    [InlineData("\"remount\", \"rnodev\"", "rw nodev")]
    [Proves("config-options-28")]
    public void A_remount_changes_what_is_there_and_makes_no_new_mount(string options, string wanted)
    {
        string output = Inside($$"""
            {"destination": "/tmp", "type": "tmpfs", "source": "t", "options": ["size=1m"]},
            {"destination": "/tmp/sub", "type": "tmpfs", "source": "t"},
            {"destination": "/tmp", "type": "tmpfs", "options": [{{options}}]}
            """, "grep ' /tmp ' /proc/self/mountinfo");
        output.Should().NotContain("\n", "there is one mount");
        foreach (string word in wanted.Split(' '))
        {
            if (word[0] == '!') Parse(output).Words.Should().NotContain(word[1..]);
            else Parse(output).Words.Should().Contain(word);
        }
    }

    [Theory]
    [InlineData("\"ro\"", "\"remount\", \"nosuid\"", "ro nosuid")]
    [InlineData("\"ro\"", "\"remount\", \"rw\"", "rw")]
    [InlineData("\"ro\"", "\"remount\", \"ro\", \"rw\"", "rw")]
    [Proves("config-options-28")]
    public void A_read_only_tmpfs_stays_so_unless_a_remount_says_otherwise(string first, string second, string wanted) => Parse(Inside($$"""
        {"destination": "/tmp", "type": "tmpfs", "source": "t", "options": [{{first}}]},
        {"destination": "/tmp", "type": "tmpfs", "options": [{{second}}]}
        """, "grep ' /tmp ' /proc/self/mountinfo")).Words.Should().Contain(wanted.Split(' '));

    [Fact]
    [Proves("config-options-28")]
    public void A_remount_of_proc_changes_its_file_system() => Inside(
        """{"destination": "/proc", "type": "proc", "options": ["remount", "hidepid=2"]}""", "grep '/proc proc' /proc/mounts")
        .Should().Contain("hidepid=invisible");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Proves("config-options-28")]
    public void A_dev_that_is_remounted_read_only_still_gets_its_devices(bool bind) => Inside(
        $$"""{"destination": "/dev", "type": "{{(bind ? "bind" : "tmpfs")}}", "options": ["remount", "ro"{{(bind ? ", \"bind\"" : "")}}]}""",
        "ls /dev/null; (touch /dev/x) 2>&1; true").Should().Contain("/dev/null\n").And.Contain("Read-only file system");

    [Fact]
    public void What_is_no_mount_point_can_not_be_remounted()
    {
        using Container container = new(config => config["mounts"]!.AsArray().Add(
            JsonNode.Parse("""{"destination": "/tmp", "type": "bind", "options": ["bind", "remount", "ro"]}""")));
        container.Create().ShouldFailWith("mounts[7]: remount /tmp: invalid argument");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    [Proves("config-mounts-01", "config-mounts-03")]
    public void A_relative_destination_counts_from_the_root() => Inside("""
        {"destination": "tmp", "type": "tmpfs", "source": "t"},
        {"destination": "tmp/a/../b", "type": "tmpfs", "source": "t"},
        {"destination": "../../tmp/c", "type": "tmpfs", "source": "t"},
        {"destination": "./tmp/./d/", "type": "tmpfs", "source": "t"}
        """, "cut -d' ' -f5 /proc/self/mountinfo | grep tmp").Should().Be("/tmp\n/tmp/b\n/tmp/c\n/tmp/d");

    [Theory]
    [InlineData("nosuchfs")]
    [InlineData("ext17")]
    public void An_unknown_file_system_is_told_in_a_user_namespace_too(string type)
    {
        using Container container = new(config =>
        {
            UserNamespaceTests.User(config);
            config["mounts"]!.AsArray().Add(new JsonObject { ["destination"] = "/tmp", ["type"] = type, ["options"] = new JsonArray("silent") });
        });
        container.Create().ShouldFailWith($"mounts[7]: mount {type} on /tmp: unknown file system type \"{type}\"");
        container.ShouldHaveLeftNothing();
    }

    /// <summary>Propagation of the root and of a mount below it, whose counterparts on the host are shared.</summary>
    [Theory]
    [InlineData("", "master !shared", "master !shared")]
    [InlineData("slave", "master !shared", "master !shared")]
    [InlineData("rslave", "master !shared", "master !shared")]
    [InlineData("private", "!master !shared", "!master !shared")]
    [InlineData("rprivate", "!master !shared", "!master !shared")]
    [InlineData("shared", "shared", "shared")]
    [InlineData("rshared", "shared", "shared")]
    [InlineData("unbindable", "unbindable", "master !unbindable")]
    [InlineData("runbindable", "unbindable", "unbindable")]
    public void The_root_has_the_propagation_asked_for(string propagation, string top, string below)
    {
        using Container container = Container.Script("cat /proc/self/mountinfo", config =>
        {
            config["root"]!["path"] = "rootfs";
            config["linux"]!["rootfsPropagation"] = propagation;
        });
        Directory.CreateDirectory(container.Root);
        Command.Shell("mount --bind $1 $2 && mount --make-private $2 && mount --make-shared $2 && mount -t tmpfs none $2/tmp",
            Path.Combine(Path.GetDirectoryName(container.Bundle)!, "rootfs"), container.Root).ShouldEndWith(0);
        try
        {
            Line[] lines = [.. container.Run().ShouldEndWith(0).Out.TrimEnd().Split('\n').Select(Parse)];
            foreach (var (point, wanted) in (IEnumerable<(string, string)>)[("/", top), ("/tmp", below)])
            {
                string[] has = lines.Single(line => line.Point == point).Words;
                foreach (string word in wanted.Split(' '))
                    has.Contains(word.TrimStart('!')).Should().Be(word[0] != '!', "{0} is {1} on {2}", word, string.Join(' ', has), point);
            }
        }
        finally
        {
            Command.Run("umount", "-R", container.Root);
        }
    }
}
