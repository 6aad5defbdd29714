using Rt.Launch;
using Rt.Cgroups;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

public sealed class CapabilityTests
{
    [Theory]
    [InlineData("CAP_CHOWN", 0)]
    [InlineData("CAP_KILL", 5)]
    [InlineData("CAP_SYS_ADMIN", 21)]
    [InlineData("CAP_MKNOD", 27)]
    [InlineData("CAP_SETFCAP", 31)]
    [InlineData("CAP_MAC_OVERRIDE", 32)]
    [InlineData("CAP_AUDIT_READ", 37)]
    [InlineData("CAP_BPF", 39)]
    [InlineData("CAP_CHECKPOINT_RESTORE", 40)]
    public void A_capability_is_a_bit_by_the_kernels_number(string name, int number)
    {
        CapabilityNames.Mask([name], 40).Should().Be(1UL << number);
        CapabilityNames.Names(1UL << number).Should().Equal(name);
    }

    [Fact]
    public void All_capabilities_make_a_mask_without_gaps()
    {
        CapabilityNames.Mask(CapabilityNames.All, 63).Should().Be((1UL << 41) - 1);
        CapabilityNames.Names(ulong.MaxValue).Should().Equal(CapabilityNames.All);
    }

    [Fact]
    public void A_name_given_twice_counts_once() => CapabilityNames.Mask(["CAP_KILL", "CAP_KILL"], 40).Should().Be(1UL << 5);

    [Theory]
    [InlineData("CAP_FLY")]
    [InlineData("KILL")]
    [InlineData("cap_kill")]
    [InlineData("")]
    [InlineData("CAP_BPF")] // unknown to the kernel in question
    public void An_unknown_capability_is_left_out_and_told(string name)
    {
        List<string> told = [];
        CapabilityNames.Mask(["CAP_CHOWN", name], 38, told.Add).Should().Be(1);
        told.Should().Equal(name);
    }

    [Fact]
    [Proves("config-linuxprocess-01", "config-linuxprocess-02")]
    public void An_ambient_capability_that_is_not_permitted_and_inheritable_is_left_out_with_a_warning()
    {
        Capabilities capabilities = new()
        {
            Bounding = ["CAP_KILL", "CAP_MKNOD"],
            Permitted = ["CAP_KILL", "CAP_CHOWN", "CAP_FLY"],
            Inheritable = ["CAP_KILL", "CAP_MKNOD"],
            Ambient = ["CAP_KILL", "CAP_CHOWN", "CAP_MKNOD"],
        };

        (PlanLine line, List<string> warnings) = Compile(capabilities);

        line.Details["ambient"].Should().Be("CAP_KILL");
        line.Details["permitted"].Should().Be("CAP_CHOWN CAP_KILL");
        warnings.Should().BeEquivalentTo(
            "process.capabilities.permitted: CAP_FLY is unknown here, left out",
            "process.capabilities.ambient: CAP_CHOWN is not permitted and inheritable, left out",
            "process.capabilities.ambient: CAP_MKNOD is not permitted and inheritable, left out");
    }

    [Fact]
    [Proves("config-linuxprocess-01", "config-linuxprocess-02")]
    public void A_capability_that_rt_does_not_have_is_left_out_with_a_warning()
    {
        List<string> both = ["CAP_KILL", "CAP_SYS_BOOT"];
        Capabilities capabilities = new() { Bounding = both, Permitted = both, Effective = both, Inheritable = both, Ambient = both };

        (PlanLine line, List<string> warnings) = Compile(capabilities, CapabilityNames.Mask(["CAP_KILL", "CAP_CHOWN"], 40));

        line.Details.Values.Should().OnlyContain(set => set == "CAP_KILL").And.HaveCount(4);
        warnings.Should().BeEquivalentTo(
            "process.capabilities.permitted: CAP_SYS_BOOT is not rt's to grant, left out",
            "process.capabilities.effective: CAP_SYS_BOOT is not permitted, left out",
            "process.capabilities.inheritable: CAP_SYS_BOOT is not in the bounding set, or not rt's to grant, left out",
            "process.capabilities.ambient: CAP_SYS_BOOT is not permitted and inheritable, left out");
    }

    [Fact]
    public void A_process_without_the_property_has_no_capability()
    {
        (PlanLine line, List<string> warnings) = Compile(null);

        line.Details.Values.Should().OnlyContain(set => set == "none");
        warnings.Should().BeEmpty();
    }

    private static (PlanLine Capset, List<string> Warnings) Compile(Capabilities? capabilities, ulong own = ulong.MaxValue)
    {
        Config config = Configs.Read(Configs.Good);
        config.Process!.Capabilities = capabilities;
        List<string> warnings = [];
        LaunchOptions options = new() { Id = "box", Bundle = "/bundle", Warn = warnings.Add };
        LaunchPlan plan = Compiler.Compile(config, options, new Host(new CgroupHierarchy(null, "/"), 40, own),
            _ => throw new InvalidOperationException());
        return (PlanListing.Of(plan).Single(line => line.Step == "capset"), warnings);
    }
}
