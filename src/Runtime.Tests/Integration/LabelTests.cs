using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Profiles and labels on hosts without the module that they are for.</summary>
[BeyondTheSpec("what rt does where AppArmor and SELinux are missing")]
public sealed class LabelTests
{
    [Theory]
    [InlineData("process", "apparmorProfile", "/sys/kernel/security/apparmor", "apparmor: config provided but apparmor not supported")]
    [InlineData("process", "selinuxLabel", "/sys/fs/selinux/enforce",
        "selinux label is specified in config, but selinux is disabled or not supported")]
    [InlineData("linux", "mountLabel", "/sys/fs/selinux/enforce",
        "selinux label is specified in config, but selinux is disabled or not supported")]
    public void One_that_could_protect_nothing_is_refused_before_anything_is_made(string section, string name, string sign, string words)
    {
        if (Path.Exists(sign)) return; // the host has the module
        using Container container = new(config => config[section]![name] = "some:label");
        container.Run().ShouldFailWith($"config.json: {section}.{name}: {words}");
        container.ShouldHaveLeftNothing();
        container.Rt("plan", "--bundle", container.Bundle).ShouldEndWith(0).Out.Should().Contain("some:label");
    }
}
