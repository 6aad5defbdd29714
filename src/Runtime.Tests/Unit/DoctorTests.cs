using Rt.Cgroups;
using Rt.Doctor;
using Rt.Kernel;
using Rt.Launch;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What rt doctor says of findings that are made up here.</summary>
[BeyondTheSpec("what a host has for containers")]
public sealed class DoctorTests
{
    private static readonly Caller Root = new(0, "root", InUserNamespace: false, ulong.MaxValue);
    private static readonly Caller User = new(1000, "box", InUserNamespace: false, 0);
    private static readonly CgroupHierarchy Unified = new("/sys/fs/cgroup", "/user.slice");
    private static readonly LegacyHierarchy LegacyMemory = new("memory", "/sys/fs/cgroup/memory", "/");
    private static readonly string[] Five = ["cpu", "cpuset", "io", "memory", "pids"];

    private const string Hint = " (user.max_user_namespaces is 0: no user namespaces are allowed)";

    private static void Should(Finding finding, Grade grade, string found, string remedy = "", bool fatal = false)
    {
        finding.Grade.Should().Be(grade);
        (finding.Found.Contains(found, StringComparison.Ordinal) && finding.Remedy.Contains(remedy, StringComparison.Ordinal)).Should()
            .BeTrue("{0} has \"{1}\" and \"{2}\"", finding, found, remedy);
        finding.IsFatal.Should().Be(fatal);
        (finding.Lost.Length > 0 && finding.Remedy.Length > 0).Should()
            .Be(grade != Grade.Ok, "what is not ok says what is lost and how to get it");
    }

    [Theory]
    [InlineData("namespaces", -Errno.EPERM, "", "new namespaces: operation not permitted", "CAP_SYS_ADMIN")]
    [InlineData("mounting", -Errno.EACCES, Hint, "permission denied (user.max_user_namespaces is 0", "sysctl")]
    [InlineData("namespaces", -Errno.ENOSPC, "", "no space left", "user.max_user_namespaces")]
    [InlineData("proc", -Errno.EPERM, "", "mounting proc", "systempaths=unconfined")]
    [InlineData("mqueue", -Errno.ENODEV, "", "mounting mqueue", "kernel with mqueue")]
    [InlineData("pivot_root", -Errno.EINVAL, "", "pivot_root", "initial ramdisk")]
    public void A_container_that_can_not_be_had_is_fatal(string what, int result, string hint, string found, string remedy) =>
        Should(new ContainerSubject(Root, [("namespaces", 0), (what, result)], hint).Judge(), Grade.Missing, found, remedy, fatal: true);

    [Fact]
    public void A_container_that_can_be_had_is_that_of_rt_spec()
    {
        Should(new ContainerSubject(Root, [("namespaces", 0), ("proc", 0)], "").Judge(), Grade.Ok, "rt spec takes");
        Should(new ContainerSubject(User, [("namespaces", 0)], "").Judge(), Grade.Ok, "rt spec --rootless takes");
    }

    [Fact]
    public void Cgroups_that_root_can_not_write_to_are_fatal()
    {
        CgroupSubject subject = new(Root, Unified, Five, null, true) { ReadOnly = "/sys/fs/cgroup" };
        Should(subject.Findings().Last(), Grade.Missing, "/sys/fs/cgroup is read-only", "privileged", fatal: true);
        (subject with { Caller = User }).Findings().Should().OnlyContain(finding => !finding.IsFatal, "a user's containers go without");
    }

    [Fact]
    public void Cgroups_are_v2_or_less_good()
    {
        Should(new CgroupSubject(Root, Unified, Five, null, true).Findings().Single(), Grade.Ok, "v2 (cpu, cpuset, io, memory, pids)");
        CgroupHierarchy hybrid = new("/sys/fs/cgroup/unified", "/") { Legacy = [LegacyMemory] };
        Should(new CgroupSubject(Root, hybrid, Five, null, true).Findings().Single(), Grade.Limited, "hybrid",
            "unified_cgroup_hierarchy=1");
        CgroupHierarchy legacy = new(null, "/") { Legacy = [LegacyMemory] };
        Should(new CgroupSubject(Root, legacy, Five, null, null).Findings().Single(), Grade.Limited, "v1", "unified_cgroup_hierarchy=1");
        CgroupHierarchy none = new(null, "/");
        Should(new CgroupSubject(User, none, [], null, null).Findings().Single(), Grade.Missing, "nothing is mounted", "mount -t cgroup2");
    }

