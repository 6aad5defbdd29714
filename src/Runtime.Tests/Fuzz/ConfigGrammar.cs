using FsCheck;
using FsCheck.Fluent;
using Rt.Spec;

namespace Rt.Tests.Fuzz;

/// <summary>Configurations that nobody has written, most of them valid: every property may be there, with values of its kind.</summary>
internal static class ConfigGrammar
{
    private static readonly string[] Propagations = ["", "private", "rslave", "rshared", "unbindable"];

    private static Gen<Json> Flag { get; } = Words("true", "false");
    private static Gen<Json> Id { get; } = Words("0", "1", "1000", "65534", "4294967294");
    private static Gen<Json> Amount { get; } = Words("-1", "0", "1", "1000", "100000", "1073741824", "9223372036854775807");
    private static Gen<Json> Share { get; } = Words("0", "10", "100", "1000");
    private static Gen<Json> FilePath { get; } = Texts("/", "/a", "/proc", "/dev", "/dev/x", "/proc/sys", "/sys/fs/cgroup", "/a//b/../c",
        "/tmp/", "a/b");
    private static Gen<Json> Name { get; } = Texts("a", "b", "eth0", "memory.high", "net.a.b", "kernel.shm_rmid_forced",
        "org.systemd.property.TasksMax");
    private static Gen<Json> NumberList { get; } = Texts("", "0", "0-3", "1,3-5", "0-8191");

    private static Gen<Json> Capabilities { get; } = List(Texts(CapabilityNames.All[0], CapabilityNames.All[21], CapabilityNames.All[^1],
        "CAP_NONE"), 3);

    private static Gen<Json> Mappings { get; } = List(Object(
        ("!containerID", Words("0", "1", "1000")), ("!hostID", Words("0", "100000", "200000")), ("!size", Words("1", "1000", "65536"))), 2);

    private static Gen<Json> Mount { get; } = Object(
        ("!destination", FilePath), ("!type", Texts("tmpfs", "proc", "sysfs", "bind", "cgroup", "cgroup2", "mqueue", "devpts", "none")),
        ("!source", FilePath),
        ("options", List(Texts("ro", "rw", "rro", "bind", "rbind", "nosuid", "noexec", "rslave", "private", "remount", "mode=755",
            "size=1m", "idmap", "tmpcopyup", "noatime", "context=\"a,b\"", "nr_inodes=7"), 3)),
        ("uidMappings", Seldom(Mappings)), ("gidMappings", Seldom(Mappings)));

    private static Gen<Json> Process { get; } = Object(
        ("terminal", Flag), ("consoleSize", Object(("height", Id), ("width", Share))),
        ("!user", Object(("uid", Id), ("gid", Id), ("umask", Words("0", "18", "511")), ("additionalGids", List(Id, 2)))),
        ("!args", Gen.Elements("[\"sh\"]", "[\"/bin/a\",\"b c\",\"\"]", "[\"a\",\"\\n\"]").Select(Json.Scalar)),
        ("env", List(Texts("PATH=/bin:/a::/b", "HOME=", "HOME=/x", "A=1", "A=2", "B=", "TERM=xterm"), 4)), ("!cwd", Texts("/", "/a/b")),
        ("capabilities", Object(("bounding", Capabilities), ("effective", Capabilities), ("inheritable", Capabilities),
            ("permitted", Capabilities), ("ambient", Capabilities))),
        ("rlimits", List(Object(("!type", Texts("RLIMIT_CPU", "RLIMIT_NOFILE", "RLIMIT_AS")), ("soft", Words("0", "1")), ("!hard", Id)),
            1)),
        ("noNewPrivileges", Flag), ("oomScoreAdj", Words("-1000", "0", "1000")), ("apparmorProfile", Name),
        ("selinuxLabel", Texts("a:b:c:s0:c1,c2")),
        ("scheduler", Object(("!policy", Texts("SCHED_OTHER", "SCHED_BATCH", "SCHED_DEADLINE")), ("nice", Words("-20", "0", "19")),
            ("flags", List(Texts("SCHED_FLAG_RESET_ON_FORK"), 1)))),
        ("ioPriority", Object(("!class", Texts("IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE")), ("priority", Words("0", "7")))),
        ("execCPUAffinity", Object(("initial", NumberList), ("final", NumberList))));

    private static Gen<Json> DeviceRule { get; } = Object(
        ("allow", Flag), ("type", Texts("a", "c", "b")), ("major", Words("-1", "0", "1", "10")), ("minor", Words("-1", "0", "3")),
        ("access", Texts("r", "w", "m", "rw", "rwm")));

    private static Gen<Json> Rates { get; } = List(Object(("!major", Words("8", "259")), ("!minor", Words("0", "16")),
        ("!rate", Words("0", "1000"))), 2);

