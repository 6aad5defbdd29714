using System.Text.Json.Nodes;
using Rt.Kernel;
using Rt.Launch;
using Rt.Plan;
using Rt.Security;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Profiles and labels of AppArmor and SELinux.</summary>
[BeyondTheSpec("where labels go, which the specification leaves to the runtime")]
public sealed class LabelTests
{
    private const string Label = "system_u:object_r:container_file_t:s0:c1,c2";

    [Theory]
    [InlineData("docker-default")]
    [InlineData("unconfined")]
    [InlineData("a profile//child")]
    public void An_apparmor_profile_holds_from_execve_on(string profile)
    {
        List<PlanLine> lines = Plans.Lines(Configs.With("process.apparmorProfile", $"\"{profile}\""));

        PlanLine line = lines.Single(line => line.Origin == "process.apparmorProfile");
        Plans.Words(line).Should().Be($"write /proc/self/attr/apparmor/exec value=exec {profile}");
        line.Number.Should().BeLessThan(lines.Single(other => other.Step == "pivot_root").Number, "it goes through the host's /proc");
        line.Number.Should().BeGreaterThan(lines.Last(other => other.Step == "mask").Number);
    }

    [Fact]
    public void An_selinux_label_is_the_programs_and_its_keyrings()
    {
        List<PlanLine> lines = Plans.Lines(Configs.With("process.selinuxLabel", "\"system_u:system_r:container_t:s0:c1,c2\""));

        List<PlanLine> writes = lines.FindAll(line => line.Origin == "process.selinuxLabel");
        writes.Select(Plans.Words).Should().Equal(
            "write /proc/self/attr/keycreate value=system_u:system_r:container_t:s0:c1,c2",
            "write /proc/self/attr/exec value=system_u:system_r:container_t:s0:c1,c2");
        writes[0].Number.Should().Be(lines.Single(line => line.Step == "session-keyring").Number - 1);
        writes[1].Number.Should().Be(lines.Single(line => line.Step == "pivot_root").Number - 1);
    }

    [Theory]
    [InlineData("process.apparmorProfile")]
    [InlineData("process.selinuxLabel")]
    [InlineData("linux.mountLabel")]
    public void An_empty_one_asks_for_nothing(string path) =>
        PlanListing.Text(Plans.Lines(Configs.With(path, "\"\""))).Should().Be(PlanListing.Text(Plans.Lines(Configs.Good)));

    [Theory]
    [InlineData("process.apparmorProfile", "process.apparmorProfile: apparmor: config provided but apparmor not supported")]
    [InlineData("process.selinuxLabel",
        "process.selinuxLabel: selinux label is specified in config, but selinux is disabled or not supported")]
    [InlineData("linux.mountLabel",
        "linux.mountLabel: selinux label is specified in config, but selinux is disabled or not supported")]
    public void One_for_a_module_that_the_host_lacks_is_refused(string path, string words)
    {
        Config config = Configs.Read(Configs.With(path, "\"x\""));
        FluentActions.Invoking(() => SecurityModules.Check(config, () => false, () => false))
            .Should().Throw<SpecException>().WithMessage(words);
        SecurityModules.Check(config, () => true, () => true);
        SecurityModules.Check(Configs.Read(Configs.Good), () => false, () => false);
        SecurityModules.Check(Configs.Read(Configs.With(path, "\"\"")), () => false, () => false);
    }

    [Theory]
    [InlineData("process.apparmorProfile", Errno.ENOENT,
        "apparmor failed to apply profile \"x\": write /proc/self/attr/apparmor/exec: no such file or directory (is it loaded?)")]
    [InlineData("process.selinuxLabel", Errno.EINVAL,
        "write \"x\" to /proc/self/attr/keycreate: invalid argument (is the label one of the loaded policy?)")]
    public void One_that_the_kernel_refuses_is_told_with_the_likely_reason(string path, int errno, string words)
    {
        LaunchPlan plan = Plans.Compile(Configs.With(path, "\"x\""));
        StepPlace place = plan.Reader.Steps().First(step => step.Kind == StepKind.WriteAttribute);
        ((IStep)plan.Reader.Read<WriteAttribute>(place)).Word(plan.Reader, errno, "").Should().Be(words);
    }