    [Fact]
    public void A_controller_or_cgroup_kill_that_is_missing_has_a_line()
    {
        Finding[] findings = [.. new CgroupSubject(Root, Unified, ["cpu", "cpuset", "io", "pids"], null, false).Findings()];
        findings.Select(finding => finding.Subject).Should().Equal("cgroups", "memory controller", "cgroup.kill");
        Should(findings[1], Grade.Missing, "the host has none", "cgroup_disable=");
        Should(findings[2], Grade.Missing, "the kernel has none", "5.14");
        CgroupSubject part = new(Root, Unified, ["cpu", "cpuset", "io", "pids"], null, true) { IsPart = true };
        Should(part.Findings().Last(), Grade.Missing, "not handed down", "cgroup.subtree_control");
    }

    [Fact]
    public void What_is_delegated_to_an_ordinary_user_is_told()
    {
        Finding Delegation(string[]? delegated) => new CgroupSubject(User, Unified, Five, delegated, true).Findings().Last();
        Should(Delegation(null), Grade.Missing, "/user.slice is not box's", "Delegate=yes");
        Should(Delegation(["memory", "pids"]), Grade.Limited, "without cpu, cpuset, io", "Delegate=cpu");
        Should(Delegation(Five), Grade.Ok, "with cpu, cpuset, io, memory, pids");
        CgroupHierarchy hybrid = new("/sys/fs/cgroup/unified", "/") { Legacy = [LegacyMemory] };
        Should(new CgroupSubject(User, hybrid, Five, null, true).Findings().Last(), Grade.Missing, "not box's",
            "unified_cgroup_hierarchy=1");
    }

    [Fact]
    public void Namespaces_that_are_missing_have_a_line_each()
    {
        Dictionary<string, int> results = new() { ["pid"] = 0, ["time"] = -Errno.EINVAL, ["user"] = -Errno.ENOSPC };
        Finding[] findings = [.. new NamespaceSubject(User, results, Hint).Findings()];
        Should(findings[0], Grade.Ok, "pid");
        Should(findings[1], Grade.Missing, "invalid argument", "CONFIG_TIME_NS");
        Should(findings[2], Grade.Missing, Hint, "sysctl");
        findings.Should().HaveCount(3);
        Finding OfPid(Caller caller, int result)
        {
            results = new() { ["pid"] = result, ["user"] = -Errno.EPERM };
            return new NamespaceSubject(caller, results, Hint).Findings().First();
        }

        Should(OfPid(User, -Errno.ENOSYS), Grade.Missing, "not implemented", "seccomp profile that allows clone3");
        Should(OfPid(Root, -Errno.EPERM), Grade.Missing, "not permitted", "CAP_SYS_ADMIN");
    }

    [Fact]
    public void Root_is_told_what_keeps_ordinary_users_from_user_namespaces()
    {
        Finding[] findings = [.. new NamespaceSubject(Root, new Dictionary<string, int> { ["user"] = 0 }, Hint).Findings()];
        Should(findings[1], Grade.Limited, Hint, "sysctl");
        new NamespaceSubject(Root, new Dictionary<string, int> { ["user"] = 0 }, "").Findings().Should().HaveCount(1);
    }

    [Fact]
    public void Only_system_calls_that_every_start_needs_are_fatal()
    {
        string[] names = ["clone3", "openat2", "fsopen", "open_tree", "close_range", "pidfd_open", "mount_setattr", "faccessat2",
            "exit codes by pidfd"];
        Dictionary<string, int> results = names.ToDictionary(name => name, _ => -Errno.EPERM);
        Finding[] findings = [.. new KernelSubject(results).Findings()];
        findings[0].Found.Should().Be("fsopen, open_tree, mount_setattr", "these take privilege; others are refused by a filter");
        findings.Skip(1).Select(finding => finding.Subject).Should().Equal(names.Except(["fsopen", "open_tree", "mount_setattr"]));
        foreach (string name in names) results[name] = -Errno.EINVAL;
        new KernelSubject(results).Findings().Single().Found.Should().Be(string.Join(", ", names), "arguments that are wrong are read");
        results["openat2"] = results["mount_setattr"] = -Errno.ENOSYS;
        findings = [.. new KernelSubject(results).Findings()];
        Should(findings[1], Grade.Missing, "", "Linux 5.6", fatal: true);
        Should(findings[2], Grade.Missing, "", "Linux 5.12");
    }

