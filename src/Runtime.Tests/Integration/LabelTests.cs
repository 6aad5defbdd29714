using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Profiles and labels on hosts without the module that they are for. Where there is one, it is hidden.</summary>
[BeyondTheSpec("what rt does where AppArmor and SELinux are missing")]
public sealed class LabelTests
{
    [Theory]
    [InlineData("process", "apparmorProfile", "apparmor: config provided but apparmor not supported")]
    [InlineData("process", "selinuxLabel", "selinux label is specified in config, but selinux is disabled or not supported")]
    [InlineData("linux", "mountLabel", "selinux label is specified in config, but selinux is disabled or not supported")]
    public void One_that_could_protect_nothing_is_refused_before_anything_is_made(string section, string name, string words)
    {
        using Container container = new(config => config[section]![name] = "some:label");
        container.Wrapper = ["unshare", "--mount", "sh", "-ec", """
            for place in /sys/module/apparmor /sys/fs/selinux; do
                if [ -d $place ]; then mount -t tmpfs none $place; fi
            done
            exec "$@"
            """, "sh"];
        container.Run().ShouldFailWith($"config.json: {section}.{name}: {words}");
        container.ShouldHaveLeftNothing();
        container.Rt("plan", "--bundle", container.Bundle).ShouldEndWith(0).Out.Should().Contain("some:label");
    }
}
