using System.Text;
using Rt.Cgroups;
using Rt.Cli;
using Rt.Containers;
using Rt.Hooks;
using Rt.Spec;
using Rt.Systemd;
using Rt.Terminal;

namespace Rt.Tests.Fuzz;

/// <summary>The small languages of options, annotations and environment variables.</summary>
internal static class ArgumentTargets
{
    public static IEnumerable<FuzzTarget> All =>
    [
        new("--user", 2, Edits.Of("0", "1000:1000", "4294967294:0"), SetUser, typeof(RtException)),
        new("--cgroup", 3, Edits.Of("a/b", "memory:/a", "cpu,cpuacct:a\nmemory:b"), text =>
            ExecCgroup.Parse(Text(text).Split('\n')).Count > 0, typeof(RtException)),
        new("--detach-keys", 3, Edits.Of("ctrl-p,ctrl-q\nabc\u0010\u0011d", "a,a,a,b\naaaaaab", "ctrl-@\n"), Detach),
        new("sizes", 3, Edits.Of("1048576", "100M", "0.5 g", "1MiB", "1pb"), text => ByteSize.Parse(Text(text)) != null),
        new("durations", 3, Edits.Of("5s", "1m30s", "-1.5h", "100ms", "0"), text => GoDuration.Parse(Text(text)) != null),
        new("LISTEN_FDS", 1, Edits.Of("0", "3", "1024"), text => SocketActivation.Count(Text(text)) > 0, typeof(RtException)),
        new("systemd properties", 6, Edits.Of("uint64 5", "@as ['a', \"b\"]", "[['a'], ['b\\n']]", "-1.5", "true", "byte 0x10",
            "objectpath '/a'", "@t 7"), text =>
            PropertyAnnotations.Compile([new(Annotations.SystemdProperty + "TimeoutStopSec", Text(text)),
                new(Annotations.SystemdProperty + "Any", Text(text))]).Count > 0,
            typeof(SpecException)),
        new("D-Bus addresses", 3, Edits.Of("unix:path=/run/bus,guid=1;unix:abstract=%2ftmp%2fbus", "unix:runtime=yes", "tcp:host=a"),
            text =>
            SystemdSocket.Addresses("BUS", _ => Text(text), "/run/bus").Count > 0, typeof(RtException)),
        new("cgroupsPath", 3, Edits.Of("system.slice:rt:box", "/a/b/../c", "a", "-:a:b"), CgroupsPath, typeof(SpecException)),
        new("versions, sysctls, hooks", 3, Edits.Of("1.3.0-rc.1+build.5", "net.ipv4.conf.eth0/1.forwarding", "kernel/shmmax",
            "3 /bin/hook\nits last words"), Names),
    ];

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static bool SetUser(byte[] bytes)
    {
        User user = new();
        ExecOptions.SetUser(user, Text(bytes));
        (user.Uid != uint.MaxValue && user.Gid != uint.MaxValue).Should().BeTrue("it stands for no id");
        return true;
    }

    /// <summary>The keys, a line end, and what is typed.</summary>
    private static bool Detach(byte[] bytes)
    {
        int end = bytes.AsSpan().IndexOf((byte)'\n') is var at and >= 0 ? at : bytes.Length;
        if (DetachKeys.Parse(Text(bytes[..end])) is not { } keys) return false;
        List<byte> passed = [];
        bool detached = keys.Pass(bytes.AsSpan(end), passed);
        passed.Count.Should().BeLessThanOrEqualTo(bytes.Length - end, "nothing is passed on that was not typed");
        return detached || passed.Count > 0;
    }

    private static bool CgroupsPath(byte[] bytes)
    {
        string path = Text(bytes);
        CgroupCompiler.PathOf(path, "box", "/user.slice/a").Should().StartWith("/").And.NotContain("/../");
        ScopeCompiler.Names(path, "box", "system.slice");
        return true;
    }

    private static bool Names(byte[] bytes)
    {
        string text = Text(bytes);
        bool known = SemanticVersion.IsValid(text) | Sysctl.Problem(text, _ => true) == null;
        UnitName.IsValid(UnitName.Escape(text)[..Math.Min(UnitName.MaxLength, UnitName.Escape(text).Length)]).Should().BeTrue();
        return known;
    }
}
