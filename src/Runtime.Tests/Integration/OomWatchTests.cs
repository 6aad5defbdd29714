using Rt.Cgroups;
using Rt.Kernel;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

[BeyondTheSpec("the events by which the kernel tells of processes killed for want of memory")]
public sealed unsafe class OomWatchTests
{
    /// <summary>Asks for more than any of these cgroups has.</summary>
    private const string Hog = "exec dd if=/dev/zero of=/dev/null bs=256M count=1";

    [ControllerFact("memory")]
    public void Each_kill_in_a_unified_cgroup_is_told_once()
    {
        using Cgroup cgroup = new("/sys/fs/cgroup");
        File.WriteAllText(cgroup.Path + "/memory.max", "16777216");
        if (File.Exists(cgroup.Path + "/memory.swap.max")) File.WriteAllText(cgroup.Path + "/memory.swap.max", "0");
        cgroup.Run(Hog);
        using UnifiedOomWatch watch = UnifiedOomWatch.TryOpen(cgroup.Path)!;
        Wait(watch, 0).Should().BeFalse("what was before does not count");
        cgroup.Run(Hog);
        cgroup.Run(Hog);
        ShouldTell(watch, 2);
        cgroup.Dispose();
        ShouldEnd(watch);
    }

    [Fact]
    public void A_unified_cgroup_without_the_memory_controller_has_none()
    {
        using Cgroup cgroup = new("/sys/fs/cgroup", enable: false);
        UnifiedOomWatch.TryOpen(cgroup.Path).Should().BeNull();
    }

    [LegacyTheory("memory")]
    [InlineData("16777216")]
    public void Each_time_that_memory_runs_out_in_a_cgroup_of_v1_is_told_once(string limit)
    {
        using LegacyMount mount = new();
        using Cgroup cgroup = new(mount.Path, enable: false);
        File.WriteAllText(cgroup.Path + "/memory.limit_in_bytes", limit);
        if (File.Exists(cgroup.Path + "/memory.memsw.limit_in_bytes"))
            File.WriteAllText(cgroup.Path + "/memory.memsw.limit_in_bytes", limit);
        using LegacyOomWatch watch = LegacyOomWatch.Open(cgroup.Path);
        watch.Take().Should().Be(0);
        Wait(watch, 0).Should().BeFalse();
        cgroup.Run(Hog);
        cgroup.Run(Hog);
        ShouldTell(watch, 2);
        cgroup.Dispose();
        ShouldEnd(watch);
    }

    [Fact]
    public void Without_a_memory_controller_of_v1_the_file_is_named() =>
        FluentActions.Invoking(() => LegacyOomWatch.Open("/nowhere")).Should().Throw<KernelException>()
            .WithMessage("open /nowhere/memory.oom_control: no such file or directory");

    [LegacyTheory("memory")]
    [InlineData(64 << 20)]
    public void The_memory_of_a_cgroup_of_v1_is_counted(int limit)
    {
        using LegacyMount mount = new();
        using Cgroup cgroup = new(mount.Path, enable: false);
        File.WriteAllText(cgroup.Path + "/memory.limit_in_bytes", $"{limit}");
        cgroup.Run("exec dd if=/dev/zero of=/dev/null bs=8M count=1");
        MemoryStats memory = LegacyStats.Read(new Dictionary<string, string> { ["memory"] = cgroup.Path }, []).Memory;
        memory.Usage.Limit.Should().Be((ulong)limit);
        memory.Usage.Max.Should().BeInRange(8 << 20, (ulong)limit);
        memory.Raw.Should().ContainKey("hierarchical_memory_limit").WhoseValue.Should().Be((ulong)limit);
    }

    private static void ShouldTell(OomWatch watch, ulong count)
    {
        ulong told = 0;
        while (told < count && Wait(watch, 5000)) told += watch.Take();
        told.Should().Be(count);
        Wait(watch, 100).Should().BeFalse("it has been told of");
        watch.Take().Should().Be(0);
    }

    /// <summary>The end of the cgroup wakes up once and is no kill.</summary>
    private static void ShouldEnd(OomWatch watch)
    {
        Wait(watch, Command.Patience).Should().BeTrue();
        watch.Take().Should().Be(0);
        watch.Descriptor.Should().Be(-1);
        Wait(watch, 0).Should().BeFalse();
        watch.Take().Should().Be(0);
    }

    private static bool Wait(OomWatch watch, int milliseconds)
    {
        Processes.pollfd poll = new() { fd = watch.Descriptor, events = watch.Event };
        return Processes.poll(&poll, 1, milliseconds) == 1;
    }

    /// <summary>A cgroup of its own that shell scripts are run in.</summary>
    private sealed class Cgroup : IDisposable
    {
        private bool removed;

        public Cgroup(string mount, bool enable = true)
        {
            Path = $"{mount}/rt-test-oom-{Environment.ProcessId}-{Guid.NewGuid():N}";
            if (enable) File.WriteAllText(mount + "/cgroup.subtree_control", "+memory");
            Directory.CreateDirectory(Path);
        }

        public string Path { get; }

        public void Run(string script) => Command.Shell("echo $$ >\"$1/cgroup.procs\"; " + script, Path);

        public void Dispose()
        {
            if (removed) return;
            removed = true;
            Directory.Delete(Path);
        }
    }

    /// <summary>The memory controller of v1, which is not in the tests' view of the host.</summary>
    private sealed class LegacyMount : IDisposable
    {
        public LegacyMount() => Command.Run("mount", "-t", "cgroup", "-o", "memory", "none", Path).ShouldEndWith(0);

        public string Path { get; } = Directory.CreateTempSubdirectory("rt-test-").FullName;

        public void Dispose()
        {
            Command.Run("umount", Path).ShouldEndWith(0);
            Directory.Delete(Path);
        }
    }
}
