using System.Text;
using Rt.Process;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("HOME out of a container's /etc/passwd, which is the container's to write")]
public sealed class HomeDirectoryTests
{
    [Theory]
    [InlineData("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n", "/home/user")]
    [InlineData("user:x:1000:1000::/home/user", "/home/user")]
    [InlineData("user:x:01000:1000::/home/user:\n", "/home/user")]
    [InlineData("user:x:1000:1000:::\n", "/")]
    [InlineData("user:x:1000:1000::\n", "/")]
    [InlineData("user:x:4294968296:1000::/wrong:\n", "/")] // 2^32 more
    [InlineData("user:x:18446744073709552616:1000::/wrong:\n", "/")] // 2^64 more
    [InlineData("user:x:1000a:1000::/wrong:\n", "/")]
    [InlineData("user:x::1000::/wrong:\n", "/")]
    [InlineData("user:x:1000:1000::\0:\n", "/")]
    [InlineData("user:x:1000:1000::\0/home:\n", "/home")]
    [InlineData("", "/")]
    public void The_home_is_that_of_the_user_with_this_number(string passwd, string home) =>
        HomeFinder.Of(Encoding.UTF8.GetBytes(passwd), 1000).Should().Be(home);

    [Fact]
    public void A_home_that_is_too_long_is_cut() =>
        HomeFinder.Of(Encoding.UTF8.GetBytes($"user:x:1000:1000::/{new string('a', 100_000)}:\n"), 1000)
            .Should().HaveLength(HomeDirectory.MaxLength - 1);
}