    [Fact]
    public void Seccomp_that_lacks_something_says_what()
    {
        Should(new SeccompSubject(false, [], []).Findings().Single(), Grade.Missing, "no filters", "CONFIG_SECCOMP_FILTER");
        Finding[] findings = [.. new SeccompSubject(true, ["SCMP_ACT_NOTIFY"], ["SECCOMP_FILTER_FLAG_LOG"]).Findings()];
        Should(findings[0], Grade.Limited, "without SCMP_ACT_NOTIFY", "newer kernel");
        findings[0].Lost.Should().Contain("agents");
        Should(findings[1], Grade.Limited, "SECCOMP_FILTER_FLAG_LOG", "5.19");
    }

    [Fact]
    public void One_security_module_that_enforces_is_enough()
    {
        Should(new SecurityModuleSubject(false, false, null, "").Judge(), Grade.Missing, "neither", "mount securityfs");
        Should(new SecurityModuleSubject(false, false, null, "capability,selinux").Judge(), Grade.Missing, "(active: capability, selinux)",
            "load a policy");
        Should(new SecurityModuleSubject(false, false, null, "capability").Judge(), Grade.Missing, "neither", "lsm=");
        Should(new SecurityModuleSubject(true, false, null, "capability,apparmor").Judge(), Grade.Ok,
            "AppArmor (active: capability, apparmor)");
        Should(new SecurityModuleSubject(false, true, true, "").Judge(), Grade.Ok, "SELinux, enforcing");
        Should(new SecurityModuleSubject(true, true, false, "").Judge(), Grade.Limited, "permissive, and AppArmor", "setenforce 1");
    }

    [Fact]
    public void Idmapped_mounts_are_told_by_file_system()
    {
        Should(new IdMappedMountSubject(User, []).Findings().Single(), Grade.Missing, "host's root alone", "as root");
        Should(new IdMappedMountSubject(Root, [("ext4", "/", 0)]).Findings().Single(), Grade.Ok, "on ext4 (/)");
        Should(new IdMappedMountSubject(Root, [("ext4", "/", 0), ("nfs4", "/home", -Errno.EINVAL)]).Findings().Single(), Grade.Limited,
            "on ext4 (/); not on nfs4 (/home)", "newer kernel");
        Should(new IdMappedMountSubject(Root, [("ext4", "/", -Errno.EPERM)]).Findings().Single(), Grade.Missing, "not on ext4 (/)",
            "another file system"); // as of one that is idmapped already
        Should(new IdMappedMountSubject(Root with { Capabilities = 0 }, [("ext4", "/", -Errno.EPERM)]).Findings().Single(),
            Grade.Missing, "not on ext4 (/)", "CAP_SYS_ADMIN");
        Should(new IdMappedMountSubject(Root, [], "create a user namespace: no").Findings().Single(), Grade.Missing, "create a user",
            "other lines");
    }

    [Fact]
    public void Types_of_file_systems_are_found_by_their_mounts_numbers() =>
        IdMappedMountSubject.ParseTypes("""
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
            31 22 0:27 / /run rw,nosuid master:2 shared:5 - tmpfs tmpfs rw,size=1k
            nonsense
            """).Should().BeEquivalentTo(new Dictionary<ulong, string> { [22] = "ext4", [31] = "tmpfs" });

    [Fact]
    public void Ranges_of_ids_take_programs_with_privilege_and_an_entry()
    {
        static Finding Judge(Caller caller, (string, bool)? helper, long uids, long gids)
        {
            Dictionary<string, (string, bool)?> helpers = new() { ["newuidmap"] = ("/usr/bin/newuidmap", true), ["newgidmap"] = helper };
            return new IdRangeSubject(caller, helpers, uids, gids).Judge();
        }

        Should(Judge(Root, null, 0, 0), Grade.Ok, "root maps ids itself");
        Should(Judge(User, null, 65536, 65536), Grade.Missing, "newgidmap is not installed", "uidmap");
        Should(Judge(User, ("/bin/newgidmap", false), 65536, 65536), Grade.Missing, "/bin/newgidmap is neither", "chmod u+s");
        Should(Judge(User, ("/bin/newgidmap", true), 65536, 0), Grade.Missing, "/etc/subgid sets no ids aside for box", "--add-subgids");
        Should(Judge(User, ("/bin/newgidmap", true), 1000, 65536), Grade.Limited, "1000 uids", "--add-subuids");
        Should(Judge(User, ("/bin/newgidmap", true), 65536, 65536), Grade.Ok, "65536 uids");
        Caller nested = Root with { InUserNamespace = true };
        Should(Judge(nested, null, 1, 1), Grade.Limited, "of this user namespace: 1 uids", "more ids");
        Should(Judge(nested, null, 65536, 70000), Grade.Ok, "65536 uids, 70000 gids");
    }