    [Theory]
    [InlineData("/proc/thread-self/comm", null, 4)]
    [InlineData("/proc/thread-self/not-there", "/proc/thread-self/comm", 4)] // as on a kernel without attr/apparmor/
    [InlineData("/proc/thread-self/not-there", null, -Errno.ENOENT)]
    [InlineData("/proc/self/cwd", null, -Errno.ELOOP)] // a way out of the procfs
    public unsafe void The_text_is_written_to_a_procfs_alone(string file, string? oldFile, int expected)
    {
        PlanWriter writer = new();
        WriteAttribute step = new()
            { File = writer.Text(file), OldFile = oldFile == null ? default : writer.Text(oldFile), Value = writer.Text("text") };
        string comm = "";
        int result = 0;
        fixed (byte* block = writer.Finish())
        {
            nint address = (nint)block;
            Thread thread = new(() =>
            {
                Execution run = new((byte*)address);
                result = step.Run(ref run);
                comm = File.ReadAllText("/proc/thread-self/comm").TrimEnd();
            });
            thread.Start();
            thread.Join();
        }

        result.Should().Be(expected);
        (comm == "text").Should().Be(expected > 0);
    }

    [Theory]
    [InlineData("tmpfs", true)]
    [InlineData("devpts", true)]
    [InlineData("ext4", true)]
    [InlineData("proc", false)]
    [InlineData("sysfs", false)]
    [InlineData("cgroup2", false)]
    [InlineData("mqueue", false)]
    public void The_mount_label_is_an_option_of_new_file_systems(string type, bool labelled)
    {
        PlanLine mount = Mounts($$"""{"destination": "/x", "type": "{{type}}"}""").Single(line => line is { Step: "mount", Object: "/x" });
        mount.Details.GetValueOrDefault("options", "").Should().Be(labelled ? "context=" + Label : "");
    }

    [Fact]
    public void An_mqueue_has_its_root_labelled_instead()
    {
        List<PlanLine> lines = Mounts("""{"destination": "/dev/mqueue", "type": "mqueue"}""");
        PlanLine label = lines.Single(line => line.Step == "label");
        Plans.Words(label).Should().Be("label /dev/mqueue selinux=" + Label);
        label.Origin.Should().Be("linux.mountLabel");
        label.Number.Should().Be(lines.Single(line => line is { Step: "mount", Object: "/dev/mqueue" }).Number + 1);
    }

    [Fact]
    public void A_bind_mount_keeps_the_labels_of_its_source() =>
        Mounts("""{"destination": "/x", "source": "/y", "options": ["bind"]}""").Where(line => line.Object == "/x").Select(Plans.Words)
            .Should().Equal("bind /x source=/y");

    [Fact]
    public void The_cover_of_masked_directories_is_labelled_too() =>
        Mounts("""{"destination": "/x", "type": "tmpfs"}""").Single(line => line.Step == "mask").Details["context"].Should().Be(Label);

    [Theory]
    [InlineData("context")]
    [InlineData("fscontext")]
    [InlineData("defcontext")]
    [InlineData("rootcontext")]
    public void An_annotation_says_which_context_the_label_is(string type) =>
        Mounts("""{"destination": "/x", "type": "tmpfs"}""", type).Single(line => line.Object == "/x")
            .Details["options"].Should().Be($"{type}={Label}");

    [Fact]
    public void An_annotation_that_names_no_context_is_refused() =>
        FluentActions.Invoking(() => Mounts("""{"destination": "/x", "type": "tmpfs"}""", "size=1")).Should().Throw<SpecException>()
            .WithMessage("annotations.run.oci.mount_context_type: \"size=1\" is none of context, fscontext, defcontext, rootcontext");

    [Theory]
    [InlineData("\"context=\\\"a:b:c:d,e\\\"\"")]
    [InlineData("\"context=a:b:c:d,e\"")]
    public void A_mounts_own_label_wins_and_loses_its_quotes(string option) =>
        Mounts($$"""{"destination": "/x", "type": "tmpfs", "options": [{{option}}]}""").Single(line => line.Object == "/x")
            .Details["options"].Should().Be("context=a:b:c:d,e");

    private static List<PlanLine> Mounts(string mount, string? contextType = null)
    {
        JsonNode config = JsonNode.Parse(Configs.With("linux.mountLabel", $"\"{Label}\""))!;
        config["mounts"]!.AsArray().Add(JsonNode.Parse(mount));
        config["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "cgroup"}"""));
        if (contextType != null) config["annotations"] = new JsonObject { ["run.oci.mount_context_type"] = contextType };
        return Plans.Lines(config.ToJsonString());
    }
}