    public static Gen<Json> Resources { get; } = Object(
        ("devices", List(DeviceRule, 5)),
        ("memory", Object(("limit", Amount), ("reservation", Amount), ("swap", Amount), ("checkBeforeUpdate", Flag),
            ("useHierarchy", Flag))),
        ("cpu", Object(("shares", Words("0", "2", "1024", "262144")), ("quota", Amount), ("period", Words("1000", "100000")),
            ("burst", Words("0", "1000")), ("idle", Words("0", "1")), ("cpus", NumberList), ("mems", NumberList))),
        ("pids", Object(("limit", Amount))),
        ("unified", Map(Texts("memory.high", "io.max", "cpu.max", "misc.max"), Texts("1", "max", "8:0 rbps=1"))),
        ("blockIO", Object(("weight", Share), ("weightDevice", List(Object(("!major", Share), ("!minor", Share), ("!weight", Share)), 2)),
            ("throttleReadBpsDevice", Rates), ("throttleWriteIOPSDevice", Rates))),
        ("hugepageLimits", List(Object(("!pageSize", Texts("2MB", "1GB", "64KB")), ("!limit", Share)), 2)),
        ("rdma", Map(Texts("mlx5_1", "a"), Object(("hcaHandles", Id), ("!hcaObjects", Id)))));

    public static Gen<Json> Seccomp { get; } = Object(
        ("!defaultAction", Texts("SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL")),
        ("architectures", List(Texts("SCMP_ARCH_X86_64", "SCMP_ARCH_X86"), 2)),
        ("flags", List(Texts("SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"), 2)),
        ("syscalls", List(Object(("!names", NonEmpty(Texts("read", "mkdir", "clone3", "none"))),
            ("!action", Texts("SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG")),
            ("args", List(Object(("!index", Words("0", "5")), ("!value", Amount), ("valueTwo", Share),
                ("!op", Texts("SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_GT", "SCMP_CMP_NE"))), 3))), 3)));

    private static Gen<Json> Hooks { get; } = List(Object(("!path", Texts("/bin/a")), ("args", List(Name, 2)),
        ("timeout", Words("1", "2147483647"))), 2);

    private static Gen<Json> Linux { get; } = Object(
        ("!namespaces", Gen.SubListOf("pid", "network", "ipc", "uts", "cgroup", "time").Select(types => Json.Array(types.Append("mount")
            .Select(type => Json.Object([("\"type\"", Json.Scalar(Json.Quote(type)))]))))),
        ("devices", List(Object(("!type", Texts("c", "b", "u", "p")), ("!path", Texts("/dev/x", "/dev/null", "/a")),
            ("!major", Words("1", "4095")),
            ("!minor", Words("3", "1048575")), ("fileMode", Words("0", "438", "4294967295")), ("uid", Id), ("gid", Id)), 3)),
        ("cgroupsPath", Texts("", "a", "/a/b", "../x", "system.slice:a:b", "/")), ("resources", Resources),
        ("rootfsPropagation", Texts(Propagations)), ("seccomp", Seccomp),
            ("sysctl", Seldom(Map(Texts("net.a", "kernel.shmmax"), Texts("1")))),
        ("maskedPaths", List(FilePath, 3)), ("readonlyPaths", List(FilePath, 3)), ("mountLabel", Texts("", "a:b:c:s0")),
        ("personality", Object(("!domain", Texts("LINUX", "LINUX32")))),
            ("memoryPolicy", Object(("!mode", Texts("MPOL_BIND")), ("!nodes", Texts("0", "0-1")))),
        ("intelRdt", Object(("closID", Texts("a", "/")), ("l3CacheSchema", Texts("L3:0=f")), ("enableMonitoring", Flag))));

    public static Gen<Json> Documents { get; } = Object(
        ("!ociVersion", Texts("1.0.0", "1.3.0")), ("!process", Process),
            ("!root", Object(("!path", Texts("rootfs", "/r")), ("readonly", Flag))),
        ("mounts", List(Mount, 6)), ("hooks", Object([.. Spec.Hooks.Kinds.Select(kind => (kind, Hooks))])),
        ("annotations", Map(Name, Texts("", "1", "uint64 5", "a\nb"))), ("!linux", Linux));

    public static Gen<Json> Processes => Process;

    private static Gen<Json> Words(params string[] words) =>
        Gen.Frequency((60, Gen.Elements(words)), (1, Strange.Value)).Select(Json.Scalar);

    private static Gen<Json> Texts(params string[] texts) =>
        Gen.Frequency((60, Gen.Elements(Array.ConvertAll(texts, Json.Quote))), (1, Strange.Quoted)).Select(Json.Scalar);

    private static Gen<Json> Seldom(Gen<Json> value) => Gen.Frequency((4, Gen.Constant(Json.Array([]))), (1, value));

    private static Gen<Json> List(Gen<Json> element, int most) =>
        from count in Gen.Choose(0, most) from elements in element.ListOf(count) select Json.Array(elements);

    private static Gen<Json> NonEmpty(Gen<Json> element) => from one in element from two in element select Json.Array([one, two]);

    private static Gen<Json> Map(Gen<Json> key, Gen<Json> value) =>
        from count in Gen.Choose(0, 2)
        from keys in key.ListOf(count)
        from values in value.ListOf(count)
        select Json.Object(keys.Zip(values, (name, one) => (name.ToString(), one)));

    /// <summary>Members whose names begin with "!" are always there, others every third time.</summary>
    private static Gen<Json> Object(params (string Name, Gen<Json> Value)[] members) => Gen.CollectToArray(members, member =>
            from coin in Gen.Choose(0, 2)
            from value in coin == 0 || member.Name[0] == '!' ? member.Value : Gen.Constant<Json>(null!)
            select (Name: $"\"{member.Name.TrimStart('!')}\"", Value: value))
        .Select(all => Json.Object(all.Where(one => one.Value != null)));
}
