using Rt.Tests.Matrix;

namespace Rt.Tests.Integration;

/// <summary>Where the state of an ordinary user's containers is kept unless he says where.</summary>
[BeyondTheSpec("the place of a runtime's state is its own affair")]
public sealed class RootlessPlaceTests : IDisposable
{
    private readonly OrdinaryUser user = new();

    public void Dispose() => user.Dispose();

    /// <summary>Runs his bundle with $XDG_RUNTIME_DIR being the directory for state, and $USER.</summary>
    private string[] InRuntimeDirectory(string name) =>
        ["env", "XDG_RUNTIME_DIR=" + user.State, "USER=" + name, user.Binary, "run", "--bundle", user.Bundle, "mine"];

    [Fact]
    public void It_is_in_his_runtime_directory_where_nobody_tidies_it_up()
    {
        user.Prepare("true");
        user.Run(InRuntimeDirectory("nobody")).ShouldEndWith(0);
        Command.Run("stat", "-c", "%a %u", user.State + "/rt").ShouldEndWith(0).Out.Should().Be($"1700 {OrdinaryUser.Id}\n");
        Directory.Delete(user.State + "/rt");
    }

    /// <summary>Podman calls rt as the root of a user namespace; so does a container, whose root may write to /run.</summary>
    [Theory]
    [InlineData("nobody", true)]
    [InlineData("root", false)]
    public void So_it_is_if_he_is_the_root_of_a_user_namespace(string name, bool there)
    {
        user.Prepare("true", config => OrdinaryUser.Map(config, """[{"containerID": 0, "hostID": 0, "size": 1}]"""));
        Result result = user.Run(["unshare", "--user", "--map-root-user", "--mount", .. InRuntimeDirectory(name)]);
        if (there)
        {
            result.ShouldEndWith(0);
            Directory.Delete(user.State + "/rt");
        }
        else result.ShouldFailWith("create /run/rt");
    }

    [Theory]
    [InlineData("--unset=XDG_RUNTIME_DIR")]
    [InlineData("XDG_RUNTIME_DIR=")]
    public void Without_one_he_is_told_what_to_set(string environment)
    {
        user.Prepare("true");
        user.Run("env", environment, user.Binary, "run", "--bundle", user.Bundle, "mine").ShouldFailWith("create /run/rt").Error.Should()
            .EndWith(": permission denied (an ordinary user's place is $XDG_RUNTIME_DIR/rt: set XDG_RUNTIME_DIR, or give --root)\n");
    }
}
