using System.Text;
using System.Text.Json;
using Rt.Cgroups;
using Rt.Containers;
using Rt.Kernel;
using Rt.Namespaces;
using Rt.Resctrl;
using Rt.Shim;
using Rt.Spec;
using Rt.Tests.Unit;

namespace Rt.Tests.Fuzz;

/// <summary>What rt reads from procfs, cgroups and resctrl, from files of its own, and from a container's /etc/passwd.</summary>
internal static class KernelTextTargets
{
    private const string Stat = "4242 (a (b) c) S 1 4242 4242 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 123456 1000000 200 "
        + "18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n";

    private const string Mountinfo = """
        22 28 0:21 / /proc rw,nosuid shared:5 - proc proc rw
        40 28 0:35 / /sys/fs/resctrl rw,relatime - resctrl resctrl rw
        41 28 0:36 / /mnt/with\040blank rw shared:3 master:1 - resctrl resctrl rw

        """;

    private const string Counters = """
        usage_usec 2500
        user_usec 1500
        nr_periods 10
        some avg10=1.00 avg60=0.00 avg300=0.00 total=10
        full avg10=0.00 avg60=0.00 avg300=0.00 total=0
        8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6
        8:0 Read 4096
        0 100 200

        """;

    private const string Passwd = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/usr/sbin:/bin/false\n"
        + "user:x:1000:1000:A User,,,:/home/user:/bin/bash\n";

    public static IEnumerable<FuzzTarget> All =>
    [
        new("/proc/PID/stat", 4, Edits.Of(Stat), ReadStat),
        new("uid_map", 3, Edits.Of("         0     100000      65536\n     65536     300000          1\n", "0 0 4294967295\n"), text =>
            UserNamespace.ParseMap(Text(text)).Count > 0),
        new("mountinfo", 3, Edits.Of(Mountinfo), text => ResctrlFileSystem.MountPoints(Text(text)).Any()),
        new("/proc/PID/cgroup", 3, Edits.Of("12:memory:/a\n3:cpu,cpuacct:/\n1:name=systemd:/b\n0::/user.slice/c\n", "0::/\n"), ReadCgroup),
        new("cgroup statistics", 6, Edits.Of(Counters, "7\n", "max\n", "0-3,7\n", "-1\n", ""), ReadStatistics, typeof(RtException)),
        new("lists of CPUs", 3, Edits.Of("0", "0-3,7", "1,3-5,8191", "0-8191"), text =>
            StatsText.List(Text(text)).Count >= 0 && NumberList.Parse(Text(text)) != null),
        new("resctrl", 2, Edits.Of("L3:0=7f0;1=1f", "    MB:0=20;1=70\n    L3:0=7f0;1=1f\n", "res:a\nmon:b\n"), text =>
            Schemata.Agree(Text(text), Text(text)) | ResctrlStats.Groups(Text(text)) != null),
        new("/etc/passwd", 1, Edits.Of(Passwd), FindsHome),
        new("exit record", 3, Edits.Of("7 1795312527 84475041\n         ", new string(' ', ExitRecord.Size), "137 4294967295 4294967295\n"),
            text =>
            ExitRecord.Parse(Text(text)) != null),
        new("output of ps", 2, Edits.Of("UID  PID PPID CMD\nroot   1    0 init\nroot 42    1 sh -c a\n"), text =>
            ProcessTable.Filter(Text(text), [1, 42]).Length > 0, typeof(RtException)),
    ];

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static unsafe bool ReadStat(byte[] bytes)
    {
        bool parsed = InitProcess.ParseStat(Text(bytes)) != null;
        int file = FileContent.CreateInMemory("stat");
        try
        {
            FileContent.Write(file, bytes, "stat");
            fixed (byte* path = FileContent.Terminated($"/proc/self/fd/{file}"))
                if (ProcStat.TryRead(path, out ProcStat stat))
                    _ = stat.State + stat[4] + stat[22] + stat[52] + stat[1000];
        }
        finally
        {
            Files.close(file);
        }

        return parsed;
    }

    private static bool ReadCgroup(byte[] bytes)
    {
        string text = Text(bytes);
        foreach ((string controllers, _) in LegacyHierarchy.Parse(text))
            LegacyHierarchy.Places(controllers).Should().NotBeEmpty();
        return CgroupHierarchy.OwnCgroup(text) != "/";
    }

    /// <summary>All files have the same text: most of it is passed over by each, and all of it is read by some.</summary>
    private static bool ReadStatistics(byte[] bytes)
    {
        string text = Text(bytes);
        StatsFiles files = new(_ => text);
        string number = StatsText.Number(text) == null ? "0" : text;
        StatsFiles mixed = new(name => name.EndsWith("stat", StringComparison.Ordinal) || name.EndsWith("pressure",
            StringComparison.Ordinal) ? text : number);
        Print(UnifiedStats.Read(mixed, ["2MB"]));
        Print(new CgroupStats { Blkio = LegacyStats.Blkio(files), Cpuset = LegacyStats.Cpuset(files),
            Cpu = LegacyStats.Cpu(mixed, mixed) });
        Print(UnifiedStats.Read(files, ["2MB"]));
        return true;
    }

    private static void Print(CgroupStats stats)
    {
        using MemoryStream stream = new();
        using Utf8JsonWriter json = new(stream);
        json.WriteStartObject();
        StatsJson.Write(json, stats);
        json.WriteEndObject();
    }

    private static bool FindsHome(byte[] passwd)
    {
        string home = HomeFinder.Of(passwd, 1000);
        home.Should().NotBeEmpty();
        return home != "/";
    }
}
