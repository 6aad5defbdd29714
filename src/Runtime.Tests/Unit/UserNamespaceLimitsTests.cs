using Rt.Namespaces;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("settings by which hosts keep ordinary users from user namespaces")]
public sealed class UserNamespaceLimitsTests
{
    [Theory]
    [InlineData("user/max_user_namespaces", "0\n", " (user.max_user_namespaces is 0: no user namespaces are allowed)")]
    [InlineData("kernel/unprivileged_userns_clone", "0\n",
        " (kernel.unprivileged_userns_clone is 0: ordinary users may make no user namespaces)")]
    [InlineData("kernel/apparmor_restrict_unprivileged_userns", "1\n",
        " (kernel.apparmor_restrict_unprivileged_userns is 1: AppArmor takes all privileges from user namespaces of programs "
        + "without a profile that has \"userns,\")")]
    [InlineData("user/max_user_namespaces", "95000\n", "")]
    [InlineData("kernel/unprivileged_userns_clone", "1\n", "")]
    [InlineData("kernel/apparmor_restrict_unprivileged_userns", "0\n", "")]
    [InlineData("none/of/these", "0\n", "")]
    public void The_one_that_is_in_the_way_is_named(string name, string value, string words) =>
        UserNamespaceLimits.Hint(asked => asked == name ? value : null).Should().Be(words);
}
