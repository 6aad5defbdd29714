using System.Text.Json.Nodes;
using Rt.Kernel;
using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>The device filter of a container that is there. What it decides is seen by reading the kernel's log, 1:11.</summary>
[BeyondTheSpec("rt update, a command that the specification does not have")]
public sealed unsafe class DeviceUpdateTests
{
    private const string ReadLog = """{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "r"}""";

    /// <summary>Leaves a longer file each time that it may or may not open the device.</summary>
    private static Container Reader(params string[] rules) => Hooked.Script(
        "mknod /dev/shm/kmsg c 1 11; while :; do if (: </dev/shm/kmsg) 2>/dev/null; then echo >>may; else echo >>may-not; fi; done",
        config =>
        {
            config["mounts"]!.AsArray().First(one => one!["destination"]!.GetValue<string>() == "/dev/shm")!["options"] = new JsonArray();
            foreach (string set in (string[])["bounding", "effective", "permitted"])
                foreach (string name in (string[])["CAP_MKNOD", "CAP_SYSLOG"])
                    config["process"]!["capabilities"]![set]!.AsArray().Add(name);
            config["linux"]!["resources"]!["devices"] = JsonNode.Parse($"[{string.Join(',', rules)}]");
        });

    private static void Update(Container container, string json)
    {
        string file = Path.Combine(container.Bundle, "resources.json");
        File.WriteAllText(file, json);
        container.Rt("update", "-r", file, container.Id).ShouldEndWith(0);
    }

    private static void ShouldSoon(Container container, string file)
    {
        // What was under way when the filter changed does not count, so that there have to be two.
        string path = Path.Combine(container.Bundle, file);
        long before = Length(path);
        SpinWait.SpinUntil(() => Length(path) >= before + 2, Command.Patience).Should().BeTrue("it {0} open the device", file);
    }

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static uint[] Programs(Container container)
    {
        int cgroup = FileContent.Open(container.Cgroup, Files.O_RDONLY | Files.O_DIRECTORY);
        uint* ids = stackalloc uint[64];
        int count = Bpf.QueryCgroup(cgroup, ids, 64);
        Files.close(cgroup);
        count.Should().BeGreaterThanOrEqualTo(0);
        return new Span<uint>(ids, count).ToArray();
    }

    [Fact]
    public void The_filter_is_replaced_and_stays_one()
    {
        using Container container = Reader();
        container.Run("--detach").ShouldEndWith(0);
        ShouldSoon(container, "may-not");
        for (int round = 0; round < 3; round++)
        {
            Update(container, $$"""{"devices": [{{ReadLog}}]}""");
            ShouldSoon(container, "may");
            Update(container, """{"devices": [{"allow": false}]}""");
            ShouldSoon(container, "may-not");
            Programs(container).Should().HaveCount(1);
        }
    }

    [Theory]
    [InlineData("""{"unified": {"cgroup.max.depth": "3"}}""")]
    [InlineData("""{"devices": []}""")]
    [InlineData("""{"devices": null}""")]
    public void Without_rules_it_stays_as_it_is(string json)
    {
        using Container container = Reader(ReadLog);
        container.Run("--detach").ShouldEndWith(0);
        uint[] before = Programs(container);
        Update(container, json);
        Programs(container).Should().Equal(before);
    }

    /// <summary>All of the filters forbid it, so that any success shows a moment without.</summary>
    [Fact]
    public void There_is_no_moment_without_a_filter()
    {
        using Container container = Reader();
        container.Run("--detach").ShouldEndWith(0);
        for (int round = 0; round < 50; round++)
            Update(container, $$"""{"devices": [{"allow": true, "type": "c", "major": 1, "minor": {{100 + round}}}]}""");
        ShouldSoon(container, "may-not");
        Length(Path.Combine(container.Bundle, "may")).Should().Be(0);
    }

    [Fact]
    public void Programs_of_others_stay_and_still_have_their_say()
    {
        using Container container = Reader(ReadLog);
        container.Run("--detach").ShouldEndWith(0);
        ShouldSoon(container, "may");
        uint foreign = AttachDenial(container.Cgroup);
        ShouldSoon(container, "may-not");
        uint own = Programs(container).Single(id => id != foreign);
        Update(container, """{"devices": [{"allow": true}]}""");
        Programs(container).Should().HaveCount(2).And.Contain(foreign).And.NotContain(own);
        ShouldSoon(container, "may-not");
    }

    [Fact]
    public void A_container_without_a_filter_of_ours_gets_one()
    {
        using Container container = Reader(ReadLog);
        container.Run("--detach").ShouldEndWith(0);
        int cgroup = FileContent.Open(container.Cgroup, Files.O_RDONLY | Files.O_DIRECTORY);
        int program = Bpf.OpenById(Programs(container).Single());
        Bpf.DetachFromCgroup(cgroup, program).Should().Be(0);
        Files.close(program);
        Files.close(cgroup);
        Programs(container).Should().BeEmpty();
        Update(container, """{"devices": [{"allow": false}]}""");
        Programs(container).Should().HaveCount(1);
        ShouldSoon(container, "may-not");
    }

    /// <summary>When a later part of an update fails, the filter is put back: the very program that was there.</summary>
    [Fact]
    public void It_is_put_back_when_something_else_can_not_be_changed()
    {
        using Container container = Reader(ReadLog);
        container.Run("--detach").ShouldEndWith(0);
        uint[] before = Programs(container);
        string file = Path.Combine(container.Bundle, "resources.json");
        File.WriteAllText(file, """{"devices": [{"allow": false}]}""");
        Command.Run("unshare", "--mount", "sh", "-c", "umount -a -t resctrl; exec \"$0\" \"$@\"", Repository.Binary,
                "--root", container.StateRoot, "update", "--mem-bw-schema", "MB:0=50", "-r", file, container.Id)
            .ShouldFailWith("there is no resctrl file system mounted");
        Programs(container).Should().Equal(before);
        ShouldSoon(container, "may");
    }

    /// <summary>Puts a program that forbids everything, without a name, on a cgroup; returns its id.</summary>
    private static uint AttachDenial(string cgroup)
    {
        ulong* instructions = stackalloc ulong[2] { 0xb7, 0x95 }; // r0 = 0; exit
        fixed (byte* license = "GPL\0"u8)
        {
            byte* attr = stackalloc byte[120];
            new Span<byte>(attr, 120).Clear();
            (*(int*)attr, *(int*)(attr + 4)) = (15, 2); // BPF_PROG_TYPE_CGROUP_DEVICE, two instructions
            (*(ulong*)(attr + 8), *(ulong*)(attr + 16)) = ((ulong)instructions, (ulong)license);
            int program = (int)KernelException.Check(Syscall.Invoke(SyscallNumber.bpf, 5, (nint)attr, 120), "load");
            int directory = FileContent.Open(cgroup, Files.O_RDONLY | Files.O_DIRECTORY);
            Bpf.IsNamedAsOurs(program).Should().BeFalse();
            Bpf.AttachToCgroup(directory, program).Should().Be(0);
            uint* ids = stackalloc uint[64];
            int count = Bpf.QueryCgroup(directory, ids, 64);
            Files.close(directory);
            for (int i = 0; i < count; i++)
            {
                int one = Bpf.OpenById(ids[i]);
                bool ours = Bpf.IsNamedAsOurs(one);
                Files.close(one);
                if (!ours) return ids[i];
            }
        }

        throw new InvalidOperationException("the program is not on the cgroup");
    }
}