    [Fact]
    public void The_remedy_for_ids_names_such_as_are_free()
    {
        Dictionary<string, (string, bool)?> helpers = new() { ["newuidmap"] = ("/u", true), ["newgidmap"] = ("/g", true) };
        long free = IdRangeSubject.FirstFree("box:100000:65536\nx:9:z\ny:300000:10\nz:1:1");
        IdRangeSubject subject = new(User, helpers, 0, 0) { Free = free };
        Should(subject.Judge(), Grade.Missing, "no ids", "usermod --add-subuids 300010-365545 --add-subgids 300010-365545 box");
        Should((subject with { Caller = User with { Name = "#1000" } }).Judge(), Grade.Missing, "no ids", "line 1000:300010:65536");
        IdRangeSubject.FirstFree("").Should().Be(100_000);
        Should((subject with { Source = "sss" }).Judge(), Grade.Limited, "subid in /etc/nsswitch.conf is sss", "getsubids box");
    }

    [Theory]
    [InlineData("passwd: files sss\nsubid: sss # x\n", "sss")]
    [InlineData("subid:\tfiles\n", null)]
    [InlineData("# subid: sss\npasswd: files\n", null)]
    [InlineData("", null)]
    public void Ids_may_come_from_elsewhere(string nsswitch, string? source) => IdRangeSubject.OtherSource(nsswitch).Should().Be(source);

    [Theory]
    [InlineData("box:100000:65536\n", 65536)]
    [InlineData("1000:100000:10\nother:1:5\nbox:200000:20\n", 30)]
    [InlineData("boxer:1:5\nbox:1\nbox:1:many\n", 0)]
    public void Entries_of_the_caller_are_added_up(string text, long count) => IdRangeSubject.Count(text, User).Should().Be(count);

    [Fact]
    public void Systemd_is_of_use_with_cgroup_v2_alone()
    {
        Should(new SystemdSubject(false, "257.9-1", "", true).Judge(), Grade.Ok, "the host's, version 257.9-1");
        Should(new SystemdSubject(false, "257.9-1", "", false).Judge(), Grade.Limited, "cgroup v1", "unified_cgroup_hierarchy=1");
        Should(new SystemdSubject(true, null, "no such file or directory", true).Judge(), Grade.Missing,
            "the user's own can't be reached: no such", "enable-linger");
    }

    [Fact]
    public void The_state_belongs_in_memory_and_must_be_writable()
    {
        Should(new StateRootSubject(Root, "/run/rt", "/run", true, 0x01021994).Judge(), Grade.Ok, "/run/rt, in memory");
        Should(new StateRootSubject(Root, "/var/rt", "/var", true, 0xef53).Judge(), Grade.Limited, "not in memory", "tmpfs");
        Should(new StateRootSubject(User, "/run/rt", "/run", false, 0).Judge(), Grade.Missing, "/run is not box's", "XDG_RUNTIME_DIR",
            fatal: true);
    }

    [Fact]
    public void What_protecting_the_binary_costs_is_told()
    {
        Should(new BinarySubject("/usr/bin/rt", GuardWay.NoneNeeded).Judge(), Grade.Ok, "no protection");
        Should(new BinarySubject("/usr/bin/rt", GuardWay.View).Judge(), Grade.Ok, "0.5 ms");
        Should(new BinarySubject("/usr/bin/rt", GuardWay.Copy).Judge(), Grade.Limited, "second time", "fs-verity");
        Should(new BinarySubject("/usr/bin/rt", null, "memfd_create: no").Judge(), Grade.Missing, "memfd_create: no", "memfd_noexec",
            fatal: true);
    }

    [Fact]
    public void A_subject_that_can_not_be_looked_at_is_a_finding() =>
        Should(Examination.Guarded("seccomp", () => throw new KernelException("read /proc/self/x", Errno.EACCES)).Single(), Grade.Missing,
            "can't be looked at: read /proc/self/x: permission denied", "/proc");

    [Fact]
    public void The_table_is_aligned_and_what_is_not_ok_is_spoken_of_below()
    {
        Examination examination = new(User, "6.1.0", [new Finding("cgroups", Grade.Ok, "v2"),
            new Finding("id ranges", Grade.Missing, "none\n", "much", "do this") { IsFatal = true }]);
        ExaminationText.Of(examination).Should().Be($"""
            rt {BuildInfo.Version} on Linux 6.1.0, as box: no containers can be started.

            cgroups    ok       v2
            id ranges  missing  none\n

            id ranges
              lost:   much
              to get: do this

            """);
        ExaminationText.Of(examination with { Findings = [examination.Findings[0]] }).Should().Contain(": containers can be started.");
    }
}
